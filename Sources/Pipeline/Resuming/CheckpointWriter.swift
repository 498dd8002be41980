import Dispatch
import Jobs
import NCF
import RunSupport
import Store
import Synchronization

/// Writes checkpoints beside the training, on a thread and a connection of its own.
///
/// It takes a value and is done with the training; that no write succeeds costs the run nothing but the
/// chance to be gone on from.
final class CheckpointWriter: Sendable {
  private struct State {
    var waiting = 0
    var seconds = 0.0
    var written: String?
    var failure: String?
  }

  private let context: RunContext
  private let identity: CheckpointStore.Identity
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "ncf-batch/checkpoint")
  private let group = DispatchGroup()

  /// A writer of a run's checkpoints, which all belong to one pull.
  init(context: RunContext, identity: CheckpointStore.Identity) {
    (self.context, self.identity) = (context, identity)
  }

  /// Whether a write is under way.
  var isBusy: Bool { state.withLock { $0.waiting > 0 } }

  /// How long the last write took.
  var seconds: Double { state.withLock { $0.seconds } }

  /// What was written last, in words; nil when nothing was.
  var written: String? { state.withLock { $0.written } }

  /// Why a write failed, once.
  func takeFailure() -> String? {
    state.withLock { state in
      defer { state.failure = nil }
      return state.failure
    }
  }

  /// Begins to write; writes follow one another.
  ///
  /// - Parameters:
  ///   - progress: how far the run is, in words.
  ///   - file: makes what is written.
  func write(_ progress: String, _ file: @escaping @Sendable () throws -> SafeTensors) {
    guard let run = context.runID else { return }
    state.withLock { $0.waiting += 1 }
    queue.async(group: group) { [self] in
      let began = context.clock()
      let failure: String?
      do {
        let connection = try context.connect(for: "checkpoint")
        try CheckpointStore(on: connection).save(
          file(), progress: progress, identity, run: run)
        failure = nil
      } catch {
        failure = "\(error)"
      }
      state.withLock { state in
        state.waiting -= 1
        state.seconds = context.clock() - began
        if failure == nil { state.written = progress } else { state.failure = failure }
      }
    }
  }

  /// Waits until nothing is being written.
  ///
  /// - Parameter seconds: how long at most.
  func wait(seconds: Double) {
    _ = group.wait(timeout: .now() + .milliseconds(Int(max(0, seconds) * 1_000)))
  }
}

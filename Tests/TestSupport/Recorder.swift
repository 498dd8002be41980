package import Jobs
package import NCF
import Synchronization

/// Keeps what a run tells, and may answer an event with an action.
package final class Recorder: RunObserver {
  private let kept = Mutex<[RunEvent]>([])
  private let answer: @Sendable (RunEvent) -> Void

  /// An observer.
  ///
  /// - Parameter answer: is called with each event.
  package init(_ answer: @escaping @Sendable (RunEvent) -> Void = { _ in }) { self.answer = answer }

  /// Keeps an event.
  ///
  /// - Parameter event: the event.
  package func observe(_ event: RunEvent) {
    kept.withLock { $0.append(event) }
    answer(event)
  }

  /// The texts of all warnings.
  package var warnings: [String] {
    kept.withLock { $0 }.compactMap { if case .warning(let text) = $0 { text } else { nil } }
  }

  /// The texts of all notices.
  package var notices: [String] {
    kept.withLock { $0 }.compactMap { if case .notice(let text) = $0 { text } else { nil } }
  }

  /// The epochs that have ended.
  package var epochs: [EpochRecord] {
    kept.withLock { $0 }.compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }
  }

  /// The stages that have ended.
  package var stages: [Stage] {
    kept.withLock { $0 }.compactMap {
      if case .stageEnded(let record) = $0 { record.stage } else { nil }
    }
  }
}

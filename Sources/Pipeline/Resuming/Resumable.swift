import Interactions
import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// A stopped run whose training another one may go on with.
///
/// It must be a run of the same job, slot and kind, by the same configuration, request, seed and version,
/// and what it had pulled must be there unchanged: then the result is the one that the stopped run would
/// have given, to the bit, whatever processor either runs on.
struct Resumable {
  /// How often runs may go on from a checkpoint without getting as far as one of their own.
  static let most = 3

  /// The stopped run.
  let run: Int64
  /// How far it was, in words.
  let progress: String
  /// What it had pulled.
  private(set) var identity: CheckpointStore.Identity
  private let mode: TrainingMode?
  private let parent: Int64?
  private let context: RunContext

  /// Looks for one, and tells why none that is there can be used.
  ///
  /// - Parameters:
  ///   - context: the run that would go on.
  ///   - seen: the pointer as it was when that began.
  ///   - connection: anyone's.
  /// - Returns: nil when there is none, or it can't be used.
  /// - Throws: `PostgresError`, `EncodingError`.
  static func find(
    _ context: RunContext, seen: LivePointer, on connection: Connection
  ) throws -> Resumable? {
    let (job, checkpoints) = (context.configured, CheckpointStore(on: connection))
    if context.runID != nil {
      let age = job.nightly.resumeWithin
      for run in try checkpoints.deleteStale(of: job.name, olderThan: age.interval) {
        context.notice(
          "run \(run) was stopped longer than "
            + "\(age) ago (train.resume_within): its training is not gone on with"
        )
      }
    }
    guard context.resumes,
      let found = try checkpoints.newest(job, context.request, live: seen.runID)
    else { return nil }
    var candidate = Resumable(found, context)
    let reason: String
    if let obstacle = obstacle(found, context) {
      reason = obstacle
    } else {
      do {
        candidate.identity.recent = try checkpoints.recent(run: candidate.run)
        return candidate
      } catch let error as DamagedModel {
        reason = "\(error)"
      }
    }
    candidate.tell(reason)
    return nil
  }

  private init(_ found: CheckpointStore.Newest, _ context: RunContext) {
    self.context = context
    (run, progress, mode, parent) = (found.runID, found.progress, found.mode, found.parentRunID)
    identity = CheckpointStore.Identity(
      watermark: found.watermark, fingerprint: found.fingerprint,
      recent: RecentRows())
  }

  /// Why a checkpoint can't be gone on from; nil when it can.
  private static func obstacle(_ found: CheckpointStore.Newest, _ context: RunContext) -> String? {
    if !found.isSameVersion { return "it was of another version of ncf-batch" }
    if found.seed != context.seed { return "its seed was another" }
    if !found.isSameJob { return "its configuration was another" }
    if !found.isSameRequest { return "what was asked of it was another" }
    if !found.isSameLive { return "other lists have gone live since" }
    if found.resumptions >= most {
      return "\(found.resumptions) runs went on from it and got no further"
    }
    return nil
  }

  /// Reads the training, if what was pulled for it is what the stopped run had pulled.
  ///
  /// - Parameters:
  ///   - pulled: as of that run's watermark.
  ///   - connection: anyone's.
  /// - Returns: nil, with a word about why, when it can't be gone on with; its checkpoint is gone then.
  /// - Throws: `PostgresError`.
  func load(_ pulled: Dataset, on connection: Connection) throws -> Resumed? {
    let checkpoints = CheckpointStore(on: connection)
    let reason: String
    if pulled.fingerprint != identity.fingerprint {
      reason =
        "what it had read is not there as it was: rows of that time were added, changed or removed"
    } else {
      do {
        let file = try checkpoints.load(run: run)
        let resumed = Resumed(
          run: run,
          progress: try TrainingProgress(
            file, userCount: pulled.users.count, itemCount: pulled.items.count,
            features: pulled.features?.content),
          rows: try TrainingProgress.epochs(file), search: try KeptSearch.read(file))
        try checkpoints.countResumption(of: run)
        return resumed
      } catch let error as PostgresError {
        throw error
      } catch {
        reason = "what it left can't be used: \(error)"
      }
    }
    tell(reason)
    try checkpoints.delete(run: run)
    return nil
  }

  /// Whether a night that was decided on trains as the stopped one did; tells when it does not.
  func matches(_ course: NightCourse) -> Bool {
    let (own, from): (TrainingMode?, Int64?) =
      switch course.plan {
      case .full: (.full, nil)
      case .finetune: (.finetune, course.parent?.run)
      case .skip: (nil, nil)
      }
    if own == mode, from == parent { return true }
    tell("it trained otherwise: \(mode?.rawValue ?? "not at all")")
    return false
  }

  private func tell(_ reason: String) {
    context.notice("begins anew instead of going on from run \(run) (\(progress)): \(reason)")
  }
}

/// A training that a run goes on with.
final class Resumed {
  /// The run that had begun it.
  let run: Int64
  /// The epochs that had been told of by then.
  let rows: [EpochRecord]
  /// How far it was, in words.
  let text: String
  /// The run's search for a method; nil for none.
  let search: KeptSearch?
  /// Whether any of a model was trained.
  let hasBegun: Bool
  private var progress: TrainingProgress

  /// A run's training.
  init(run: Int64, progress: TrainingProgress, rows: [EpochRecord], search: KeptSearch?) {
    (self.run, self.rows, self.progress, text) = (run, rows, progress, progress.text)
    self.search = search
    hasBegun = progress.hasBegun
  }

  /// How far it was; only once, so that nobody else holds what goes on to be trained.
  func take() -> TrainingProgress {
    defer { progress = TrainingProgress() }
    return progress
  }
}

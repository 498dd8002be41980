import Jobs
import Recommenders
import RunSupport
import Source
import Store

/// The steps that choose the method.
extension NightlyRun {
  /// The same run with a chosen method; itself without one.
  func with(_ selection: MethodSelection?) -> NightlyRun {
    guard let selection else { return self }
    return NightlyRun(
      context: selection.resolved(context), record: record, lock: lock, seen: seen, rival: rival,
      progress: progress)
  }

  /// Searches for the method, unless a choice is taken over, and records the choice.
  ///
  /// - Parameters:
  ///   - known: the choice of an earlier run.
  ///   - pulled: what was read.
  /// - Returns: the choice; nil where the job names its method.
  /// - Throws: `BatchError` when interrupted; `PostgresError`.
  func choosing(_ known: MethodSelection?, _ pulled: Dataset) throws -> MethodSelection? {
    guard context.configured.method == .auto else { return nil }
    let isOutgrown =
      !context.request.isBackfill && known?.isOutgrown(by: pulled, context.job.evaluation) == true
    let chosen =
      try (isOutgrown ? nil : known) ?? MethodSelection(searching: pulled, context)
    try record.choice(try chosen.choice.json(), searchedBy: chosen.run ?? record.runID)
    return chosen
  }
}

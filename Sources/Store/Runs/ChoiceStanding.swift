package import Jobs
import Recommenders

/// Whether a run takes over the method that an earlier one chose, or searches for it.
package enum ChoiceStanding {
  /// It takes over a choice.
  case kept(ChoiceReader.Found)
  /// It searches, and why.
  case due(String)
}

extension ChoiceReader {
  /// Finds out whether a run of a job searches for its method.
  ///
  /// A search is due where there is no choice, where it is old, where the gate refused it, where it is a
  /// popular list, where its lists had fewer hits than a rival's three nights running, and where it is asked
  /// for. A backfill searches only where there is no choice. Whether the log has outgrown the choice is known
  /// once it is read.
  ///
  /// - Parameters:
  ///   - job: the job; it leaves its method to the log.
  ///   - request: what is asked of the run.
  /// - Returns: what it does.
  /// - Throws: `PostgresError`.
  package func standing(of job: Job, _ request: RunRequest) throws -> ChoiceStanding {
    if request.search { return .due("it is asked for: the method is searched for again") }
    let moment = request.since ?? request.until
    guard let found = try newest(of: job, slot: request.slot, before: moment) else {
      return .due(
        (request.isBackfill ? "no earlier night has searched" : "no run has searched yet")
          + ": the method is searched for")
    }
    if request.isBackfill { return .kept(found) }
    let reason = try found.reasonToSearch(
      job, nightsBelow: try nightsBelow(job.name, request.slot, since: found.run))
    guard let reason else { return .kept(found) }
    return .due(reason + ": the method is searched for again")
  }

}

extension ChoiceReader.Found {
  /// Why a night searches anew; nil where it takes the choice over.
  ///
  /// - Parameters:
  ///   - job: the job.
  ///   - nightsBelow: for how many nights running the lists had fewer hits than a rival's.
  /// - Returns: the reason.
  /// - Throws: what `nightsBelow` throws.
  package func reasonToSearch(
    _ job: Job, nightsBelow: @autoclosure () throws -> Int
  ) rethrows -> String? {
    if isOld { return "the choice of \(origin), is older than \(job.auto.every)" }
    if wasRefused { return "the gate has refused the choice of \(origin)" }
    let nights = try nightsBelow()
    if nights >= ServedFigures.warningNights { return "served has warned \(nights) nights running" }
    return choice.isPopularList ? "the choice of \(origin), is a popular list" : nil
  }
}

import Jobs
import Postgres
import RunSupport
import Source
import Store

/// Counts what became of the lists that were live, from the log that a night has read.
///
/// It is left out of a backfill, whose log is not all that there is. Where it fails the night goes on, with
/// a warning; the next night counts the same days.
struct ServedStep {
  /// Of how many days the run's report tells.
  private static let days = 7

  private let context: RunContext
  private let pulled: Dataset

  /// A count of what was pulled.
  init(_ context: RunContext, _ pulled: Dataset) {
    (self.context, self.pulled) = (context, pulled)
  }

  /// Counts, and warns where a rival's lists would have done better three nights running.
  ///
  /// - Returns: the figures of the latest days; nothing where there was nothing to count.
  /// - Throws: `BatchError` when interrupted.
  func run() throws -> ServedFigures {
    if context.request.isBackfill { return ServedFigures() }
    do {
      let counted = try context.retrier.attempt("count what was served") {
        try context.watched(for: "served") { try count(on: $0) }
      }
      guard let (standing, figures) = counted else { return ServedFigures() }
      warn(standing)
      return figures
    } catch {
      try context.interruption.check()
      context.warning("what became of the lists was not counted: \(error)")
      return ServedFigures()
    }
  }

  /// Counts once.
  ///
  /// - Returns: how the live lists stand, and the figures; nil when there was nothing to count.
  private func count(
    on connection: Connection
  ) throws -> (ServedReader.Standing, ServedFigures)? {
    let isCounted = try ServedCount(
      context.job, impressions: context.job.served.impressions.map(SourcePlan.trimmed),
      on: connection
    ).run(
      ServedCount.Log(
        users: pulled.users, items: pulled.items, sequences: pulled.sequences,
        watermark: pulled.times.watermark, recentFrom: pulled.times.recentFrom,
        lower: pulled.times.lower)
    ) { try context.interruption.check() }
    guard isCounted else { return nil }
    let reader = ServedReader(on: connection)
    return (
      try reader.standing(job: context.job.name, slot: context.request.slot),
      try reader.figures(job: context.job.name, slot: nil, days: Self.days)
    )
  }

  private func warn(_ standing: ServedReader.Standing) {
    guard standing.nights >= ServedFigures.warningNights else { return }
    context.warning(
      "the live lists had fewer hits than \(standing.rival)'s would have had, \(standing.nights) "
        + "nights running: \(standing.liveHits) and \(standing.hits) of the same users")
  }
}

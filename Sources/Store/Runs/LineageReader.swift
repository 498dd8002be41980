package import Jobs
package import Postgres
import RunSupport

/// Reads from `ncf.runs` which run another one may go on from.
package struct LineageReader {
  /// How an earlier run differs from one that may go on from it.
  package struct Comparison: Sendable, Equatable, Decodable {
    /// The earlier run's seed.
    package let seed: UInt64
    /// Its watermark, microseconds since 1970 UTC; nil for a backfill.
    package let watermark: Int64?
    /// Whether its configuration was the same.
    package let isSameJob: Bool
    /// Whether its source was the same, however it is read.
    package let isSameSource: Bool
    /// Whether it asked for the same features of users and items.
    package let hasSameFeatures: Bool
    /// Whether it put events of one time in the same order.
    package let hasSameOrder: Bool
    /// Nights that were fine-tuned since the last full training that it descends from.
    package let nights: Int

    /// A run by the same configuration.
    ///
    /// - Parameters:
    ///   - seed: its seed.
    ///   - watermark: its watermark, microseconds since 1970 UTC.
    ///   - nights: nights that were fine-tuned since the last full training that it descends from.
    package init(sameWith seed: UInt64, watermark: Int64, nights: Int) {
      (self.seed, self.watermark, self.nights) = (seed, watermark, nights)
      (isSameJob, isSameSource, hasSameFeatures, hasSameOrder) = (true, true, true, true)
    }
  }

  private let connection: Connection

  /// A reader on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Finds the night's run that a live run stands for: itself, or the one before the backfills that are
  /// live.
  ///
  /// - Parameter live: the live run; nil for none.
  /// - Returns: its number; nil for none.
  /// - Throws: `PostgresError`.
  package func parent(live: Int64?) throws(PostgresError) -> Int64? {
    try connection.execute(SQL.Lineage.parent, live).valueIfPresent()
  }

  /// Finds the newest published night whose watermark is at or before a moment.
  ///
  /// - Parameters:
  ///   - job: the job's name.
  ///   - slot: the slot.
  ///   - since: the moment.
  ///   - now: from when an age is counted back, microseconds since 1970 UTC; nil for the server's clock.
  /// - Returns: its number; nil for none.
  /// - Throws: `PostgresError`.
  package func parentOfBackfill(
    job: String, slot: String, since: TimePoint, now: Int64?
  ) throws(PostgresError) -> Int64? {
    try connection.execute(
      SQL.Lineage.parentOfBackfill, job, since.interval, since.microseconds, slot, now
    ).valueIfPresent()
  }

  /// Compares a run with a configuration.
  ///
  /// - Parameters:
  ///   - run: its number.
  ///   - configuration: the configuration, as `RunConfiguration.json()` gives it.
  /// - Returns: how they differ; nil when there is no such run.
  /// - Throws: `PostgresError`.
  package func comparison(of run: Int64, with configuration: String) throws -> Comparison? {
    try connection.execute(SQL.Lineage.compare, run, configuration).first?
      .decode(as: Comparison.self)
  }

  /// Reads a run's watermark.
  ///
  /// - Returns: microseconds since 1970 UTC; nil for a backfill.
  /// - Throws: `PostgresError`.
  package func watermark(of run: Int64) throws(PostgresError) -> Int64? {
    try connection.execute(SQL.Lineage.watermark, run).valueIfPresent()
  }
}

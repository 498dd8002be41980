import Jobs
import Postgres
import Ranking
import RunSupport

/// Where the ages of a job begin, in seconds since 1970; 0 where it names none.
struct Moments: Equatable {
  /// Events from here on keep their item out of the list: `exclude.readmit_after`.
  var readmittedBefore: UInt32 = 0
  /// Users with an event from here on are active: `users.active_within`.
  var activeSince: UInt32 = 0
  /// Interactions from here on make an item popular: `popular.window`.
  var popularSince: UInt32 = 0

  /// A job without ages.
  init() {}

  /// Asks the server, whose calendar knows how long a month is.
  ///
  /// Ages are counted back from the server's now, or from the run's end where that is earlier.
  ///
  /// - Parameters:
  ///   - job: names the ages.
  ///   - watermark: the server's now, microseconds since 1970.
  ///   - upper: the run's end, as the server wrote it; nil for none.
  ///   - connection: inside the transaction that reads the source.
  /// - Throws: `PostgresError`.
  init(
    _ job: Job, watermark: Int64, upper: String?, on connection: Connection
  ) throws(PostgresError) {
    let ages = [job.exclude.readmitAfter, job.users.activeWithin, job.popular.window]
    let found = try connection.execute(
      SQL.Pull.moments,
      [.integer(watermark), upper.map { .text($0) } ?? .null]
        + ages.map { $0.map { .text($0.interval) } ?? .null })
    func second(_ column: Int) -> UInt32 {
      UInt32(clamping: found[row: 0, column: column].flatMap { Int($0) } ?? 0)
    }
    readmittedBefore = second(0)
    activeSince = second(1)
    popularSince = second(2)
  }
}

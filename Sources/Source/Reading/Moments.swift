import Interactions
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
    let found = try connection.execute(
      SQL.Pull.moments, watermark, upper, job.exclude.readmitAfter?.interval,
      job.users.activeWithin?.interval, job.popular.window?.interval
    ).row()
    readmittedBefore = UInt32(clamping: try found.decode(Int64.self, "readmitted_before"))
    activeSince = UInt32(clamping: try found.decode(Int64.self, "active_since"))
    popularSince = UInt32(clamping: try found.decode(Int64.self, "popular_since"))
  }
}

extension MergeRules {
  /// The rules of a job.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - moments: where its ages begin.
  init(_ job: Job, _ moments: Moments) {
    self.init()
    halfLife = job.source.halfLife?.seconds
    maximumPerUser = job.source.maxPerUser
    minimumInteractions = job.source.minInteractions
    exclusion = job.exclude.events != nil ? .marked : job.exclude.consumed ? .counted : .none
    readmittedBefore = moments.readmittedBefore
    popularSince = moments.popularSince
    popularHalfLife = (job.popular.halfLife ?? job.source.halfLife)?.seconds
    seed = UInt64(truncatingIfNeeded: job.evaluation.seed)
    weighsUpToLatest = job.source.isWeighted
  }
}

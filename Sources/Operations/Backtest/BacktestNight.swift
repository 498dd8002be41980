import Formatting
package import Jobs
package import Pipeline
import Postgres

/// A night of a backtest as `ncf.backtest_nights` has it.
package struct BacktestNight: Sendable, Equatable {
  /// The night, in seconds since 1970 UTC.
  package let moment: UInt32
  /// Where the time that its lists are judged by ends.
  package let until: UInt32
  /// Hash of the log.
  let log: String
  /// What a later night goes on from.
  package let course: ReplayedNight.Course
  /// Why it trained as it did, or did not publish.
  package let reason: String
  /// The method in words; nil where none was trained.
  package let method: String?
  /// The night whose lists were live; nil for none.
  package let listsOf: UInt32?
  /// Users who had a list.
  package let listed: Int
  /// Those of them who took up a new item.
  package let users: Int
  /// Their figures; nil without users.
  package let means: JudgedLists.Means?
  /// Share of the items that may be listed which are in a list; nil without lists.
  package let coverage: Double?
  /// Simple methods on the same users.
  package let rivals: [ReplayedNight.Rival]
  /// How long it took.
  package let seconds: Double

  /// The popular list's figures; nil where it was not judged.
  package var popular: JudgedLists.Means? { rivals.first { $0.rival == "itempop" }?.means }

  /// The simple method that ranked best; nil without any.
  package var bestRival: ReplayedNight.Rival? { rivals.max { $0.means.ndcg < $1.means.ndcg } }

  /// A night that was just replayed.
  init(_ night: ReplayedNight, _ period: BacktestPlan.Period, log: String) {
    (moment, until, self.log) = (period.moment, period.until, log)
    (course, reason, method) = (night.course, night.reason, night.method)
    (listsOf, listed, coverage) = (night.listsOf, night.listed, night.coverage)
    (users, means) = (night.judged.users.count, night.judged.means)
    (rivals, seconds) = (night.rivals, night.seconds)
  }

  /// Reads a row.
  ///
  /// - Throws: `PostgresError`, `DecodingError`.
  init(_ row: Row) throws {
    (moment, until) = (try row.decode("moment"), try row.decode("until"))
    (log, reason) = (try row.decode("log"), try row.decode("reason"))
    let clock = try row.decodeIfPresent(String.self, "clock")
    course = ReplayedNight.Course(
      status: try row.decode("status"), mode: try row.decodeIfPresent("mode"),
      choice: try row.decodeIfPresent("choice"),
      clock: try clock.map { try JSONText.decode(ReplayedNight.Clock.self, from: $0) })
    (method, listsOf) = (try row.decodeIfPresent("method"), try row.decodeIfPresent("lists_of"))
    (listed, users) = (try row.decode("listed_users"), try row.decode("users"))
    if let hr = try row.decodeIfPresent(Double.self, "hr") {
      means = JudgedLists.Means(
        hr: hr, ndcg: try row.decode("ndcg"), recall: try row.decode("recall"),
        hits: try row.decode("hits"))
    } else {
      means = nil
    }
    coverage = try row.decodeIfPresent("coverage")
    rivals = try JSONText.decode(
      [ReplayedNight.Rival].self, from: try row.decode(String.self, "rivals"))
    seconds = try row.decode("seconds")
  }
}

import Formatting
import Interactions
import Jobs
import Pipeline
import Postgres
import RunSupport

/// Keeps the nights of one backtest in `ncf.backtest_nights` and `ncf.backtest_users`.
struct BacktestStore {
  /// Number of the backtest; nil for one that was never begun.
  let id: Int64?
  private let context: RunContext

  /// Finds a backtest.
  ///
  /// - Parameters:
  ///   - key: what makes it another one, as JSON.
  ///   - k: the length of the lists that is judged.
  ///   - begins: whether it is begun where it is not there.
  ///   - context: of the job.
  /// - Throws: `PostgresError`.
  init(_ key: String, k: Int, begins: Bool, _ context: RunContext) throws {
    self.context = context
    let job = context.configured.name
    id = try context.connected(for: "backtest") { connection in
      if begins {
        try connection.execute(SQL.Backtests.begin, job, key, k, context.seed)
      }
      return try connection.execute(SQL.Backtests.find, job, key).valueIfPresent()
    }
  }

  /// Reads the nights of a plan that are there.
  ///
  /// - Throws: `PostgresError`, `DecodingError`.
  func nights(_ plan: BacktestPlan) throws -> [BacktestNight] {
    guard let id else { return [] }
    return try context.connected(for: "backtest") { connection in
      try connection.execute(SQL.Backtests.nights, id, plan.first, plan.end).map {
        try BacktestNight($0)
      }
    }
  }

  /// Keeps a night in the place of what was there from its moment on.
  ///
  /// - Parameters:
  ///   - night: the night.
  ///   - period: its time.
  ///   - log: hash of the log.
  ///   - users: ids of the log's users.
  /// - Throws: `PostgresError`, `EncodingError`.
  func keep(
    _ night: ReplayedNight, _ period: BacktestPlan.Period, log: String, users: Vocabulary
  ) throws {
    guard let id else { preconditionFailure("the backtest was not begun") }
    let (course, judged) = (night.course, night.judged)
    let (means, clock) = (judged.means, try course.clock.map { try JSONText.encode($0) })
    let rivals = try JSONText.encode(night.rivals)
    try context.connected(for: "backtest") { connection in
      // Done again where the COMMIT was not answered: it replaces what it has written.
      try Retryable.commit {
        try connection.transaction {
          try connection.execute(SQL.Backtests.delete, id, period.moment)
          try connection.execute(
            SQL.Backtests.insert, id, period.moment, period.until, log, course.status, course.mode,
            night.reason, night.method, course.choice, clock, night.listsOf, night.listed,
            judged.users.count, means?.hr, means?.ndcg, means?.recall, means?.hits, night.coverage,
            rivals, night.seconds)
          _ = try connection.copyIn(SQL.Backtests.copyUsers) { writer in
            for (place, user) in judged.users.enumerated() {
              try writer.beginRow(columns: 6)
              try writer.write(id)
              try writer.writeTimestamp(Int64(period.moment) * 1_000_000)
              try writer.writeText(users.text(at: Int(user)))
              if let rank = judged.ranks[place] {
                try writer.writeInt32(Int32(rank))
              } else {
                try writer.writeNull()
              }
              try writer.writeInt32(Int32(judged.hits[place]))
              try writer.writeInt32(Int32(judged.taken[place]))
            }
          }
        }
      }
    }
  }
}

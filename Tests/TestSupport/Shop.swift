package import Jobs
import NCF
import Pipeline
package import Postgres
package import RunSupport
import Store
package import Testing

/// A database with the schema `ncf` and a log of events, and a small job on it.
///
/// Users and items are in groups. A user takes some items of the own group and one of another group, so
/// that a small model learns much more than popularity tells.
package final class Shop {
  /// The size of a log.
  package struct Log: Sendable {
    /// Users, items, and groups of both.
    package let users, items, groups: Int
    /// Items of the own group that each user takes.
    package let taken: Int
    /// The value of each event.
    package let value: Int

    /// Rows of the log.
    package var events: Int { users * (taken + 1) }

    /// Sixty users in three groups, who take eight of their group's fifteen items.
    package static let sixty = Log(users: 60, items: 45, groups: 3, taken: 8, value: 4)
    /// Eighty users in four groups, who take seven of their group's ten items.
    package static let eighty = Log(users: 80, items: 40, groups: 4, taken: 7, value: 1)
    /// A hundred and twenty users of the same kind: as many as the gate wants to see shrink.
    package static let hundredTwenty = Log(users: 120, items: 40, groups: 4, taken: 7, value: 1)
    /// Two hundred users in four groups, who take eight of their group's fifteen items.
    package static let twoHundred = Log(users: 200, items: 60, groups: 4, taken: 8, value: 1)
    /// Six hundred users in four groups, who take seven of their group's ten items: enough for scores that
    /// do not go by rank.
    package static let sixHundred = Log(users: 600, items: 40, groups: 4, taken: 7, value: 1)
    /// Sixty users in three groups, who take six of their group's ten items.
    package static let brief = Log(users: 60, items: 30, groups: 3, taken: 6, value: 1)
  }

  /// The database.
  package let database: TestDatabase
  /// A connection to it.
  package let connection: Connection
  /// A folder that is removed with this object.
  package let folder: TemporaryFolder

  /// The size of the log of `Shop()`.
  package static var users: Int { Log.sixty.users }
  /// Items of the log of `Shop()`.
  package static var items: Int { Log.sixty.items }
  /// Rows of the log of `Shop()`.
  package static var events: Int { Log.sixty.events }

  /// Makes the database and its tables.
  ///
  /// - Parameters:
  ///   - log: the size of the log.
  ///   - userType: the type of the column of users.
  ///   - user: an expression over the number `u` that gives a user's id.
  ///   - itemType: the type of the column of items.
  ///   - item: an expression over the number `i` that gives an item's id.
  ///   - events: whether the log is filled.
  ///   - server: where; the tests' server when left out.
  ///   - tablespace: where the database's files lie; the server's own place when left out.
  /// - Throws: `PostgresError`, `BatchError`, `PrivateServer.NotStarted` or `CocoaError`.
  package init(
    _ log: Log = .sixty, userType: String = "bigint", user: String = "u",
    itemType: String = "bigint", item: String = "i", events: Bool = true,
    on server: TestServer? = nil, tablespace: String? = nil
  ) throws {
    database = try TestDatabase(on: server, tablespace: tablespace)
    connection = try database.connect()
    folder = try TemporaryFolder()
    try Migrator(database.parameters).up()
    try connection.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (
        user_id \(userType), item_id \(itemType), event_type text, value real,
        occurred_at timestamptz);
      """)
    guard events else { return }
    let group = log.groups
    try connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT \(user), \(item), 'view', \(log.value),
        timestamptz '2026-01-01 00:00Z' + n * interval '1 hour'
      FROM generate_series(1, \(log.users)) AS u
      CROSS JOIN LATERAL (
        SELECT i, row_number() OVER (ORDER BY i % \(group) = u % \(group), md5(u || ':' || i)) AS n
        FROM (
          (SELECT i FROM generate_series(1, \(log.items)) AS i WHERE i % \(group) = u % \(group)
            ORDER BY md5(i || ':' || u) LIMIT \(log.taken))
          UNION ALL
          (SELECT i FROM generate_series(1, \(log.items)) AS i WHERE i % \(group) <> u % \(group)
            ORDER BY md5(i || ':' || u) LIMIT 1)
        ) AS taken
      ) AS numbered
      """)
  }

  /// A small job on the log, trained in full each night.
  ///
  /// - Parameter change: what is different.
  /// - Returns: the job.
  package func job(_ change: (inout Job) -> Void = { _ in }) -> Job {
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 25, patience: 25)
    var job = Job(
      source: Job.Source(relation: .table("app.events", columns: Job.Source.Columns())))
    job.method = .ncf
    job.model = ModelSpec(gmfWidth: 4, tower: [16, 8], activation: .relu)
    job.training = TrainingOptions(
      pretrain: .parts, alpha: 0.5, negatives: 4, batch: 100, pretraining: phase,
      joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 3, patience: 3), seed: 7)
    job.nightly.mode = .full
    (job.evaluation.k, job.evaluation.sampled) = (5, 20)
    job.output.k = 5
    change(&job)
    return job
  }

  /// Runs a job in this process.
  ///
  /// - Parameters:
  ///   - job: the job; `job()` when left out.
  ///   - request: what is asked of this run.
  ///   - observer: what it is told to.
  ///   - interruption: what may stop it.
  /// - Returns: how it ended.
  /// - Throws: `BatchError`.
  @discardableResult
  package func run(
    _ job: Job? = nil, _ request: RunRequest = RunRequest(threads: 1),
    observer: Recorder = Recorder(),
    interruption: Interruption = Interruption()
  ) throws -> RunOutcome {
    try Batch(
      job: job ?? self.job(), request: request, parameters: database.parameters,
      interruption: interruption, observer: observer
    ).run()
  }

  /// Adds events, of which user, item and time are given.
  ///
  /// - Parameter rows: `VALUES` or a query.
  /// - Throws: `PostgresError`.
  package func add(_ rows: String) throws {
    try connection.execute("INSERT INTO app.events (user_id, item_id, occurred_at) \(rows)")
  }

  /// A result as text: fields joined by `|`, rows by line breaks, NULL as `-`.
  ///
  /// - Parameters:
  ///   - sql: the query.
  ///   - other: on which connection; this object's own when left out.
  /// - Returns: the text.
  /// - Throws: `PostgresError`.
  package func query(_ sql: String, on other: Connection? = nil) throws -> String {
    let result = try (other ?? connection).execute(sql)
    return (0..<result.rowCount).map { row in
      result.columnNames.indices.map { result[row: row, column: $0] ?? "-" }
        .joined(separator: "|")
    }.joined(separator: "\n")
  }

  /// Records an issue unless a query gives a result.
  ///
  /// - Parameters:
  ///   - sql: the query.
  ///   - expected: its result as `query` has it.
  ///   - sourceLocation: the line of the test.
  /// - Throws: `PostgresError`.
  package func expect(
    _ sql: String, gives expected: String?, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try query(sql)
    #expect(found == expected, "\(sql)", sourceLocation: sourceLocation)
  }

  /// The first value of a result.
  ///
  /// - Parameter sql: the query.
  /// - Returns: the value; nil when it is NULL or there is no row.
  /// - Throws: `PostgresError`.
  package func value(_ sql: String) throws -> String? {
    let result = try connection.execute(sql)
    return result.rowCount > 0 ? result[row: 0, column: 0] : nil
  }

  /// The lists that readers see, to the bit.
  ///
  /// - Returns: a line a row, in order of user and rank.
  /// - Throws: `PostgresError`.
  package func lists() throws -> String {
    try query(
      """
      SELECT user_id, rank, item_id, score, source FROM ncf.recommendations ORDER BY user_id, rank
      """)
  }
}

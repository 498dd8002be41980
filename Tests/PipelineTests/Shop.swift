import NCF
import Postgres
import TestSupport

@testable import Pipeline

/// A database with the schema `ncf`, a log of events, and a small job on it.
///
/// Sixty users in three groups take eight of their group's fifteen items each and one of another
/// group, so a small model learns much more than popularity tells. There are 45 items.
final class Shop {
  let database: TestDatabase
  let connection: Connection

  /// Users, items and events of the log.
  static let users = 60
  static let items = 45
  static let events = 540

  /// A shop; `userType` and `itemType` are the columns' types, filled by casts of expressions over
  /// the numbers `u` and `i`.
  init(
    userType: String = "bigint", user: String = "u", itemType: String = "bigint",
    item: String = "i", events: Bool = true
  ) throws {
    database = try TestDatabase()
    connection = try database.connect()
    try Migrator(database.parameters).up()
    try connection.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (
        user_id \(userType), item_id \(itemType), event_type text, value real,
        occurred_at timestamptz);
      """)
    guard events else { return }
    try connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT \(user), \(item), 'view', 4, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour'
      FROM generate_series(1, \(Self.users)) AS u
      CROSS JOIN LATERAL (
        SELECT i, row_number() OVER (ORDER BY i % 3 = u % 3, md5(u || ':' || i)) AS n
        FROM (
          (SELECT i FROM generate_series(1, \(Self.items)) AS i WHERE i % 3 = u % 3
            ORDER BY md5(i || ':' || u) LIMIT 8)
          UNION ALL
          (SELECT i FROM generate_series(1, \(Self.items)) AS i WHERE i % 3 <> u % 3
            ORDER BY md5(i || ':' || u) LIMIT 1)
        ) AS taken
      ) AS numbered
      """)
  }

  /// A small job on the log, trained in full each night.
  func job(_ change: (inout Job) -> Void = { _ in }) -> Job {
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 25, patience: 25)
    var job = Job(
      source: Job.Source(relation: .table("app.events", columns: Job.Source.Columns())),
      model: ModelSpec(gmfWidth: 4, tower: [16, 8], activation: .relu),
      training: TrainingOptions(
        pretrain: .parts, alpha: 0.5, negatives: 4, batch: 100, pretraining: phase,
        joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 3, patience: 3), seed: 7),
      nightly: Job.Nightly(mode: .full), evaluation: Job.Evaluation(k: 5, sampled: 20),
      output: Job.Output(k: 5))
    change(&job)
    return job
  }

  /// Runs a job.
  @discardableResult
  func run(
    _ job: Job? = nil, _ request: RunRequest = RunRequest(), observer: Recorder = Recorder(),
    interruption: Interruption = Interruption()
  ) throws -> RunOutcome {
    try Batch(
      job: job ?? self.job(), request: request, parameters: database.parameters,
      interruption: interruption, observer: observer
    ).run()
  }

  /// A result as text: fields joined by `|`, rows by line breaks, NULL as `-`.
  func query(_ sql: String, on other: Connection? = nil) throws -> String {
    let result = try (other ?? connection).execute(sql)
    return (0..<result.rowCount).map { row in
      result.columnNames.indices.map { result[row: row, column: $0] ?? "-" }
        .joined(separator: "|")
    }.joined(separator: "\n")
  }

  /// The lists that readers see, in order.
  func lists() throws -> String {
    try query(
      """
      SELECT user_id, rank, item_id, score FROM ncf.recommendations ORDER BY user_id, rank
      """)
  }
}

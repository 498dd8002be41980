import Foundation
import Postgres
import TestSupport

/// A database of its own with a log of events, the schema `ncf`, and a small job on it.
///
/// Eighty users in four groups took seven of their group's ten items each, and one of another group,
/// so that a little training tells much.
final class Shop {
  let database: TestDatabase
  let connection: Connection
  let folder: TemporaryFolder

  /// The shop, with or without events.
  init(events: Bool = true, on server: TestServer? = nil) throws {
    database = try TestDatabase(on: server)
    connection = try database.connect()
    folder = try TemporaryFolder()
    try connection.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (
        user_id bigint, item_id bigint, event_type text, value real, occurred_at timestamptz);
      """)
    if events { try fill() }
    try expectSuccess(program.run("migrate", "up", "-q"))
  }

  /// Fills the log.
  private func fill() throws {
    try connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, i, 'view', 1, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour'
      FROM generate_series(1, 80) AS u
      CROSS JOIN LATERAL (
        SELECT i, row_number() OVER (ORDER BY i % 4 = u % 4, md5(u || ':' || i)) AS n
        FROM (
          (SELECT i FROM generate_series(1, 40) AS i WHERE i % 4 = u % 4
            ORDER BY md5(i || ':' || u) LIMIT 7)
          UNION ALL
          (SELECT i FROM generate_series(1, 40) AS i WHERE i % 4 <> u % 4
            ORDER BY md5(i || ':' || u) LIMIT 1)
        ) AS taken) AS numbered
      """)
  }

  /// The program, led to this database.
  var program: Program { Program(environment: database.environment) }

  /// Writes a job's file, each of whose nights is trained in full unless `mode` says otherwise; `source` is what stands in its section of that name.
  func job(
    _ source: String = "table: app.events", epochs: Int = 6, k: Int = 5, mode: String = "full",
    output: String? = nil, extra: String = ""
  ) throws -> String {
    try folder.write(
      """
      job: shop
      source: {\(source)}
      model: {gmf: 4, tower: [8, 4]}
      train:
        mode: \(mode)
        batch: 64
        learning_rate: 0.02
        epochs: \(epochs)
        patience: \(epochs)
        finetune: {epochs: 2}
      evaluate: {k: 5, sampled: 20}
      output: {k: \(k)\(output.map { ", \($0)" } ?? "")}
      \(extra)
      """, to: "job-\(UUID().uuidString).yaml")
  }

  /// Runs a night that publishes, whatever the gate thinks.
  @discardableResult
  func night(_ arguments: String..., config: String? = nil) throws -> Program.Result {
    let config = try config ?? job()
    return try program.start(["run", "--config", config, "--force"] + arguments).wait()
  }

  /// One value.
  func value(_ sql: String) throws -> String? {
    let result = try connection.execute(sql)
    return result.rowCount > 0 ? result[row: 0, column: 0] : nil
  }

  /// Everything that readers see, to the bit.
  func lists() throws -> String {
    try value(
      """
      SELECT coalesce(string_agg(concat_ws(',', user_id, rank, item_id, score, source), ';'
        ORDER BY user_id, rank), '') FROM ncf.recommendations
      """) ?? ""
  }

  /// Tables of the lists that are part of nothing.
  func strayTables() throws -> [String] {
    let result = try connection.execute(
      """
      SELECT c.relname FROM pg_catalog.pg_class AS c
      WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname LIKE 'recommendations%'
      """)
    return (0..<result.rowCount).compactMap { result[row: $0, column: 0] }
  }

  /// Waits until a query's first value is true; the server is asked, not the clock.
  ///
  /// - Throws: `Unexpected` when it does not come true, or when `run` ends before it did.
  func wait(until sql: String, while run: Program.Running) throws {
    while try value(sql) != "t" {
      guard run.process.isRunning else {
        throw Unexpected(description: "the run ended before: \(sql)\n\(try run.wait().talk)")
      }
    }
  }
}

/// An exit code other than 0 ends the test with what the program said.
func expectSuccess(_ result: Program.Result) throws {
  guard result.code == 0 else {
    throw Unexpected(description: "exit code \(result.code):\n\(result.talk)")
  }
}

/// What a test can't go on from.
struct Unexpected: Error, CustomStringConvertible {
  let description: String
}

extension Shop {
  /// Runs a night that publishes, whatever the gate thinks, with variables of the environment.
  @discardableResult
  func night(_ variables: [String: String], _ arguments: String...) throws -> Program.Result {
    var program = program
    program.environment.merge(variables) { $1 }
    return try program.start(["run", "--config", try job(), "--force"] + arguments).wait()
  }
}

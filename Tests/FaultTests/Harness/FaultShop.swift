import Foundation
import Postgres
import TestSupport

/// A database with a log of events and a first published night, on a server that can fail.
final class FaultShop {
  /// How many users have lists, and how long those are.
  static let (users, k) = (60, 5)

  /// The server.
  let server: FaultServer
  private let shop: Shop
  /// The database.
  var database: TestDatabase { shop.database }
  /// A folder that goes with this object.
  var folder: String { shop.folder.path }
  private var seeds: UInt64 = 100

  /// Makes the shop.
  ///
  /// - Parameters:
  ///   - tablespace: where the database lies.
  ///   - night: whether the first night is run.
  /// - Throws: `Unexpected`, `PostgresError`.
  init(tablespace: String? = nil, night: Bool = true) throws {
    server = try .shared()
    shop = try Shop(.brief, on: server.asTestServer, tablespace: tablespace)
    if night {
      try succeed(self.night().wait())
      try execute("CREATE VIEW app.day_one AS SELECT * FROM ncf.recommendations")
    }
  }

  /// Writes a job's file.
  ///
  /// - Parameters:
  ///   - source: what stands in its section of that name.
  ///   - model: likewise.
  ///   - epochs: of each phase.
  ///   - keep: how many old runs' lists are kept.
  /// - Returns: its path.
  /// - Throws: `CocoaError` when it can't be written.
  func job(
    source: String = "table: app.events", model: String = "gmf: 4, tower: [8, 4]", epochs: Int = 3,
    keep: Int = 3
  ) throws -> String {
    try shop.folder.write(
      """
      job: shop
      source: {\(source)}
      model: {\(model)}
      train:
        mode: full
        batch: 64
        learning_rate: 0.02
        epochs: \(epochs)
        patience: \(epochs)
        finetune: {epochs: 2}
      evaluate: {k: 5, sampled: 15}
      output: {k: \(Self.k), similar: 4, keep_runs: \(keep), keep_days: 0}
      """, to: "job-\(UUID().uuidString).yaml")
  }

  /// Starts the program.
  func start(
    _ arguments: [String], _ variables: [String: String] = [:], prefix: [String] = []
  ) throws -> Running {
    try Program(environment: database.environment.merging(variables) { $1 })
      .start(arguments, prefix: prefix)
  }

  /// Starts a night that publishes whatever the gate thinks, each with other random numbers.
  ///
  /// - Parameters:
  ///   - point: what is to happen at which point, as `NCF_FAULT_POINT` has it.
  ///   - seed: the random numbers; those of no other night when left out.
  ///   - config: the job; `job()` when left out.
  ///   - arguments: more of the command line.
  ///   - variables: more of the environment.
  ///   - prefix: what starts it.
  /// - Returns: the run.
  /// - Throws: `CocoaError` when it can't be started.
  func night(
    _ point: String? = nil, seed: UInt64? = nil, config: String? = nil, _ arguments: [String] = [],
    variables: [String: String] = [:], prefix: [String] = []
  ) throws -> Running {
    seeds += 1
    var variables = variables
    variables["NCF_FAULT_POINT"] = point
    return try start(
      [
        "run", "--config", config ?? job(), "--force", "--threads", "1", "--seed",
        "\(seed ?? seeds)", "--log-format", "text",
      ] + arguments, variables, prefix: prefix)
  }

  private func succeed(_ outcome: Program.Result) throws {
    guard outcome.code == 0 else {
      throw Unexpected("exit code \(outcome.code):\n\(outcome.talk)")
    }
  }

  // MARK: - Questions

  /// Runs statements on a connection of their own.
  func execute(_ sql: String) throws { try database.connect().executeScript(sql) }

  /// A query's first value.
  func value(_ sql: String) throws -> String? {
    let result = try database.connect(applicationName: "faults").execute(sql)
    return result.rowCount > 0 ? result[row: 0, column: 0] : nil
  }

  /// Everything that readers see, in short.
  func lists() throws -> String {
    try value(
      """
      SELECT count(*) || ' ' || coalesce(md5(string_agg(concat_ws(',', user_id, rank, item_id,
        score, source), ';' ORDER BY user_id, rank)), '') FROM ncf.recommendations
      """) ?? ""
  }

  /// The live run.
  func live() throws -> Int64 {
    try value("SELECT run_id FROM ncf.live WHERE slot = 'main'").flatMap { Int64($0) } ?? 0
  }

  /// Runs a night without a fault, which must find nothing in its way, and holds what is there then
  /// against what is promised.
  func recovers(_ trial: Trial, after place: String = "") throws {
    let outcome = try night().wait()
    trial.keeps(
      outcome.code == 0, "the next night \(place) ended with \(outcome.code):\n\(outcome.talk)")
    try isWhole(trial, place)
    let running = try value(
      "SELECT string_agg(run_id::text, ', ') FROM ncf.runs WHERE status = 'running'")
    trial.keeps(running == nil, "\(place): still marked running: \(running ?? "")")
  }

  /// Holds what is at rest in the database against what is promised.
  func isWhole(_ trial: Trial, _ place: String = "") throws {
    for (promise, sql) in Self.promises {
      let found = try value(sql)
      trial.keeps(found == nil, "\(place): \(promise): \(found ?? "")")
    }
  }

  /// Holds that nothing is left that need not be, when nobody is in the way of removing it.
  func isBounded(_ trial: Trial, keep: Int = 3) throws {
    let outcome = try night().wait()
    trial.keeps(outcome.code == 0, "the last night ended with \(outcome.code):\n\(outcome.talk)")
    let tables = try value(
      """
      SELECT string_agg(c.relname, ', ') FROM pg_class AS c
      WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind = 'r' AND c.relname ~ '_run_[0-9]+$'
        AND NOT (c.relispartition AND substring(c.relname FROM '[0-9]+$')::bigint IN (
          SELECT run_id FROM ncf.runs WHERE status = 'published' ORDER BY run_id DESC LIMIT \(keep)))
      """)
    trial.keeps(tables == nil, "tables stay that need not: \(tables ?? "")")
    let kept = try value(
      """
      SELECT concat_ws(' ', (SELECT count(*) FROM ncf.models),
        (SELECT count(DISTINCT run_id) FROM ncf.model_chunks),
        (SELECT count(DISTINCT run_id) FROM ncf.popular_by_run))
      """)
    trial.keeps(
      kept == "\(keep) \(keep) \(keep)", "models, chunks and popular lists: \(kept ?? "")")
  }

  /// Each gives nothing when the promise is kept.
  private static let promises = [
    (
      "a table is part of nothing only when its run has ended and readers keep it from going",
      """
      SELECT string_agg(c.relname, ', ') FROM pg_class AS c
      WHERE c.relnamespace = 'ncf'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
        AND c.relname ~ '_run_[0-9]+$' AND NOT EXISTS (SELECT FROM ncf.runs AS r
          WHERE r.run_id::text = substring(c.relname FROM '[0-9]+$') AND r.status <> 'running')
      """
    ),
    (
      "every published run was made live, once",
      """
      SELECT string_agg(concat_ws(' ', coalesce(m.run_id, r.run_id), r.status, m.times), ', ')
      FROM (SELECT run_id, count(*) AS times FROM ncf.live_moves WHERE cause = 'publish'
        GROUP BY run_id) AS m
      FULL JOIN (SELECT run_id, status FROM ncf.runs WHERE status = 'published') AS r
        ON r.run_id = m.run_id
      WHERE m.times IS DISTINCT FROM 1 OR r.status IS NULL
      """
    ),
    (
      "the generation has grown by one with each move",
      """
      SELECT string_agg(concat_ws(' ', l.generation, m.moves, m.last), ', ')
      FROM ncf.live AS l
      CROSS JOIN LATERAL (SELECT count(*) AS moves, max(generation) AS last
        FROM ncf.live_moves AS m WHERE m.job = l.job AND m.slot = l.slot) AS m
      WHERE l.generation <> m.moves OR l.generation <> m.last
      """
    ),
    (
      "every user has a whole list of the live run",
      """
      SELECT concat_ws(' ', count(*), count(DISTINCT user_id), count(DISTINCT run_id))
      FROM ncf.recommendations
      HAVING count(*) <> \(users * k) OR count(DISTINCT user_id) <> \(users)
        OR count(DISTINCT run_id) <> 1
      """
    ),
    (
      "a model is stored of runs that were published or trained only",
      """
      SELECT string_agg(m.run_id::text, ', ') FROM ncf.models AS m
      JOIN ncf.runs AS r USING (run_id) WHERE r.status NOT IN ('published', 'trained')
      """
    ),
  ]
}

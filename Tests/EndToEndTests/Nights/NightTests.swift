import Foundation
import Postgres
import TestSupport
import Testing

/// A night from the log to the lists.
struct NightTests {
  @Test("Lists have ranks 1...K, falling scores, and nothing that the user knows")
  func lists() throws {
    let shop = try Shop(.eighty)
    let result = try shop.night()
    try expectSuccess(result)
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "80")
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "400")
    let faults = [
      // Ranks are 1...5, each once.
      """
      SELECT user_id FROM ncf.recommendations GROUP BY user_id
      HAVING array_agg(rank ORDER BY rank) <> ARRAY[1, 2, 3, 4, 5]
      """,
      """
      SELECT user_id FROM (
        SELECT user_id, score, lag(score) OVER (PARTITION BY user_id ORDER BY rank) AS before
        FROM ncf.recommendations) AS pairs
      WHERE score > before OR NOT score BETWEEN 0 AND 1
      """,
      "SELECT user_id FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      "SELECT user_id FROM ncf.recommendations GROUP BY user_id, item_id HAVING count(*) > 1",
    ]
    for fault in faults {
      #expect(try shop.value("SELECT count(*) FROM (\(fault)) AS faulty") == "0", "\(fault)")
    }
    #expect(try shop.strayTables().isEmpty)
    try shop.expect("SELECT min(score) = max(score) FROM ncf.recommendations", gives: "f")
  }

  @Test("The record of a run says what was read, how it went and how good it is")
  func record() throws {
    let shop = try Shop(.eighty)
    let report = shop.folder.path + "/report.json"
    let result = try shop.night("--report", report, "--seed", "9")
    try expectSuccess(result)
    try shop.expect(
      """
      SELECT concat_ws(' ', run_id, job, kind, status, seed, rows_read, rows_used, users, items,
        exit_code) FROM ncf.runs
      """, gives: "1 shop nightly published 9 640 640 80 40 0")
    try shop.expect("SELECT count(DISTINCT stage) FROM ncf.stages", gives: "5")
    try shop.expect("SELECT count(DISTINCT phase) FROM ncf.epochs", gives: "5")
    try shop.expect(
      """
      SELECT string_agg(DISTINCT model || ' ' || protocol, ',' ORDER BY model || ' ' || protocol)
      FROM ncf.metrics WHERE metric = 'ndcg' AND split = 'test'
      """, gives: "itempop full,itempop sampled,neumf full,neumf sampled")

    let object = try json(shop.folder.read("report.json")) as? [String: Any]
    #expect(object?["status"] as? String == "published")
    #expect(object?["run_id"] as? Int == 1)
    #expect(object?["rows_published"] as? Int == 400)
    let metrics = object?["metrics"] as? [[String: Any]]
    let stored = try shop.value("SELECT count(*) FROM ncf.metrics")
    #expect(metrics.map { "\($0.count)" } == stored)
    #expect(try FileManager.default.contentsOfDirectory(atPath: shop.folder.path).count == 2)
  }

  @Test("Data is on standard output and talk on standard error, and --json is JSON alone")
  func streams() throws {
    let shop = try Shop(.eighty)
    let first = try shop.night()
    #expect(first.output.hasPrefix("run 1 of job shop: published"))
    #expect(first.output.contains("NDCG@5 full"))
    #expect(first.talk.contains(" INFO mlp epoch 1: loss 0."))
    #expect(!first.talk.contains("\u{1B}"))
    let second = try shop.night("--json", "-q")
    #expect(second.talk.isEmpty)
    #expect((try json(second.output) as? [String: Any])?["run_id"] as? Int == 2)
  }

  @Test("On a terminal a bar shows the stages; NO_COLOR and TERM=dumb are honoured")
  func terminal() throws {
    let shop = try Shop(.eighty)
    let arguments = ["--config", try shop.jobFile(epochs: 300), "--force"]
    var program = shop.program
    program.environment["TERM"] = "xterm"
    program.environment["NO_COLOR"] = ""
    program.environment["NCF_SEED_"] = "1"
    let colored = try PseudoTerminal().run(program, arguments)
    #expect(colored.code == 0)
    #expect(colored.screen.contains("\r\u{1B}[Ktrain     ["))
    #expect(colored.screen.contains(" samples/s"))
    #expect(colored.screen.contains("\u{1B}[33mwarning: \u{1B}[0mNCF_SEED_ is not"))
    #expect(!colored.screen.contains(" INFO "))

    program.environment["NO_COLOR"] = "1"
    let plain = try PseudoTerminal().run(program, arguments)
    #expect(plain.screen.contains("\r\u{1B}[K"))
    #expect(!plain.screen.contains("\u{1B}[3"))

    program.environment["TERM"] = "dumb"
    let dumb = try PseudoTerminal().run(program, arguments)
    #expect(dumb.screen.contains(" INFO "))
    #expect(!dumb.screen.contains("\u{1B}"))
  }

  @Test("The same seed gives the same bits in the lists, with any number of threads")
  func sameSeed() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night("--seed", "3", "--threads", "1"))
    let first = try shop.lists()
    try expectSuccess(shop.night("--seed", "3", "--threads", "2", "--mode", "full"))
    try shop.expect("SELECT min(run_id) FROM ncf.recommendations", gives: "2")
    #expect(try shop.lists() == first)
    try expectSuccess(shop.night("--seed", "4"))
    #expect(try shop.lists() != first)
  }

  @Test("A dry run and a run without publishing leave the lists as they are")
  func noPublish() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    try expectSuccess(shop.program.run("--config", config, "--dry-run"))
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
    try expectSuccess(shop.night())
    let lists = try shop.lists()
    try expectSuccess(shop.program.run("--config", config, "--no-publish", "--seed", "5"))
    #expect(try shop.lists() == lists)
    try shop.expect("SELECT status FROM ncf.runs ORDER BY run_id DESC LIMIT 1", gives: "trained")
  }

  @Test("--since and --until bound what exists, half-open, and make a backfill")
  func window() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    let since = "2026-01-01T03:00+01:00"
    try expectSuccess(
      shop.program.run(
        "--since", since, "--until", "2026-01-01T07:00Z", "--config", config,
        "--force"))
    let inside = try shop.value(
      """
      SELECT count(*) FROM app.events WHERE occurred_at >= timestamptz '2026-01-01 02:00Z'
        AND occurred_at < timestamptz '2026-01-01 07:00Z'
      """)
    #expect(inside == "400")
    #expect(try shop.value("SELECT kind || ' ' || rows_used FROM ncf.runs") == "backfill 400")
  }

  @Test("runs and recommend read what a night left, as a table and as JSON")
  func reading() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    try expectSuccess(shop.night(config: config))
    let runs = try shop.program.run("runs")
    try expectSuccess(runs)
    #expect(runs.output.contains("published"))
    let listed = try json(shop.program.run("runs", "--json").output) as? [[String: Any]]
    #expect(listed?.map { $0["run_id"] as? Int } == [1])

    let list = try json(shop.program.run("recommend", "7", "--json").output) as? [String: Any]
    let items = (list?["recommendations"] as? [[String: Any]])?.compactMap {
      $0["item_id"] as? String
    }
    let expected = try shop.value(
      "SELECT string_agg(item_id::text, ',' ORDER BY rank) FROM ncf.recommendations WHERE user_id = 7"
    )
    #expect(items?.joined(separator: ",") == expected)
    let table = try shop.program.run("recommend", "7")
    #expect(table.output.split(separator: "\n").count == 6)
    let unknown = try shop.program.run("recommend", "70000")
    #expect(unknown.code == 0)
  }

  @Test("The gate refuses a model that is no better than popularity: 20, and nothing is published")
  func gate() throws {
    let shop = try Shop(.eighty)
    // Popularity is all that there is, and the model may not move from its random start.
    try shop.connection.executeScript(
      """
      TRUNCATE app.events;
      INSERT INTO app.events
        SELECT u, i, 'view', 1,
          timestamptz '2026-01-01 00:00Z' + (u * 7 + i * 11) % 40 * interval '1 hour'
        FROM generate_series(1, 60) AS u, generate_series(1, 40) AS i
        WHERE (u * 17 + i * 29) % 40 >= i;
      """)
    let report = shop.folder.path + "/report.json"
    var program = shop.program
    program.environment["NCF_TRAIN_LEARNING_RATE"] = "1e-9"
    program.environment["NCF_TRAIN_FINETUNE_LEARNING_RATE"] = "1e-9"
    let result = try program.run("--config", shop.jobFile(epochs: 1), "--report", report)
    #expect(result.code == 20)
    #expect(result.output.contains("refused"))
    #expect(try shop.value("SELECT status || ' ' || exit_code FROM ncf.runs") == "refused 20")
    #expect(
      (try json(shop.folder.read("report.json")) as? [String: Any])?["exit_code"] as? Int == 20)
    try shop.expect("SELECT count(*) FROM ncf.live", gives: "0")
  }

  private func json(_ text: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8))
  }
}

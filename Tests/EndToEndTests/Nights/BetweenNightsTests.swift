import Foundation
import Postgres
import TestSupport
import Testing

/// What one night leaves to the next, and what comes between them.
struct BetweenNightsTests {
  /// Each of some users takes the first item of the group that they don't have.
  private func add(
    _ shop: Shop, users: ClosedRange<Int>, at moment: String = "clock_timestamp()"
  ) throws {
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, (SELECT min(i) FROM generate_series(1, 40) AS i WHERE i % 4 = u % 4 AND NOT EXISTS (
          SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = i)), 'view', 1, \(moment)
      FROM generate_series(\(users.lowerBound), \(users.upperBound)) AS u
      """)
  }

  private func last(_ shop: Shop, _ columns: String) throws -> String? {
    try shop.value("SELECT concat_ws(' ', \(columns)) FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
  }

  @Test("A backfill gives the same lists again after nights, a rollback and a refusal in between")
  func backfill() throws {
    let shop = try Shop(.hundredTwenty)
    let config = try shop.jobFile(mode: "auto")
    let stretch = ["--since", "90d", "--until", "30d"]
    try expectSuccess(shop.night(config: config))
    try shop.connection.execute("UPDATE ncf.runs SET watermark = now() - interval '100 days'")
    try add(shop, users: 1...30, at: "clock_timestamp() - interval '60 days'")
    func backfill() throws -> String {
      try expectSuccess(shop.program.start(["--config", config, "--force"] + stretch).wait())
      #expect(
        try last(shop, "kind, status, mode, parent_run_id, positives_new")
          == "backfill published finetune 1 30")
      return try shop.lists()
    }
    let lists = try backfill()

    try add(shop, users: 31...60)
    try expectSuccess(shop.night(config: config))
    #expect(try last(shop, "kind, mode, parent_run_id") == "nightly finetune 1")
    try add(shop, users: 61...80)
    try expectSuccess(shop.night(config: config))
    #expect(try last(shop, "mode, parent_run_id") == "finetune 3")
    try expectSuccess(shop.program.run("rollback", "--config", config))
    try shop.connection.execute(
      "CREATE TABLE app.away AS SELECT * FROM app.events WHERE user_id > 40")
    try shop.connection.execute("DELETE FROM app.events WHERE user_id > 40")
    #expect(try shop.program.run("--config", config).code == 20)
    try shop.connection.execute("INSERT INTO app.events SELECT * FROM app.away")
    #expect(try shop.lists() != lists)
    #expect(try backfill() == lists)
  }

  @Test("A backfill is not held against what the live model has learnt since: it needs no force")
  func fairness() throws {
    let shop = try Shop(.eighty)
    // The full night is told everything, and knows it by heart.
    try shop.connection.execute(
      "UPDATE app.events SET occurred_at = now() - interval '40 days' - item_id * interval '1 hour'"
    )
    try add(shop, users: 1...80, at: "now() - interval '10 days' + u * interval '1 minute'")
    try add(shop, users: 1...80, at: "now() - interval '9 days' + u * interval '1 minute'")
    try expectSuccess(shop.night("--mode", "full", config: shop.jobFile(epochs: 60)))
    let config = try shop.jobFile()
    let backfill = try shop.program.run(
      "--config", config, "--since", "1y", "--until", "20d", "--mode", "full")
    try expectSuccess(backfill)
    // All 80 tests are of what the live model was trained on; so there is nothing to compare.
    #expect(
      try last(shop, "kind, status, gate ->> 'live_run_id', coalesce(gate ->> 'compared', 'none')")
        == "backfill published 1 none")
    try shop.expect(
      "SELECT count(*) FROM ncf.metrics WHERE run_id = 2 AND model = 'live'", gives: "0")
    // The night after is held against the backfill, which knows nothing of the last ten days.
    try add(shop, users: 1...10)
    try expectSuccess(shop.night(config: config))
    #expect(
      try last(shop, "kind, gate ->> 'live_run_id', gate ->> 'compared'") == "nightly 2 80")
  }

  @Test("What a refused night has seen is learnt by the next, which goes on from what is live")
  func refused() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(mode: "auto")
    try expectSuccess(shop.night(config: config))
    let lists = try shop.lists()
    try add(shop, users: 1...30)
    var program = shop.program
    // Steps so long that what comes of it is no number.
    program.environment["NCF_TRAIN_NIGHTLY_LEARNING_RATE"] = "1e30"
    let refused = try program.run("--config", config)
    #expect(refused.code == 20, "\(refused.talk)")
    #expect(
      try last(shop, "status, mode, exit_code, gate ->> 'verdict'") == "refused finetune 20 refuse")
    #expect(
      try last(shop, "reason")?.contains("was not a finite number") == true, "\(refused.talk)")
    #expect(try shop.lists() == lists)
    try shop.expect("SELECT string_agg(run_id::text, ' ') FROM ncf.models", gives: "1")
    let learnt = try last(shop, "positives_new")

    // Without the next day's events it is the same lesson once more.
    try expectSuccess(shop.night(config: config))
    #expect(try last(shop, "status, mode, parent_run_id, rows_new") == "published finetune 1 30")
    #expect(try last(shop, "positives_new") == learnt)
  }

  @Test("Users who vanish from the log are the gate's business, though nothing new came: 20")
  func shrunken() throws {
    let shop = try Shop(.hundredTwenty)
    let config = try shop.jobFile(mode: "auto")
    try expectSuccess(shop.night(config: config))
    let lists = try shop.lists()
    try shop.connection.execute("DELETE FROM app.events WHERE user_id > 90")
    let refused = try shop.program.run("--config", config)
    #expect(refused.code == 20, "\(refused.talk)")
    let reason = try last(shop, "reason") ?? ""
    #expect(reason.contains("users fell from 120 to 90"), "\(reason)")
    #expect(try shop.lists() == lists)
  }

  @Test("A slot's nights go on from its own, and keep as many lists as main's")
  func slots() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(mode: "auto")
    var program = shop.program
    program.environment.merge(["NCF_OUTPUT_KEEP_RUNS": "2", "NCF_OUTPUT_KEEP_DAYS": "0"]) { $1 }
    func night(_ slot: String) throws {
      try expectSuccess(program.run("--config", config, "--force", "--slot", slot))
    }
    try night("main")
    try night("b")
    #expect(try last(shop, "slot, mode") == "b full")
    for users in [1...20, 21...40] {
      try add(shop, users: users)
      try night("main")
      try night("b")
    }
    try expectSuccess(shop.program.run("rollback", "--slot", "b", "--config", config))
    try add(shop, users: 41...60)
    try night("b")
    try night("main")
    try shop.expect(
      """
      SELECT string_agg(concat_ws(' ', run_id, slot, mode, parent_run_id), ', ' ORDER BY run_id)
      FROM ncf.runs
      """,
      gives: "1 main full, 2 b full, 3 main finetune 1, 4 b finetune 2, 5 main finetune 3, "
        + "6 b finetune 4, 7 b finetune 4, 8 main finetune 5")
    try shop.expect(
      "SELECT string_agg(DISTINCT run_id::text, ' ') FROM ncf.recommendations_by_run",
      gives: "5 6 7 8")
    try shop.expect(
      "SELECT string_agg(slot || ' ' || run_id, ', ' ORDER BY slot) FROM ncf.live",
      gives: "b 7, main 8")
  }

  @Test("Popular lists are filled to K though fewer items were popular of late")
  func popular() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      UPDATE app.events SET occurred_at = now() - interval '60 days';
      INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT u, 7, now() - interval '1 day' FROM generate_series(201, 204) AS u;
      """)
    let extra = """
      users: {query: SELECT DISTINCT user_id FROM app.events UNION ALL SELECT 1000}
      popular: {window: 30d}
      """
    try expectSuccess(shop.night(config: shop.jobFile(k: 40, extra: extra)))
    try shop.expect(
      """
      SELECT concat_ws(' ', count(*), count(DISTINCT item_id), min(item_id) FILTER (WHERE rank = 1))
      FROM ncf.recommendations WHERE user_id = 1000
      """, gives: "40 40 7")
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE user_id = 201", gives: "39")
  }

  @Test(
    "The weight of an event's type decides which taste a list serves", arguments: ["ials", "ncf"])
  func weights(method: String) throws {
    let shop = try Shop(.eighty, events: false)
    // Everybody views five things of one group and buys five of the next.
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, i, CASE WHEN i % 4 = u % 4 THEN 'view' ELSE 'purchase' END, 1,
        timestamptz '2026-01-01' + row_number() OVER (ORDER BY md5(u || ':' || i)) * interval '1 min'
      FROM generate_series(1, 80) AS u CROSS JOIN LATERAL (
        SELECT i FROM (SELECT i, row_number() OVER (PARTITION BY i % 4 ORDER BY md5(i || ':' || u)) AS n
          FROM generate_series(1, 40) AS i) AS mixed
        WHERE n <= 5 AND i % 4 IN (u % 4, (u + 1) % 4)) AS taken
      """)
    let bought = """
      SELECT count(*) FILTER (WHERE item_id % 4 = (user_id + 1) % 4) FROM ncf.recommendations
      """
    var counts: [Int] = []
    for weights in ["view: 1, purchase: 20", "view: 20, purchase: 1"] {
      let text = try String(
        contentsOfFile: shop.jobFile(
          "table: app.events, columns: {event_type: event_type}, events: {\(weights)}"),
        encoding: .utf8)
      let model =
        method == "ncf"
        ? text
        : text.replacingOccurrences(
          of: "model: {gmf: 4, tower: [8, 4]}", with: "model: {method: ials, factors: 8}")
      try expectSuccess(shop.night(config: shop.folder.write(model, to: "\(UUID()).yaml")))
      counts.append(Int(try shop.value(bought) ?? "") ?? -1)
    }
    // Of 400 places.
    #expect(counts[0] > counts[1] + 80, "\(counts)")
  }
}

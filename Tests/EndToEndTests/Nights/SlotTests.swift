import Foundation
import Postgres
import TestSupport
import Testing

/// Lists beside the main ones, and jobs beside each other.
struct SlotTests {
  @Test("--slot publishes beside the live lists; shares and a hash say who sees which")
  func beside() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night("--seed", "1"))
    let main = try shop.lists()
    try expectSuccess(shop.night("--seed", "2", "--slot", "b"))
    #expect(try shop.lists() == main)
    try shop.expect(
      """
      SELECT string_agg(concat_ws(' ', slot, run_id, generation), ', ' ORDER BY slot) FROM ncf.live
      """, gives: "b 2 1, main 1 1")
    try shop.expect("SELECT string_agg(slot, ' ' ORDER BY run_id) FROM ncf.runs", gives: "main b")
    // The first of a slot is held against what is live in main.
    try shop.expect("SELECT gate ->> 'live_run_id' FROM ncf.runs WHERE run_id = 2", gives: "1")

    // Without shares everybody sees main.
    let all = """
      SELECT string_agg(DISTINCT slot || ' ' || run_id, ', ') || ' ' || count(*)
      FROM ncf.recommendations_by_slot
      """
    #expect(try shop.value(all) == "main 1 400")
    // Nothing was counted yet.
    let none = try shop.program.run("slots", "--job", "shop")
    #expect(none.output == "job shop: no slot beside main has lists and users\n")
    // A slot in which nothing is live counts as main.
    try shop.connection.execute(
      "INSERT INTO ncf.slot_shares (job, slot, share) VALUES ('shop', 'b', 0.4), ('shop', 'c', 0.2)"
    )
    #expect(try shop.value(all) == "b 2, main 1 400")
    let faults = """
      SELECT count(*) FROM ncf.recommendations_by_slot AS s
      LEFT JOIN ncf.recommendations_by_run AS r USING (run_id, user_id, rank)
      WHERE s.slot <> ncf.slot_of(s.user_id, 'shop') OR r.item_id IS DISTINCT FROM s.item_id
        OR s.run_id <> (SELECT l.run_id FROM ncf.live AS l WHERE l.job = 'shop' AND l.slot = s.slot)
      """
    #expect(try shop.value(faults) == "0")
    try shop.expect(
      """
      SELECT count(*) FROM (SELECT user_id FROM ncf.recommendations_by_slot GROUP BY user_id
        HAVING count(*) = 5 AND count(DISTINCT slot) = 1) AS whole
      """, gives: "80")
    let few = try shop.value(
      "SELECT count(DISTINCT user_id) FROM ncf.recommendations_by_slot WHERE slot = 'b'")
    #expect((16...48).contains(Int(few ?? "") ?? 0))

    // Each slot has its own next night and its own way back.
    try expectSuccess(shop.night("--seed", "3", "--slot", "b"))
    try shop.expect("SELECT gate ->> 'live_run_id' FROM ncf.runs WHERE run_id = 3", gives: "2")
    #expect(try shop.lists() == main)
    #expect(try shop.value(all) == "b 3, main 1 400")
    let back = try shop.program.run("rollback", "--slot", "b", "--config", shop.jobFile())
    #expect(back.output == "job shop, slot b: run 2 is served (before: run 3), generation 3\n")
    #expect(try shop.value(all) == "b 2, main 1 400")
    // What did well in a slot is made live for all.
    try expectSuccess(shop.program.run("rollback", "--to", "3", "--config", shop.jobFile()))
    #expect(try shop.value(all) == "b 2, main 3 400")
    let runs = try shop.program.run("runs")
    #expect(runs.output.contains("*b"))

    // Two days later it is told which slot does better, as far as is known.
    for table in [
      "live_moves SET moved_at = moved_at", "slot_share_changes SET changed_at = changed_at",
    ] {
      try shop.connection.execute("UPDATE ncf.\(table) - interval '50 hours'")
    }
    try shop.add(
      """
      SELECT user_id, item_id, now() - interval '25 hours' FROM ncf.recommendations_by_slot
      WHERE slot = 'b' AND rank = 1
      """)
    try expectSuccess(shop.night("--seed", "4"))
    let line = try shop.program.run("slots", "--job", "shop").output
    #expect(line.hasPrefix("it is not known whether b is better than main: 1.0000 and 0.0000 hits"))
    let json = try shop.program.run("slots", "--job", "shop", "--json").output
    for part in ["\"slot\": \"b\"", "\"main_hits\": 0", "\"hits\": \(few ?? "")", "\"p_value\": 1"]
    {
      #expect(json.contains(part), "\(json)")
    }
  }

  @Test("Shares hold for many users, the same for each type of id, and growing moves nobody out")
  func shares() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
        VALUES ('shop', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1);
      INSERT INTO ncf.live (job, slot, run_id, generation)
        VALUES ('shop', 'b', 1, 1), ('shop', 'c', 1, 1), ('shop', 'main', 1, 1);
      INSERT INTO ncf.slot_shares (job, slot, share) VALUES ('shop', 'c', 0.3);
      CREATE TABLE app.assigned AS
        SELECT u, ncf.slot_of(u, 'shop') AS slot FROM generate_series(1, 20000) AS u;
      """)
    func share(_ slot: String) throws -> Double {
      Double(
        try shop.value(
          "SELECT avg((ncf.slot_of(u, 'shop') = '\(slot)')::integer) FROM app.assigned") ?? "")
        ?? -1
    }
    #expect(abs(try share("c") - 0.3) < 0.02)
    try shop.connection.execute("UPDATE ncf.slot_shares SET share = 0.5")
    #expect(abs(try share("c") - 0.5) < 0.02)
    try shop.expect(
      "SELECT count(*) FROM app.assigned WHERE slot = 'c' AND ncf.slot_of(u, 'shop') <> 'c'",
      gives: "0")
    // Shares beyond 1 in all take what is left.
    try shop.connection.execute(
      "INSERT INTO ncf.slot_shares (job, slot, share) VALUES ('shop', 'b', 0.8)")
    #expect(abs(try share("b") - 0.8) < 0.02)
    #expect(abs(try share("c") - 0.2) < 0.02)
    #expect(try share("main") == 0)
    try shop.expect(
      """
      SELECT count(*) FROM app.assigned
      WHERE ncf.slot_of(u::bigint, 'shop') <> ncf.slot_of(u::text, 'shop')
      """, gives: "0")
    let uuid = "md5('7')::uuid"
    try shop.expect(
      "SELECT ncf.slot_of(\(uuid), 'shop') = ncf.slot_of(\(uuid)::text, 'shop')", gives: "t")
    // Another job divides its users by itself.
    try shop.expect("SELECT ncf.slot_of(7, 'other')", gives: "main")
  }

  @Test("A slot has a plain name: 64 on the command line, 78 in the environment")
  func names() throws {
    let shop = try Shop(.eighty)
    for name in ["", "a b", "x';--", String(repeating: "s", count: 64)] {
      expect(
        try shop.program.run("--slot", name, "--config", shop.jobFile()), 64,
        "1 to 63 letters, digits, - and _")
    }
    var program = shop.program
    program.environment["NCF_SLOT"] = "a b"
    #expect(try program.run("--config", shop.jobFile()).code == 78)
    program.environment["NCF_SLOT"] = "spring-2026_b"
    try expectSuccess(program.run("--config", shop.jobFile(), "--force"))
    #expect(try shop.value("SELECT slot FROM ncf.live") == "spring-2026_b")
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "0")
  }

  @Test("Jobs have their own lock, pointer and schema: one that waits or fails leaves the other")
  func tenants() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      CREATE TABLE app.other AS SELECT 'u' || user_id AS user_id, item_id, occurred_at FROM app.events;
      """)
    let other = try shop.folder.write(
      """
      job: other
      source: {table: app.other}
      model: {method: ials, factors: 8}
      evaluate: {k: 5, sampled: 20}
      output: {k: 5, schema: other}
      """, to: "other.yaml")
    try expectSuccess(shop.night())
    try expectSuccess(shop.night(config: other))
    let lists = try shop.lists()
    let others = """
      SELECT min(run_id) || ' ' || count(*) || ' ' || min(user_id) FROM other.recommendations
      """
    #expect(try shop.value(others) == "2 400 u1")

    // One waits for its source, holding its lock, while the other publishes.
    let holder = try shop.database.connect()
    try holder.executeScript("BEGIN; LOCK TABLE app.other IN ACCESS EXCLUSIVE MODE")
    let waiting = try shop.program.start(["--config", other, "--force"])
    try shop.wait(
      until: "SELECT EXISTS (SELECT FROM ncf.runs WHERE run_id = 3 AND status = 'running')",
      while: waiting)
    try expectSuccess(shop.night("--seed", "2"))
    #expect(try shop.value("SELECT DISTINCT run_id FROM ncf.recommendations") == "4")
    #expect(try shop.lists() != lists)
    // Then it fails; its own lists stay, and so do the other's.
    try holder.executeScript("ALTER TABLE app.other DROP COLUMN item_id; COMMIT")
    #expect(try waiting.wait().code != 0)
    #expect(try shop.value(others) == "2 400 u1")
    #expect(try shop.value("SELECT DISTINCT run_id FROM ncf.recommendations") == "4")
    try expectSuccess(shop.night("--seed", "3"))
    try shop.expect(
      """
      SELECT string_agg(concat_ws(' ', job, run_id, generation), ', ' ORDER BY job) FROM ncf.live
      """, gives: "other 2 1, shop 5 3")
    // Nor can one roll back to the other's run.
    #expect(try shop.program.run("rollback", "--to", "2", "--config", shop.jobFile()).code == 65)
  }
}

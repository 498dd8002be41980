import Foundation
import Postgres
import TestSupport
import Testing

/// What dead runs and hands leave behind, and how the next run puts it in order.
struct RecoveryTests {
  /// Begins to detach a partition and has that cancelled half-way, as an impatient hand would.
  private func halfDetach(_ shop: Shop, _ child: String, from parent: String) throws {
    let reader = try shop.database.connect()
    try reader.executeScript("BEGIN; LOCK TABLE \(parent) IN ACCESS SHARE MODE")
    try reader.execute("SELECT count(*) FROM \(parent)")
    let hand = try shop.database.connect()
    try hand.execute("SET statement_timeout = '200ms'")
    #expect(throws: PostgresError.self) {
      try hand.execute("ALTER TABLE \(parent) DETACH PARTITION \(child) CONCURRENTLY")
    }
    try reader.execute("COMMIT")
    #expect(
      try shop.value(
        "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '\(child)'::regclass") == "t")
  }

  @Test("Detaching that was cancelled half-way is finished, and lists that are kept come back")
  func pending() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let lists = try shop.lists()
    try halfDetach(shop, "ncf.recommendations_run_1", from: "ncf.recommendations_by_run")
    try halfDetach(shop, "ncf.similar_items_run_1", from: "ncf.similar_items_by_run")
    #expect(try shop.lists().isEmpty)
    let night = try shop.program.run("--config", shop.jobFile(), "--no-publish")
    try expectSuccess(night)
    #expect(
      night.talk.contains("ncf.recommendations_run_1 was half detached; that was finished"),
      "\(night.talk)")
    #expect(night.talk.contains("it was attached again"))
    #expect(try shop.lists() == lists)
    try shop.expect("SELECT count(*) > 0 FROM ncf.similar_items", gives: "t")
    try shop.expect("SELECT count(*) FROM pg_inherits WHERE inhdetachpending", gives: "0")
    // The same again finds nothing to do.
    let quiet = try shop.program.run("--config", shop.jobFile(), "--no-publish")
    #expect(!quiet.talk.contains("WARN"), "\(quiet.talk)")
  }

  @Test("Tables of runs that are not kept go, those of a kept run come back, others stay")
  func strays() throws {
    let shop = try Shop(.eighty)
    for seed in ["1", "2", "3"] {
      try expectSuccess(
        shop.night(
          ["NCF_OUTPUT_KEEP_RUNS": "9", "NCF_OUTPUT_KEEP_DAYS": "0"], "--seed", seed))
    }
    // A retention that was stopped after detaching run 1, a hand that took run 2's lists out, and tables
    // that look alike.
    try shop.connection.executeScript(
      """
      ALTER TABLE ncf.recommendations_by_run DETACH PARTITION ncf.recommendations_run_1;
      ALTER TABLE ncf.similar_items_by_run DETACH PARTITION ncf.similar_items_run_1;
      DELETE FROM ncf.models WHERE run_id = 1;
      DELETE FROM ncf.popular_by_run WHERE run_id = 1;
      ALTER TABLE ncf.recommendations_by_run DETACH PARTITION ncf.recommendations_run_2;
      CREATE TABLE ncf.recommendations_run_77 (a integer);
      CREATE TABLE ncf.recommendations_run_2_copy AS SELECT * FROM ncf.recommendations_run_2;
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
        VALUES ('shop', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1);
      CREATE TABLE ncf.recommendations_run_4 (a integer);
      """)
    let night = try shop.night(
      ["NCF_OUTPUT_KEEP_RUNS": "9", "NCF_OUTPUT_KEEP_DAYS": "0"], "--seed", "4")
    try expectSuccess(night)
    #expect(night.talk.contains("run 4 had died; marked abandoned"), "\(night.talk)")
    #expect(night.talk.contains("recommendations_run_1 was left over; it was dropped"))
    #expect(night.talk.contains("similar_items_run_1 was left over; it was dropped"))
    #expect(night.talk.contains("recommendations_run_2 stood by itself"))
    try shop.expect(
      "SELECT string_agg(DISTINCT run_id::text, ' ') FROM ncf.recommendations_by_run",
      gives: "2 3 5")
    #expect(
      try shop.strayTables().sorted() == ["recommendations_run_2_copy", "recommendations_run_77"])
    try expectSuccess(shop.program.run("rollback", "--to", "2", "--config", shop.jobFile()))
  }

  @Test("A lock on what was left behind is not waited for; the next run cleans up")
  func locked() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    try shop.connection.executeScript(
      """
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
        VALUES ('shop', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1);
      CREATE TABLE ncf.recommendations_run_2 (a integer);
      """)
    let reader = try shop.database.connect()
    try reader.executeScript("BEGIN; LOCK TABLE ncf.recommendations_run_2 IN ACCESS SHARE MODE")
    let night = try shop.night("--seed", "2")
    try expectSuccess(night)
    #expect(night.talk.contains("stays until the next run"), "\(night.talk)")
    #expect(try shop.strayTables() == ["recommendations_run_2"])
    try reader.execute("COMMIT")
    try expectSuccess(shop.night("--seed", "3"))
    #expect(try shop.strayTables().isEmpty)
  }

  @Test("Who finds the lock taken is told which run holds it, where, and since when: 75")
  func lock() throws {
    let shop = try Shop(.eighty)
    let holder = try shop.database.connect()
    try holder.executeScript("BEGIN; LOCK TABLE app.events IN ACCESS EXCLUSIVE MODE")
    let first = try shop.program.start(["--config", shop.jobFile(), "--force"])
    try shop.wait(
      until: "SELECT EXISTS (SELECT FROM ncf.runs WHERE run_id = 1 AND status = 'running')",
      while: first)
    let who = try shop.connection.execute(
      """
      SELECT a.pid, a.backend_start::text, r.host FROM pg_stat_activity AS a, ncf.runs AS r
      WHERE a.datname = current_database() AND a.application_name = 'ncf-batch/lock'
      """)
    let second = try shop.program.run("--config", shop.jobFile())
    #expect(second.code == 75)
    for part in [
      "run 1 on \(who[row: 0, column: 2] ?? "") holds the lock of job shop: ncf-batch/lock",
      "server process \(who[row: 0, column: 0] ?? "")", "from the server's own machine",
      "since \(who[row: 0, column: 1] ?? "")",
      "pg_terminate_backend(\(who[row: 0, column: 0] ?? ""))",
    ] { #expect(second.talk.contains(part), "\(part): \(second.talk)") }
    try holder.execute("COMMIT")
    try expectSuccess(first.wait())
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "1")
  }
}

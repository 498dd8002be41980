import Foundation
import Postgres
import TestSupport
import Testing

/// Back to a run that was kept and forward again, and which runs are kept.
struct RollbackTests {
  /// A shop in which nights with the seeds 1, 2, … were published, and what readers saw after each.
  private func shop(nights: Int, keep: [String: String] = [:]) throws -> (Shop, lists: [String]) {
    let shop = try Shop(.eighty)
    var lists: [String] = []
    for seed in 1...nights {
      try expectSuccess(shop.night(keep, "--seed", "\(seed)"))
      lists.append(try shop.lists())
    }
    return (shop, lists)
  }

  @Test("Back to the run before, further back, and forward again: at once, and to the bit")
  func backAndForth() throws {
    let (shop, lists) = try shop(nights: 3)
    #expect(Set(lists).count == 3)
    let config = try shop.jobFile()
    let epochs = try shop.value("SELECT count(*) FROM ncf.epochs")
    // What began before sees its own lists to the end.
    let reader = try shop.database.connect()
    let seen = "SELECT min(run_id) || ' ' || count(*) FROM ncf.recommendations"
    try reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    #expect(try reader.execute(seen)[row: 0, column: 0] == "3 400")

    let back = try shop.program.run("rollback", "--config", config)
    try expectSuccess(back)
    #expect(back.output == "job shop: run 2 is served (before: run 3), generation 4\n")
    #expect(try shop.lists() == lists[1])
    try expectSuccess(shop.program.run("rollback", "--config", config))
    #expect(try shop.lists() == lists[0])
    #expect(try reader.execute(seen)[row: 0, column: 0] == "3 400")
    try reader.execute("COMMIT")
    #expect(try reader.execute(seen)[row: 0, column: 0] == "1 400")
    let forward = try shop.program.run("rollback", "--to", "3", "--json", "--config", config)
    try expectSuccess(forward)
    #expect(forward.output.contains("\"generation\": 6"))
    #expect(try shop.lists() == lists[2])

    // The popular items follow the same pointer, every move is on record, and nothing was trained.
    try shop.expect("SELECT count(*) FROM ncf.popular_items", gives: "40")
    try shop.expect(
      """
      SELECT string_agg(concat_ws(' ', generation, cause, coalesce(previous_run_id, 0), run_id), ', '
        ORDER BY generation) FROM ncf.live_moves
      """,
      gives: "1 publish 0 1, 2 publish 1 2, 3 publish 2 3, 4 rollback 3 2, 5 rollback 2 1, "
        + "6 rollback 1 3")
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "3")
    try shop.expect("SELECT count(*) FROM ncf.epochs", gives: epochs)
  }

  @Test("The night after a rollback is held against the run rolled back to, and replaces it")
  func nightAfter() throws {
    let (shop, lists) = try shop(nights: 2)
    let config = try shop.jobFile()
    try expectSuccess(shop.program.run("rollback", "--config", config))
    #expect(try shop.lists() == lists[0])
    try expectSuccess(shop.night("--seed", "1"))
    try shop.expect("SELECT gate ->> 'live_run_id' FROM ncf.runs WHERE run_id = 3", gives: "1")
    // The same seed as run 1: what was measured as live is what the new model measures.
    try shop.expect(
      """
      SELECT count(*) FROM ncf.metrics AS l JOIN ncf.metrics AS n
        USING (run_id, split, protocol, metric, k)
      WHERE run_id = 3 AND l.model = 'live' AND n.model = 'neumf' AND l.value <> n.value
      """, gives: "0")
    let again = try shop.program.run("rollback", "--config", config)
    #expect(again.output.contains("run 1 is served (before: run 3), generation 5"))
  }

  @Test("A run that is at work during a rollback does not undo it: 75")
  func overtaken() throws {
    let (shop, lists) = try shop(nights: 2)
    let config = try shop.jobFile()
    let holder = try shop.database.connect()
    try holder.executeScript("BEGIN; LOCK TABLE app.events IN ACCESS EXCLUSIVE MODE")
    let run = try shop.program.start(["--config", config, "--force", "--seed", "7"])
    try shop.wait(
      until: "SELECT EXISTS (SELECT FROM ncf.runs WHERE run_id = 3 AND status = 'running')",
      while: run)
    try expectSuccess(shop.program.run("rollback", "--config", config))
    try holder.execute("COMMIT")
    expect(try run.wait(), 75, "by a rollback")
    #expect(try shop.lists() == lists[0])
    #expect(try shop.value("SELECT generation FROM ncf.live") == "3")
    #expect(try shop.strayTables().isEmpty)
  }

  @Test("What is not kept can't be rolled back to: 65, with the runs that are, and nothing changes")
  func notKept() throws {
    let (shop, lists) = try shop(
      nights: 3, keep: ["NCF_OUTPUT_KEEP_RUNS": "2", "NCF_OUTPUT_KEEP_DAYS": "0"])
    let config = try shop.jobFile()
    for (arguments, said) in [
      (["--to", "1"], "the lists of run 1 of job shop are not kept"),
      (["--to", "99"], "kept are the lists of 2, 3"),
      (["--slot", "b"], "nothing was ever published by job shop in slot b"),
    ] {
      expect(try shop.program.start(["rollback", "--config", config] + arguments).wait(), 65, said)
    }
    let same = try shop.program.run("rollback", "--to", "3", "--config", config)
    #expect(same.code == 0)
    #expect(same.output.contains("was so already"))
    #expect(try shop.lists() == lists[2])
    #expect(try shop.value("SELECT generation FROM ncf.live") == "3")
    // Run 2 took the place of run 1, which is gone.
    try expectSuccess(shop.program.run("rollback", "--config", config))
    #expect(try shop.program.run("rollback", "--config", config).code == 65)
    #expect(try shop.lists() == lists[1])
  }

  @Test("Lists are kept by number, by days, and as long as they are live")
  func retention() throws {
    let (shop, lists) = try shop(nights: 3)
    let keep = ["NCF_OUTPUT_KEEP_RUNS": "2", "NCF_OUTPUT_KEEP_DAYS": "30"]
    let kept = "SELECT string_agg(DISTINCT run_id::text, ' ') FROM ncf.recommendations_by_run"
    try shop.connection.execute(
      "UPDATE ncf.runs SET finished_at = finished_at - interval '31 days' WHERE run_id IN (1, 2)")
    try expectSuccess(shop.program.run("rollback", "--to", "1", "--config", shop.jobFile()))
    // 1 and 2 are old and 1 is live; 3 is young.
    try expectSuccess(shop.program.run("--config", shop.jobFile(), "--seed", "4", "--no-publish"))
    #expect(try shop.value(kept) == "1 2 3")
    try expectSuccess(shop.program.run("rollback", "--to", "3", "--config", shop.jobFile()))
    try expectSuccess(shop.night(keep, "--seed", "4"))
    #expect(try shop.value(kept) == "3 5")
    try shop.expect(
      "SELECT string_agg(run_id::text, ' ' ORDER BY run_id) FROM ncf.models", gives: "3 4 5")
    try expectSuccess(shop.program.run("rollback", "--config", shop.jobFile()))
    #expect(try shop.lists() == lists[2])
    // More than two are kept while they are young.
    try expectSuccess(shop.night(keep, "--seed", "5"))
    try expectSuccess(shop.night(keep, "--seed", "6"))
    #expect(try shop.value(kept) == "3 5 6 7")
    try shop.expect("SELECT count(DISTINCT run_id) FROM ncf.popular_by_run", gives: "4")
  }

  @Test("Old lists are not dropped while somebody reads; nobody waits, and the next run drops them")
  func reader() throws {
    let keep = ["NCF_OUTPUT_KEEP_RUNS": "1", "NCF_OUTPUT_KEEP_DAYS": "0"]
    let (shop, _) = try shop(nights: 1, keep: keep)
    let reader = try shop.database.connect()
    let seen = "SELECT min(run_id) || ' ' || count(*) FROM ncf.recommendations"
    try reader.execute("BEGIN")
    #expect(try reader.execute(seen)[row: 0, column: 0] == "1 400")
    let night = try shop.night(keep, "--seed", "2")
    try expectSuccess(night)
    #expect(night.talk.contains("lists of run 1 stay until the next run"))
    // Another reader is let in at once, though the first has not ended.
    try shop.connection.execute("SET lock_timeout = '1ms'")
    #expect(try shop.value(seen) == "2 400")
    try reader.execute("COMMIT")
    try expectSuccess(shop.night(keep, "--seed", "3"))
    try shop.expect(
      "SELECT max(run_id) || ' ' || min(run_id) FROM ncf.recommendations_by_run", gives: "3 3")
    #expect(try shop.strayTables().isEmpty)
  }
}

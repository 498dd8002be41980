import Foundation
import Postgres
import TestSupport
import Testing

/// Connections that are cut while a run is at work: what may pass is tried again, and nothing is done twice.
struct ConnectionLossTests {
  /// A shop with a first list, and a second run that waits where a test can reach it.
  private final class Held {
    let shop: Shop
    let first: String
    let config: String
    private let holder: Connection

    init() throws {
      shop = try Shop(.eighty)
      config = try shop.jobFile()
      try expectSuccess(shop.night())
      first = try shop.lists()
      holder = try shop.database.connect()
    }

    /// Starts a run that can't read the log.
    func pulling(_ arguments: String...) throws -> Running {
      try holder.executeScript("BEGIN; LOCK TABLE app.events IN ACCESS EXCLUSIVE MODE")
      let run = try shop.program.start(["--config", config, "--force", "--seed", "2"] + arguments)
      try waits("pull", of: run)
      return run
    }

    /// Starts a run that has filled its tables and can't attach them.
    func publishing(_ arguments: String...) throws -> Running {
      try holder.executeScript(
        "BEGIN; LOCK TABLE ncf.recommendations_by_run IN SHARE UPDATE EXCLUSIVE MODE")
      let run = try shop.program.start(["--config", config, "--force", "--seed", "2"] + arguments)
      try waits("publish", of: run)
      return run
    }

    /// Waits until a run's connection of some purpose waits for a lock.
    func waits(_ purpose: String, of run: Running) throws {
      try shop.wait(
        until: """
          SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
            AND application_name LIKE 'ncf-batch/%/\(purpose)' AND wait_event_type = 'Lock')
          """, while: run)
    }

    /// Ends all sessions of a name on the server.
    func cut(_ name: String) throws {
      let cut = try shop.value(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE '\(name)'
        """)
      #expect(cut != "0")
    }

    func letGo() throws { try holder.execute("COMMIT") }

    /// Runs and pointer, in short.
    func state() throws -> String? {
      try shop.value(
        """
        SELECT (SELECT string_agg(run_id || ' ' || status, ', ' ORDER BY run_id) FROM ncf.runs)
          || '; ' || (SELECT run_id || ' ' || generation FROM ncf.live)
        """)
    }
  }

  @Test("Cut while the log is read, it reads it again from the beginning, and says so once")
  func pull() throws {
    let held = try Held()
    let run = try held.pulling()
    try held.cut("ncf-batch/%/pull")
    try held.letGo()
    let result = try run.wait()
    try expectSuccess(result)
    #expect(
      result.talk.components(separatedBy: "trying again in").count == 2, "\(result.talk)")
    #expect(result.talk.contains("read the source: "))
    #expect(result.talk.contains("(1 of 6)"))
    #expect(try held.state() == "1 published, 2 published; 2 2")
  }

  @Test("Cut while publishing, it publishes again, once")
  func publish() throws {
    let held = try Held()
    let run = try held.publishing()
    try held.cut("ncf-batch/%/publish")
    try held.waits("publish", of: run)
    try held.letGo()
    let result = try run.wait()
    try expectSuccess(result)
    #expect(result.talk.contains("publish: "), "\(result.talk)")
    #expect(try held.state() == "1 published, 2 published; 2 2")
    try held.shop.expect("SELECT count(*) FROM ncf.live_moves", gives: "2")
    #expect(try held.shop.strayTables().isEmpty)
    // What the second try has published is what an undisturbed run would have.
    let lists = try held.shop.lists()
    try expectSuccess(held.shop.night("--seed", "2"))
    #expect(try held.shop.lists() == lists)
  }

  @Test(
    "All connections cut at once, those that hold lock and record too: it goes on, and publishes once"
  )
  func all() throws {
    let held = try Held()
    let run = try held.pulling()
    try held.cut("ncf-batch/%")
    try held.letGo()
    let result = try run.wait()
    try expectSuccess(result)
    #expect(result.talk.contains("the lock was taken again"), "\(result.talk)")
    #expect(try held.state() == "1 published, 2 published; 2 2")
    try held.shop.expect("SELECT count(*) FROM ncf.stages WHERE run_id = 2", gives: "5")
  }

  @Test("Who loses the lock to a second run does not publish: 75; the second one does")
  func lock() throws {
    let held = try Held()
    let first = try held.pulling()
    try held.cut("ncf-batch/lock")
    let second = try held.shop.program.start(["--config", held.config, "--force", "--seed", "3"])
    try held.shop.wait(
      until: "SELECT EXISTS (SELECT FROM ncf.runs WHERE run_id = 3 AND status = 'running')",
      while: second)
    try held.letGo()
    let results = try (first.wait(), second.wait())
    #expect(results.0.code == 75, "\(results.0.talk)")
    try expectSuccess(results.1)
    #expect(results.1.talk.contains("run 2 had died; marked abandoned"))
    #expect(try held.state() == "1 published, 2 abandoned, 3 published; 3 2")
    #expect(try held.shop.strayTables().isEmpty)
  }

  @Test("Cut more often than it may try again, it ends with 69, and the old lists are served")
  func limit() throws {
    let held = try Held()
    let run = try held.publishing("--retries", "0")
    try held.cut("ncf-batch/%/publish")
    let result = try run.wait()
    #expect(result.code == 69, "\(result.talk)")
    #expect(!result.talk.contains("trying again in"))
    #expect(result.talk.contains("still served: the lists of run 1"))
    try held.letGo()
    #expect(try held.shop.lists() == held.first)
    #expect(try held.state() == "1 published, 2 failed; 1 1")
    #expect(try held.shop.program.run("--retries", "101").code == 64)
    try expectSuccess(held.shop.night("--seed", "2"))
  }

  @Test("What won't pass is not tried again")
  func permanent() throws {
    let shop = try Shop(.eighty)
    for (source, code) in [
      ("table: app.nothing", Int32(78)),
      (
        "query: 'SELECT 1 / (user_id - user_id) AS user_id, item_id, occurred_at FROM app.events'",
        65
      ),
    ] {
      let result = try shop.night(config: shop.jobFile(source))
      #expect(result.code == code, "\(result.talk)")
      #expect(!result.talk.contains("trying again in"), "\(result.talk)")
    }
  }
}

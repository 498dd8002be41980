import Glibc
import Postgres
import TestSupport
import Testing

/// Runs that don't come to their end, and readers who look on.
struct InterruptionTests {
  /// A shop with a published night, and a second night that can't make its table live because a
  /// lock is held.
  private struct Blocked {
    let shop: Shop
    let blocker: Connection
    let lists: String
    let run: Running

    init() throws {
      shop = try Shop(.eighty)
      try expectSuccess(shop.night())
      lists = try shop.lists()
      blocker = try shop.database.connect()
      try blocker.execute("BEGIN")
      try blocker.execute("LOCK TABLE ncf.recommendations_by_run IN SHARE UPDATE EXCLUSIVE MODE")
      run = try shop.program.start([
        "run", "--config", shop.jobFile(), "--force", "--seed", "5", "--log-format", "text",
      ])
      // Its table is filled, and it waits for the lock, now and again.
      try shop.wait(
        until: """
          SELECT EXISTS (SELECT FROM pg_stat_activity AS a JOIN pg_locks AS l ON l.pid = a.pid
            WHERE a.application_name LIKE 'ncf-batch/2/publish%' AND NOT l.granted
              AND l.relation = 'ncf.recommendations_by_run'::regclass)
          """, while: run)
    }
  }

  @Test("Killed in the middle of publishing, it leaves the first list whole and no stray table")
  func killed() throws {
    let blocked = try Blocked()
    blocked.run.signal(SIGKILL)
    #expect(try blocked.run.wait().code == 128 + SIGKILL)
    try blocked.blocker.execute("ROLLBACK")
    let shop = blocked.shop
    while try shop.value(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'ncf-batch/2/%'") != "0"
    {}
    #expect(try shop.lists() == blocked.lists)
    #expect(try shop.strayTables().isEmpty)
    try shop.expect("SELECT status FROM ncf.runs WHERE run_id = 2", gives: "running")

    try expectSuccess(shop.night("--seed", "5"))
    try shop.expect("SELECT status FROM ncf.runs WHERE run_id = 2", gives: "abandoned")
    try shop.expect("SELECT min(run_id) FROM ncf.recommendations", gives: "3")
    #expect(try shop.lists() != blocked.lists)
  }

  @Test("SIGTERM while publishing stops cleanly: 75, and the first list is served")
  func terminated() throws {
    let blocked = try Blocked()
    blocked.run.signal(SIGTERM)
    let result = try blocked.run.wait()
    try blocked.blocker.execute("ROLLBACK")
    expect(result, 75, "SIGTERM")
    let shop = blocked.shop
    try shop.expect(
      "SELECT status || exit_code FROM ncf.runs WHERE run_id = 2", gives: "interrupted75")
    #expect(try shop.lists() == blocked.lists)
    #expect(try shop.strayTables().isEmpty)
  }

  @Test(
    "Signals while training stop it: 75, recorded as interrupted", arguments: [SIGTERM, SIGINT])
  func training(signal: Int32) throws {
    let shop = try Shop(.eighty)
    let run = try shop.program.start(["--config", shop.jobFile(epochs: 100_000)])
    try shop.wait(until: "SELECT count(*) > 0 FROM ncf.epochs", while: run)
    run.signal(signal)
    let result = try run.wait()
    #expect(result.code == 75, "\(result.talk)")
    #expect(try shop.value("SELECT status FROM ncf.runs") == "interrupted")
  }

  @Test("A lock held elsewhere for long makes it give up instead of keeping readers waiting: 75")
  func second() throws {
    let blocked = try Blocked()
    // While one run is at work, another one of the same job is sent away.
    expect(try blocked.shop.program.run("--config", blocked.shop.jobFile()), 75, "shop")
    #expect(try blocked.shop.lists() == blocked.lists)
    try blocked.blocker.execute("ROLLBACK")
    let result = try blocked.run.wait()
    #expect(result.code == 0, "\(result.talk)")
    #expect(try blocked.shop.lists() != blocked.lists)
  }

  @Test("A reader whose snapshot is older sees the whole first list until it ends")
  func oldSnapshot() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let lists = try shop.lists()
    let reader = try shop.database.connect()
    try reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    // Takes the snapshot, and touches none of the lists.
    try reader.execute("SELECT count(*) FROM app.events")
    try expectSuccess(shop.night("--seed", "8"))
    #expect(try shop.lists() != lists)
    let seen = try reader.execute(
      """
      SELECT string_agg(concat_ws('|', user_id, rank, item_id, score, source), chr(10)
        ORDER BY user_id, rank) FROM ncf.recommendations
      """)
    #expect(seen[row: 0, column: 0] == lists)
    try reader.execute("COMMIT")
  }
}

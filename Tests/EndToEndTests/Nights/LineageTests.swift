import Foundation
import Postgres
import TestSupport
import Testing

/// Nights that go on from each other, and backfills, through the built binary.
struct LineageTests {
  /// Each of some users takes the n-th item that they don't have.
  private func add(_ shop: Shop, users: ClosedRange<Int>, at moment: String = "clock_timestamp()")
    throws
  {
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, (SELECT min(i) FROM generate_series(1, 40) AS i WHERE i % 4 = u % 4 AND NOT EXISTS (
          SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = i)), 'view', 1, \(moment)
      FROM generate_series(\(users.lowerBound), \(users.upperBound)) AS u
      """)
  }

  private func courses(_ shop: Shop) throws -> String? {
    try shop.value(
      """
      SELECT string_agg(concat_ws(' ', run_id, kind, status, coalesce(mode, '-'),
        coalesce(parent_run_id::text, '-')), ', ' ORDER BY run_id) FROM ncf.runs
      """)
  }

  @Test("Full, nothing new, fine-tunes with new users and items: what the record and the lists say")
  func nights() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(mode: "auto")
    func night() throws -> Program.Result {
      let result = try shop.program.run("run", "--config", config, "--force")
      try expectSuccess(result)
      return result
    }
    #expect(try night().talk.contains("training in full: no earlier night to go on from"))
    let lists = try shop.lists()
    let skipped = try night()
    #expect(skipped.output.contains("run 2 of job shop: skipped"))
    #expect(skipped.output.contains("nothing new since run 1"))
    #expect(try shop.lists() == lists)

    try add(shop, users: 1...20)
    try shop.connection.executeScript(
      """
      INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT 900, i, clock_timestamp() FROM generate_series(4, 20, 4) AS i;
      INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT u, 400, clock_timestamp() FROM generate_series(4, 40, 4) AS u;
      """)
    #expect(try night().talk.contains("fine-tuning: run 1 goes on"))
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE user_id = 900", gives: "5")
    try shop.expect(
      "SELECT users || ' ' || items || ' ' || rows_new FROM ncf.runs WHERE run_id = 3",
      gives: "81 41 35")
    // What a full night trains is more than five times what a fine-tune does.
    try shop.expect(
      """
      SELECT sum(samples) FILTER (WHERE run_id = 1) > 5 * sum(samples) FILTER (WHERE run_id = 3)
      FROM ncf.epochs
      """, gives: "t")
    try add(shop, users: 41...60)
    #expect(try night().talk.contains("fine-tuning: run 3 goes on"))
    #expect(
      try courses(shop)
        == "1 nightly published full -, 2 nightly skipped - 1, 3 nightly published finetune 1, "
        + "4 nightly published finetune 3")
    try shop.expect(
      "SELECT count(DISTINCT watermark) FROM ncf.runs WHERE kind = 'nightly'", gives: "4")
    let dry = try shop.program.run("run", "--config", config, "--dry-run")
    #expect(dry.talk.contains("nothing to do: nothing new since run 4"))
    // After a rollback of the pointer the parent is the run rolled back to.
    try shop.connection.execute("UPDATE ncf.live SET run_id = 1, generation = generation + 1")
    _ = try night()
    try shop.expect(
      "SELECT mode || ' ' || parent_run_id FROM ncf.runs WHERE run_id = 5", gives: "finetune 1")
  }

  @Test("A backfill goes on from the night before it, gives the same lists twice, and is no parent")
  func backfill() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(mode: "auto")
    func run(_ arguments: String...) throws {
      try expectSuccess(
        shop.program.start(["run", "--config", config, "--force"] + arguments).wait())
    }
    func last(_ columns: String) throws -> String? {
      try shop.value(
        "SELECT concat_ws(' ', \(columns)) FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
    }
    try run()
    try add(shop, users: 1...20)
    try run()
    try add(shop, users: 21...40, at: "clock_timestamp() - interval '60 days'")
    // The nights were 100 and 95 days ago.
    try shop.connection.executeScript(
      """
      UPDATE ncf.runs SET watermark = now() - interval '100 days' WHERE run_id = 1;
      UPDATE ncf.runs SET watermark = now() - interval '95 days' WHERE run_id = 2;
      """)
    let watermarks =
      "SELECT string_agg(watermark::text, ',' ORDER BY run_id) FROM ncf.runs WHERE run_id < 3"
    let before = try shop.value(watermarks)
    try run("--since", "90d", "--until", "30d")
    #expect(
      try last("kind, status, mode, parent_run_id, positives_new, watermark IS NULL")
        == "backfill published finetune 2 20 t")
    let lists = try shop.lists()
    try run("--since", "90d", "--until", "30d")
    #expect(try last("mode, parent_run_id") == "finetune 2")
    try shop.expect("SELECT min(run_id) FROM ncf.recommendations", gives: "4")
    #expect(try shop.lists() == lists)
    // An earlier T has the earlier night for a parent; before all nights there is none.
    try run("--since", "97d")
    #expect(try last("mode, parent_run_id") == "finetune 1")
    // From T on rows are new; of the users 1 to 20 the one of today and of 21 to 40 the late one.
    #expect(try last("rows_used") == "680")
    try run("--since", "10y")
    #expect(try last("kind, mode, coalesce(parent_run_id::text, '-')") == "backfill full -")
    try run("--since", "90d", "--mode", "full")
    // From scratch, what was before T does not exist: each of 40 users has one row, and no test.
    #expect(try last("mode, rows_used") == "full 40")
    // Nothing happened in this stretch.
    try run("--since", "90d", "--until", "80d")
    #expect(try last("kind, status, exit_code") == "backfill skipped 0")
    // The next night goes on from the last night, not from what is live, and knows nothing of them.
    #expect(try shop.value(watermarks) == before)
    try run()
    #expect(try last("kind, mode, parent_run_id") == "nightly finetune 2")
  }

  @Test("A fine-tune that can't be is refused before any work, saying what to do: 78")
  func refused() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(mode: "auto")
    expect(
      try shop.program.run("run", "--config", config, "--mode", "finetune"), 78,
      "no earlier night to go on from", "--mode full")
    let ials = try shop.folder.write(
      "job: shop\nsource: {table: app.events}\nmodel: ials\n", to: "ials.yaml")
    expect(
      try shop.program.run("run", "--config", ials, "--mode", "finetune"), 78,
      "--mode finetune can't be used with model.method ials")
    var program = shop.program
    program.environment["NCF_TRAIN_MODE"] = "finetune"
    expect(
      try program.run("run", "--config", ials), 78,
      "train.mode must be auto or full with model.method ials")
    try shop.expect("SELECT count(*) FROM ncf.runs WHERE status <> 'failed'", gives: "0")
    // Of itself it is trained in full, and says why.
    let auto = try shop.program.run("run", "--config", ials, "--force")
    try expectSuccess(auto)
    try add(shop, users: 1...10)
    let again = try shop.program.run("run", "--config", ials, "--force")
    #expect(again.talk.contains("training in full: ials is always trained in full"))
  }
}

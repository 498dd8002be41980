import Foundation
import Postgres
import TestSupport
import Testing

/// Users who are to be gone, from old lists and old models too.
struct ForgetTests {
  /// A user whose id is found in a stored model's bytes, if it is there.
  private static let canary = "c\"a\\nary, of {forgetting}"

  /// A shop whose user 7 is the canary, in nights of several kinds: all that a job can keep.
  private func shop() throws -> (Shop, config: String) {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      """
      CREATE TABLE app.typed AS
      SELECT CASE user_id WHEN 7 THEN $1 ELSE 'u' || user_id END AS user_id, item_id, occurred_at
      FROM app.events
      """, [Self.canary])
    let config = try shop.jobFile("table: app.typed")
    try expectSuccess(shop.night(config: config))
    try expectSuccess(shop.night("--seed", "2", config: config))
    try expectSuccess(shop.night("--slot", "b", config: config))
    var program = shop.program
    program.environment["NCF_MODEL"] = "itemknn"
    try expectSuccess(program.run("--config", config, "--no-publish"))
    return (shop, config)
  }

  /// Rows of lists, and stored models, in which the canary is found.
  private func found(_ shop: Shop) throws -> String {
    let rows = try shop.connection.execute(
      """
      SELECT (SELECT count(*) FROM ncf.recommendations_by_run WHERE user_id = $1) || ' '
        || (SELECT count(*) FROM ncf.model_chunks WHERE position(convert_to($1, 'UTF8') in data) > 0)
      """, [Self.canary])
    return rows[row: 0, column: 0] ?? ""
  }

  @Test("forget removes a user from all lists and stored models, old ones too, and nobody else")
  func command() throws {
    let (shop, config) = try shop()
    #expect(try found(shop) == "15 4")
    let others = """
      SELECT md5(string_agg(concat_ws(',', run_id, user_id, rank, item_id, score), ';'
        ORDER BY run_id, user_id, rank)) FROM ncf.recommendations_by_run WHERE user_id LIKE 'u%'
      """
    let before = try shop.value(others)
    let result = try shop.program.run("forget", "--user", Self.canary, "--config", config)
    try expectSuccess(result)
    #expect(result.output == "job shop: 1 user forgotten, 15 rows of lists, 4 stored models\n")
    #expect(try found(shop) == "0 0")
    #expect(try shop.value(others) == before)
    try shop.expect(
      """
      SELECT concat_ws(' ', job, coalesce(run_id, 0), users, list_rows, models) FROM ncf.forgotten
      """, gives: "shop 0 1 15 4")
    // What is left of the models is whole, and as good: the next night reads them and says nothing.
    try shop.expect(
      """
      SELECT count(*) FROM ncf.models JOIN ncf.runs USING (run_id) WHERE sha256 <> model_sha256
      """, gives: "0")
    try shop.connection.execute("DELETE FROM app.typed WHERE user_id = $1", [Self.canary])
    let night = try shop.night("--seed", "2", config: config)
    try expectSuccess(night)
    #expect(!night.talk.contains("can't be used"), "\(night.talk)")
    try shop.expect(
      "SELECT count(*) > 0 FROM ncf.metrics WHERE run_id = 5 AND model = 'live'", gives: "t")
    #expect(try found(shop) == "0 0")
    // And back to a run from before.
    try expectSuccess(shop.program.run("rollback", "--to", "1", "--config", config))
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "79")
    #expect(try found(shop) == "0 0")
  }

  @Test("Nobody is forgotten twice: 0 users; a text that is no id is 65; during a run it is 75")
  func limits() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    try expectSuccess(shop.night())
    let several = try shop.program.run(
      "forget", "--user", "3", "--user", "4", "--user", "9999", "--json", "--config", config)
    try expectSuccess(several)
    #expect(several.output.contains("\"users\": 2"))
    let again = try shop.program.run("forget", "--user", "3", "--config", config)
    try expectSuccess(again)
    #expect(again.output.contains("0 users forgotten, 0 rows of lists, 0 stored models"))
    let wrong = try shop.program.run("forget", "--user", "seven", "--config", config)
    #expect(wrong.code == 65, "\(wrong.talk)")
    #expect(try shop.program.run("forget", "--config", config).code == 64)
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "78")

    let holder = try shop.database.connect()
    try holder.executeScript("BEGIN; LOCK TABLE app.events IN ACCESS EXCLUSIVE MODE")
    let run = try shop.program.start(["--config", config, "--force"])
    try shop.wait(
      until: "SELECT EXISTS (SELECT FROM ncf.runs WHERE run_id = 2 AND status = 'running')",
      while: run)
    expect(try shop.program.run("forget", "--user", "5", "--config", config), 75, "holds the lock")
    try holder.execute("COMMIT")
    try expectSuccess(run.wait())
    try shop.expect(
      "SELECT string_agg(users::text, ' ' ORDER BY forgotten_id) FROM ncf.forgotten", gives: "2 0")
  }

  @Test("A stored model that can't be read is dropped, since nobody can tell who is in it")
  func damaged() throws {
    let (shop, config) = try shop()
    try shop.connection.execute(
      "UPDATE ncf.model_chunks SET data = substr(data, 1, 1000) WHERE run_id = 1")
    let result = try shop.program.run("forget", "--user", Self.canary, "--config", config)
    try expectSuccess(result)
    #expect(result.talk.contains("the stored model of run 1 could not be read and was dropped"))
    #expect(try found(shop) == "0 0")
    try shop.expect(
      "SELECT string_agg(run_id::text, ' ' ORDER BY run_id) FROM ncf.models", gives: "2 3 4")
  }
}

/// Users who are no longer in `users.query`.
extension ForgetTests {
  /// A shop with a table of its people, in which users 7 and 8 have ids that can be found.
  private func people(mode: String = "full") throws -> (Shop, config: String) {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      CREATE TABLE app.typed AS
      SELECT CASE user_id WHEN 7 THEN 'canary seven' WHEN 8 THEN 'canary eight'
          ELSE 'u' || user_id END AS user_id, item_id, occurred_at
      FROM app.events;
      CREATE TABLE app.people AS SELECT DISTINCT user_id FROM app.typed;
      """)
    let config = try shop.jobFile(
      "table: app.typed", mode: mode,
      extra: "users: {query: SELECT user_id FROM app.people, forget_absent: true}")
    try expectSuccess(shop.night("--mode", "full", config: config))
    try expectSuccess(shop.night("--seed", "2", "--mode", "full", config: config))
    return (shop, config)
  }

  private func found(_ name: String, _ shop: Shop) throws -> String? {
    try shop.value(
      """
      SELECT (SELECT count(*) FROM ncf.recommendations_by_run WHERE user_id = '\(name)') || ' '
        || (SELECT count(*) FROM ncf.model_chunks WHERE position('\(name)'::bytea in data) > 0)
      """)
  }

  @Test("Absent users are forgotten on a refused night too, users outside the window are not")
  func absent() throws {
    let (shop, config) = try people()
    #expect(try found("canary seven", shop) == "10 2")
    // Seven is gone from the people, though not from the log; eight has no events any more.
    try shop.connection.executeScript(
      """
      DELETE FROM app.people WHERE user_id = 'canary seven';
      DELETE FROM app.typed WHERE user_id = 'canary eight';
      """)
    var program = shop.program
    program.environment["NCF_TRAIN_LEARNING_RATE"] = "1e-9"
    program.environment["NCF_TRAIN_FINETUNE_LEARNING_RATE"] = "1e-9"
    let refused = try program.run("--config", config, "--mode", "full")
    #expect(refused.code == 20, "\(refused.talk)")
    #expect(try found("canary seven", shop) == "0 0")
    #expect(try found("canary eight", shop) == "10 2")
    let counted = """
      SELECT string_agg(concat_ws(' ', job, run_id, users, list_rows, models), ', ')
      FROM ncf.forgotten
      """
    #expect(try shop.value(counted) == "shop 3 1 10 2")
    try shop.expect(
      "SELECT rows_rejected ->> 'absent_user' FROM ncf.runs WHERE run_id = 3", gives: "8")
    // A night that publishes does not learn the user anew, and has nobody more to forget.
    try expectSuccess(shop.night("--seed", "3", "--mode", "full", config: config))
    #expect(try found("canary seven", shop) == "0 0")
    #expect(try shop.value(counted) == "shop 3 1 10 2")
    try shop.expect(
      "SELECT source FROM ncf.recommendations WHERE user_id = 'canary eight' LIMIT 1",
      gives: "popular")
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "79")
  }

  @Test("Absent users are forgotten by a night that has nothing to do, and by one that fine-tunes")
  func absentOnQuietNights() throws {
    let (shop, config) = try people(mode: "auto")
    try shop.connection.execute("DELETE FROM app.people WHERE user_id = 'canary seven'")
    let skipped = try shop.program.run("--config", config, "--seed", "2")
    try expectSuccess(skipped)
    #expect(skipped.output.contains("skipped"), "\(skipped.output)")
    #expect(try found("canary seven", shop) == "0 0")
    try shop.connection.executeScript(
      """
      DELETE FROM app.people WHERE user_id = 'canary eight';
      INSERT INTO app.typed VALUES ('canary seven', 39, clock_timestamp()),
        ('canary eight', 39, clock_timestamp()), ('u1', 40, clock_timestamp());
      """)
    try expectSuccess(shop.night("--seed", "2", config: config))
    try shop.expect(
      "SELECT concat_ws(' ', mode, parent_run_id, users) FROM ncf.runs WHERE run_id = 4",
      gives: "finetune 2 78")
    #expect(try found("canary seven", shop) == "0 0")
    #expect(try found("canary eight", shop) == "0 0")
    try shop.expect(
      "SELECT string_agg(run_id || ' ' || users, ', ' ORDER BY run_id) FROM ncf.forgotten",
      gives: "3 1, 4 1")
  }

  @Test("A query that gives nobody forgets nobody: 65; without a query there is no telling: 78")
  func nobody() throws {
    let (shop, config) = try people()
    try shop.connection.execute("TRUNCATE app.people")
    expect(try shop.night(config: config), 65, "users.query gave no rows")
    #expect(try found("canary seven", shop) == "10 2")
    try shop.expect("SELECT count(*) FROM ncf.forgotten", gives: "0")
    let without = try shop.jobFile("table: app.typed", extra: "users: {forget_absent: true}")
    expect(
      try shop.night(config: without), 78,
      "users.forget_absent must be given together with users.query")
  }

  @Test("Without forget_absent a user who is not in the query gets no list, and is not forgotten")
  func kept() throws {
    let (shop, _) = try people()
    try shop.connection.execute("DELETE FROM app.people WHERE user_id = 'canary seven'")
    let config = try shop.jobFile(
      "table: app.typed", extra: "users: {query: SELECT user_id FROM app.people}")
    try expectSuccess(shop.night("--seed", "3", config: config))
    #expect(try found("canary seven", shop) == "10 3")
    try shop.expect("SELECT count(*) FROM ncf.forgotten", gives: "0")
  }
}

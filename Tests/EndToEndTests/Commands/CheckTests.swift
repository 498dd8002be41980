import Foundation
import Postgres
import RunSupport
import TestSupport
import Testing

/// `check`: what a night needs, tried one by one.
struct CheckTests {
  /// What one line of JSON says.
  private struct Answer {
    var code: Int32
    var results: [String: String] = [:]
    var messages: [String: String] = [:]
    var advice: [String: String] = [:]
  }

  private func check(_ program: Program, _ config: String, _ more: String...) throws -> Answer {
    let result = try program.start(["check", "--config", config, "--json"] + more).wait()
    let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    var answer = Answer(code: result.code)
    #expect(object?["exit_code"] as? Int == Int(result.code))
    for entry in object?["checks"] as? [[String: Any]] ?? [] {
      let name = entry["check"] as? String ?? ""
      answer.results[name] = entry["result"] as? String
      answer.messages[name] = entry["message"] as? String
      answer.advice[name] = entry["advice"] as? String
    }
    return answer
  }

  @Test("All is well before the first night and after it, and nothing is written")
  func well() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    // Who wrote the newest row of a catalogue or a table of the job: nobody since, if it is the same.
    let newest = """
      SELECT concat_ws(' ', (SELECT max(xmin::text::bigint) FROM pg_class),
        (SELECT max(xmin::text::bigint) FROM pg_attribute), (SELECT count(*) FROM pg_class),
        (SELECT count(*) FROM ncf.runs), (SELECT count(*) FROM ncf.live),
        (SELECT max(xmin::text::bigint) FROM ncf.migrations))
      """
    let before = try shop.value(newest)
    let fresh = try check(shop.program, config)
    #expect(try shop.value(newest) == before)
    #expect(fresh.code == 0)
    #expect(Set(fresh.results.values) == ["ok"], "\(fresh.messages)")
    #expect(fresh.results.count == 18)
    #expect(fresh.messages["source"]?.contains("user_id bigint") == true)
    #expect(fresh.messages["sample"]?.hasPrefix("640 rows: 80 users, 40 items") == true)
    try expectSuccess(shop.night(config: config))
    let after = try check(shop.program, config)
    #expect(after.code == 0)
    #expect(after.messages["lists"] == "served: the lists of run 1")
    #expect(after.messages["method"] == "the job names it: ncf")
    var automatic = shop.program
    automatic.environment["NCF_MODEL_METHOD"] = "auto"
    #expect(
      try check(automatic, config).messages["method"]
        == "no run has searched yet: the method is searched for, in 10min at most")
    try expectSuccess(automatic.run("--config", config, "--force"))
    let chosen = try check(automatic, config).messages["method"]
    #expect(
      chosen?.contains(/^the choice of run 2, .* ago, is a popular list: .*, in 10min at/) == true,
      "\(chosen ?? "-")")
    let lines = try shop.program.run("check", "--config", config).output.split(separator: "\n")
    #expect(lines.count == 18)
    #expect(lines.allSatisfy { $0.hasPrefix("ok    ") })
  }

  @Test("A wrong configuration is 78, and what doesn't need it is tried all the same")
  func configuration() throws {
    let shop = try Shop(.eighty)
    let bad = try shop.folder.write("source: {tabel: app.events}\n", to: "bad.yaml")
    let answer = try check(shop.program, bad)
    #expect(answer.code == 78)
    #expect(answer.messages["configuration"]?.contains("did you mean table?") == true)
    #expect(answer.results["migrations"] == "ok")
    #expect(answer.results["source"] == "skip")
  }

  @Test("Without a server it is 69, and the rest is said to be skipped")
  func noServer() throws {
    let folder = try TemporaryFolder()
    let config = try folder.write("source: {table: a.b}\n", to: "n.yaml")
    let answer = try check(Program(), config, "-h", folder.path, "-d", "shop")
    #expect(answer.code == 69)
    #expect(answer.results["connection"] == "fail")
    #expect(answer.results["memory"] == "skip")
  }

  @Test("Pending migrations are 78 with the command to run")
  func migrations() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute("DROP SCHEMA ncf CASCADE")
    let answer = try check(shop.program, try shop.jobFile())
    #expect(answer.code == 78)
    #expect(answer.advice["migrations"]?.contains("ncf-batch migrate up") == true)
    #expect(answer.results["source"] == "ok")
  }

  @Test("Rights that are missing are named, each where it is needed: 77")
  func rights() throws {
    let shop = try Shop(.eighty)
    let name = "ncf_test_check_\(UUID().uuidString.prefix(8).lowercased())"
    try shop.connection.executeScript(
      "CREATE ROLE \(name) LOGIN; GRANT USAGE ON SCHEMA ncf, app TO \(name);"
        + "GRANT SELECT ON ALL TABLES IN SCHEMA ncf TO \(name)")
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(name); DROP ROLE \(name)") }
    let config = try shop.jobFile()
    let poor = try check(shop.program, config, "-U", name)
    #expect(poor.code == 77)
    #expect(poor.messages["rights"]?.contains("INSERT on ncf.runs") == true)
    #expect(poor.messages["output"] == "the role may not make tables in schema ncf")
    let nowhere = try check(
      shop.program, try shop.jobFile(output: "schema: elsewhere"), "-U", name)
    #expect(
      nowhere.messages["output"]
        == "there is no schema elsewhere, and the role may not make one")
    #expect(poor.messages["source"]?.contains("events") == true)
    #expect(poor.results["sample"] == "skip")
    try shop.connection.executeScript(
      """
      GRANT CREATE ON SCHEMA ncf TO \(name);
      GRANT ALL ON ALL TABLES IN SCHEMA ncf TO \(name);
      GRANT SELECT ON app.events TO \(name);
      """)
    let rich = try check(shop.program, config, "-U", name)
    #expect(rich.code == 0, "\(rich.messages)")
    // And what it promises is so.
    try expectSuccess(shop.program.run("run", "--config", config, "--force", "-U", name))
    // Relations of another role can't be changed by this one.
    let owner = try check(shop.program, config)
    #expect(owner.code == 0)
    let second = "\(name)_b"
    try shop.connection.executeScript(
      """
      CREATE ROLE \(second) LOGIN; GRANT USAGE, CREATE ON SCHEMA ncf TO \(second);
      GRANT USAGE ON SCHEMA app TO \(second); GRANT SELECT ON app.events TO \(second);
      GRANT ALL ON ALL TABLES IN SCHEMA ncf TO \(second);
      """)
    defer { _ = try? shop.connection.executeScript("DROP OWNED BY \(second); DROP ROLE \(second)") }
    let other = try check(shop.program, config, "-U", second)
    #expect(other.code == 77)
    #expect(other.messages["output"]?.hasPrefix("relations in ncf belong to others: ") == true)
    #expect(other.messages["output"]?.contains("recommendations_by_run (\(name))") == true)
  }

  @Test("A source of wrong types, without rows, or with rows that can't be used is told of")
  func source() throws {
    let shop = try Shop(.eighty)
    let wrong = try check(
      shop.program,
      try shop.jobFile("query: 'SELECT 1.5 AS user_id, 1 AS item_id, now() AS occurred_at'")
    )
    #expect(wrong.code == 78)
    #expect(wrong.messages["source"]?.contains("user_id has a type that can't be used") == true)
    let empty = try check(shop.program, try shop.jobFile("table: app.events, window: 1d"))
    #expect(empty.code == 65)
    #expect(empty.advice["sample"]?.contains("source.window") == true)
    try shop.add("VALUES (NULL, 1, now()), (1, 1, now() + interval '1 day')")
    let odd = try check(shop.program, try shop.jobFile())
    #expect(odd.code == 0)
    #expect(
      odd.messages["sample"]?.contains("left out would be 1 with NULL, 1 from the future") == true)
  }

  @Test("A large table without an index for the window is told of, and with one no more")
  func index() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      INSERT INTO app.events (user_id, item_id, occurred_at)
      SELECT n % 1000, n % 500, now() - n * interval '1 minute'
      FROM generate_series(1, 150000) AS n;
      ANALYZE app.events;
      """)
    let config = try shop.jobFile("table: app.events, window: 3d")
    let without = try check(shop.program, config)
    #expect(without.results["index"] == "warn", "\(without.messages)")
    #expect(
      without.advice["index"]?.contains(#"CREATE INDEX CONCURRENTLY ON "app"."events""#) == true)
    #expect(without.code == 0)
    try shop.connection.execute("CREATE INDEX ON app.events (occurred_at)")
    #expect(try check(shop.program, config).results["index"] == "ok")
  }

  @Test("A run at work, time limits, a read-only session and too little memory are told of")
  func circumstances() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    var program = shop.program
    program.environment["PGOPTIONS"] =
      "-c statement_timeout=60s -c default_transaction_read_only=on"
    let limited = try check(program, config)
    #expect(limited.messages["limits"]?.contains("statement_timeout = 1min") == true)
    #expect(limited.results["server"] == "fail")
    #expect(limited.code == 78)
    let guardian = try shop.database.connect(applicationName: "another")
    #expect(try guardian.tryAdvisoryLock(AdvisoryKey.job("shop")))
    let busy = try check(shop.program, config)
    #expect(busy.messages["lock"]?.contains("another") == true)
    #expect(busy.code == 0)
    let huge = try check(
      shop.program,
      try shop.jobFile(
        "query: 'SELECT g AS user_id, g AS item_id, now() AS occurred_at FROM "
          + "(SELECT generate_series(1, 20000000000) AS g) AS s'"))
    #expect(huge.results["memory"] == "fail", "\(huge.messages)")
    #expect(huge.code == 78)
  }
}

import Foundation
import Postgres
import TestSupport
import Testing

/// What monitoring reads: the textfile of Prometheus, the report's JSON, Grafana's queries.
struct MonitoringTests {
  @Test("Metrics are written whole, pass promtool, and keep the last success when a night fails")
  func textfile() throws {
    let shop = try Shop(.eighty)
    let file = shop.folder.path + "/ncf.prom"
    try expectSuccess(shop.night("--metrics", file))
    let good = try shop.folder.read("ncf.prom")
    try expectProper(file)
    #expect(good.contains("ncf_batch_last_run_exit_code{job=\"shop\"} 0\n"))
    let success = try #require(sample("ncf_batch_last_success_timestamp_seconds", in: good))
    let ndcg = try #require(
      try shop.value(
        """
        SELECT value FROM ncf.metrics WHERE model = 'neumf' AND split = 'test'
          AND protocol = 'full' AND metric = 'ndcg' AND k = 5
        """
      ).flatMap { Double($0) })
    let line = good.split(separator: "\n").first {
      $0.hasPrefix("ncf_batch_ndcg{") && $0.contains("neumf") && $0.contains("full")
    }
    #expect(line.flatMap { Double($0.split(separator: " ").last ?? "") } == ndcg)
    #expect(good.contains("ncf_batch_users{job=\"shop\"} 80\n"))

    // A night without data fails, by a variable instead of the flag.
    try shop.connection.execute("TRUNCATE app.events")
    var program = shop.program
    program.environment["NCF_METRICS"] = file
    #expect(try program.run("--config", shop.jobFile()).code == 65)
    let bad = try shop.folder.read("ncf.prom")
    try expectProper(file)
    #expect(bad.contains("ncf_batch_last_run_exit_code{job=\"shop\"} 65\n"))
    #expect(bad.contains("ncf_batch_last_run_status{job=\"shop\",status=\"failed\"} 1\n"))
    #expect(sample("ncf_batch_last_success_timestamp_seconds", in: bad) == success)
    #expect(bad.contains(line ?? "missing"))

    // So does one that meets no server.
    program.environment["PGHOST"] = "/nowhere"
    #expect(try program.run("--config", shop.jobFile()).code == 69)
    let away = try shop.folder.read("ncf.prom")
    #expect(sample("ncf_batch_last_success_timestamp_seconds", in: away) == success)
    let left = try FileManager.default.contentsOfDirectory(atPath: shop.folder.path)
    #expect(!left.contains { $0.hasSuffix(".tmp") })
  }

  @Test("A dry run says nothing to monitoring, and a folder that takes no file is told at once")
  func dryRun() throws {
    let shop = try Shop(.eighty)
    let file = shop.folder.path + "/ncf.prom"
    try expectSuccess(shop.program.run("--config", shop.jobFile(), "--dry-run", "--metrics", file))
    #expect(!FileManager.default.fileExists(atPath: file))
    let closed = try shop.program.run("--config", shop.jobFile(), "--metrics", "/nowhere/ncf.prom")
    #expect(closed.code == 74)
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
  }

  @Test("Reports of nights that published, were refused, skipped, dry or failed follow the schema")
  func schema() throws {
    let shop = try Shop(.eighty)
    var files: [String] = []
    func report(_ code: Int32, _ program: Program, _ arguments: String...) throws {
      files.append(shop.folder.path + "/report-\(files.count).json")
      let all = ["run", "--report", files[files.count - 1]] + arguments
      let result = try program.start(all).wait()
      #expect(result.code == code, "\(result.talk)")
    }
    let job = try shop.jobFile(mode: "auto")
    try report(0, shop.program, "--config", job, "--force")
    try report(0, shop.program, "--config", job)
    try report(0, shop.program, "--config", job, "--dry-run")
    var automatic = shop.program
    automatic.environment["NCF_MODEL_METHOD"] = "auto"
    try report(0, automatic, "--config", job, "--slot", "b", "--force")
    var program = shop.program
    program.environment["NCF_TRAIN_LEARNING_RATE"] = "1e-9"
    program.environment["NCF_TRAIN_FINETUNE_LEARNING_RATE"] = "1e-9"
    try report(20, program, "--config", shop.jobFile(epochs: 1))
    try shop.connection.execute("TRUNCATE app.events")
    try report(65, shop.program, "--config", job)
    program.environment["PGHOST"] = "/nowhere"
    try report(69, program, "--config", job)
    let statuses = try files.map { file in
      let data = try Data(contentsOf: URL(filePath: file))
      return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["status"] as? String
    }
    #expect(statuses == ["published", "skipped", nil, "published", "refused", "failed", "failed"])
    let schema = "jobs/report.schema.json"
    guard let meta = try validate("--check-metaschema", schema) else { return }
    #expect(meta.code == 0, "\(meta.output)\(meta.talk)")
    for file in files {
      let valid = try #require(try validate("--schemafile", schema, file))
      #expect(valid.code == 0, "\(valid.output)\(valid.talk)")
    }
    let chosen = try String(contentsOfFile: files[3], encoding: .utf8)
    #expect(chosen.contains("\"method\": \"ItemPop\""))
    let strange = try shop.folder.write(
      chosen.replacing("\"popular\": true", with: "\"popular\": 1"), to: "broken.json")
    #expect(try validate("--schemafile", schema, strange)?.code == 1)
    // And it can refuse.
    let text = try String(contentsOfFile: files[0], encoding: .utf8)
    for (right, wrong) in [
      ("\"published\"", "\"perhaps\""), ("\"rows_read\": ", "\"rows_red\": "),
      ("\"k\": 1,", "\"k\": 0,"),
      ("\"exit_code\": 0", "\"exit_code\": 69"),
    ] {
      let broken = try shop.folder.write(text.replacing(right, with: wrong), to: "broken.json")
      #expect(try validate("--schemafile", schema, broken)?.code == 1, "\(wrong)")
    }
  }

  @Test("Each query of Grafana's dashboard gives rows to a member of ncf_read, after a night")
  func dashboard() throws {
    let shop = try Shop(.eighty)
    // The panels of searches have something to show.
    var automatic = shop.program
    automatic.environment["NCF_MODEL_METHOD"] = "auto"
    try expectSuccess(automatic.run("--config", shop.jobFile(), "--force"))
    try expectSuccess(shop.night())
    // Something has become of the lists.
    try shop.connection.execute(
      "UPDATE ncf.live_moves SET moved_at = moved_at - interval '1 minute'")
    try shop.add("SELECT user_id, item_id, now() FROM ncf.recommendations WHERE rank = 1")
    try expectSuccess(shop.night())
    try expectSuccess(shop.program.run("rollback", "--config", shop.jobFile()))
    let queries = try Self.queries()
    #expect(queries.count > 15)
    // The rights of jobs/roles.sql, to roles of this test's own: roles are the server's.
    let suffix = UUID().uuidString.prefix(8).lowercased()
    let names = ["ncf_owner", "ncf_run", "ncf_read"]
    var script = try String(contentsOf: Self.folder("jobs/roles.sql"), encoding: .utf8)
    for name in names { script = script.replacing(name, with: "\(name)_\(suffix)") }
    defer {
      _ = try? shop.connection.execute("RESET ROLE")
      for name in names {
        _ = try? shop.connection.executeScript(
          "DROP OWNED BY \(name)_\(suffix); DROP ROLE \(name)_\(suffix);")
      }
    }
    try shop.connection.executeScript(script)
    try shop.connection.execute("SET ROLE ncf_read_\(suffix)")
    for (title, query) in queries {
      let sql = Self.substituting(query)
      #expect(!sql.contains("$"), "a macro is left in \(title): \(sql)")
      do {
        let result = try shop.connection.execute(sql)
        #expect(result.rowCount > 0 || title.hasPrefix("Refused"), "no rows: \(title)")
      } catch {
        Issue.record("\(title): \(error)\n\(sql)")
      }
    }
  }

  // MARK: - Tools

  private func expectProper(_ file: String) throws {
    let checked = try Tool.run(
      "sh", "-c", "exec promtool check metrics <\"$0\"", file, installing: ["prometheus"])
    guard let checked else { return }
    #expect(checked.code == 0, "\(checked.output)\(checked.talk)")
    #expect(checked.output + checked.talk == "")
  }

  private func validate(_ arguments: String...) throws -> Program.Result? {
    try Tool.run(
      ["scripts/with-python", "report", "check-jsonschema"] + arguments, installing: [])
  }

  private func sample(_ name: String, in text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix(name + "{") }
      .flatMap { Double($0.split(separator: " ").last ?? "") }
  }

  // MARK: - The dashboard

  private static func folder(_ path: String) -> URL {
    PrivateServer.packageFolder.appending(path: path)
  }

  /// Every statement of the dashboard: of panels, of variables, of annotations.
  private static func queries() throws -> [(title: String, query: String)] {
    let file = folder("jobs/grafana/dashboards/ncf-batch.json")
    let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let dashboard = try #require(parsed as? [String: Any])
    func list(_ value: Any?, _ key: String) -> [[String: Any]] {
      ((value as? [String: Any])?[key] ?? value) as? [[String: Any]] ?? []
    }
    var found: [(String, String)] = []
    for panel in list(dashboard["panels"], "") {
      for target in list(panel["targets"], "") {
        found.append((panel["title"] as? String ?? "?", target["rawSql"] as? String ?? "-"))
      }
    }
    for part in list(dashboard["templating"], "list") {
      found.append(("variable \(part["name"] ?? "?")", part["query"] as? String ?? "-"))
    }
    for part in list(dashboard["annotations"], "list") {
      found.append((part["name"] as? String ?? "?", part["rawQuery"] as? String ?? "-"))
    }
    return found
  }

  /// What Grafana puts in the place of its macros and variables.
  private static func substituting(_ query: String) -> String {
    query.replacing("${job:sqlstring}", with: "'shop'").replacing(
      "${slot:sqlstring}", with: "'main'"
    )
    .replacing(#/\$__timeFilter\(([^)]*)\)/#) { match in
      "\(match.1) BETWEEN now() - interval '30 days' AND now() + interval '1 day'"
    }
  }
}

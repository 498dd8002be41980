import Foundation
import Postgres
import TestSupport
import Testing

/// What leaves the database as files.
struct ExportTests {
  /// A value that CSV and JSON have to quote.
  private static let odd = #"E'it''s "a, b"\nc\\d'"#

  private func oddShop() throws -> (shop: Shop, config: String) {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      """
      CREATE TABLE app.odd AS
      SELECT user_id, \(Self.odd) || item_id AS item_id, occurred_at FROM app.events
      """)
    return (shop, try shop.jobFile("table: app.odd"))
  }

  @Test("CSV has a header, ends lines with CR LF and quotes, and reads back as what is in the view")
  func csv() throws {
    let (shop, config) = try oddShop()
    try expectSuccess(shop.night(config: config))
    let file = "\(shop.folder.path)/lists.csv"
    let done = try shop.program.run("export", "recommendations", "--output", file)
    try expectSuccess(done)
    #expect(done.output.isEmpty)
    #expect(done.talk.contains("400 rows"))
    let text = try shop.folder.read("lists.csv")
    #expect(
      text.hasPrefix("user_id,rank,item_id,score,source,run_id\r\n1,1,\"it's \"\"a, b\"\"\nc\\d"))
    #expect(text.hasSuffix(",model,1\r\n"))
    #expect(!text.replacingOccurrences(of: "\"\"a, b\"\"\n", with: "").contains("\"\n"))
    try shop.connection.executeScript(
      "CREATE TABLE app.back (LIKE ncf.recommendations_by_run); ALTER TABLE app.back DROP run_id")
    try shop.connection.executeScript(
      """
      ALTER TABLE app.back ADD run_id bigint;
      CREATE TABLE app.read AS SELECT user_id, rank, item_id, score, source, run_id FROM app.back
      """)
    // What the server itself makes of the file, line ends of either kind.
    let lines = text.replacingOccurrences(of: "\r\n", with: "\n")
    let path = try shop.folder.write(lines, to: "server.csv")
    let psql = Process()
    psql.executableURL = URL(filePath: "/usr/bin/env")
    psql.arguments = [
      "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c",
      "\\copy app.read FROM '\(path)' WITH (FORMAT csv, HEADER)",
    ]
    psql.environment = ProcessInfo.processInfo.environment.merging(shop.database.environment) { $1 }
    try psql.run()
    psql.waitUntilExit()
    #expect(psql.terminationStatus == 0)
    try shop.expect(
      """
      SELECT count(*) FROM (TABLE app.read EXCEPT SELECT user_id, rank, item_id, score, source,
        run_id FROM ncf.recommendations) AS other
      """, gives: "0")
    try shop.expect("SELECT count(*) FROM app.read", gives: "400")
  }

  @Test("JSON lines hold an object each, ids in the source's own type, in the order of the ids")
  func jsonLines() throws {
    let (shop, config) = try oddShop()
    try expectSuccess(shop.night(config: config))
    let text = try shop.program.run("export", "recommendations", "--format", "jsonl").output
    let rows = try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(rows.count == 400)
    #expect(
      rows.map { $0["user_id"] as? Int ?? 0 } == (1...80).flatMap { Array(repeating: $0, count: 5) }
    )
    #expect(
      rows.allSatisfy { ($0["item_id"] as? String)?.hasPrefix("it's \"a, b\"\nc\\d") == true })
    for (what, columns) in [
      ("similar", ["item_id", "rank", "score", "similar_item_id"]),
      ("popular", ["item_id", "rank", "score"]),
    ] {
      let text = try shop.program.run("export", what, "--format", "jsonl").output
      let first = try #require(text.split(separator: "\n").first)
      let row = try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any]
      #expect(row?.keys.sorted() == columns, "\(what)")
    }
  }

  @Test("--run and --slot choose another run's; what is not there is refused, and no file is made")
  func choice() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    for (slot, seed) in [("main", "1"), ("main", "2"), ("b", "3")] {
      try expectSuccess(shop.night("--slot", slot, "--seed", seed, config: config))
    }
    func runs(_ arguments: String...) throws -> Set<Substring> {
      let done = try shop.program.start(["export", "recommendations"] + arguments).wait()
      try expectSuccess(done)
      return Set(
        done.output.split(separator: "\r\n").dropFirst().map { $0.suffix(2) })
    }
    #expect(try runs() == [",2"])
    #expect(try runs("--run", "1") == [",1"])
    #expect(try runs("--slot", "b") == [",3"])
    for (arguments, code, text) in [
      (["popular", "--run", "9"], 65, "kept are the lists of 1, 2, 3"),
      (["similar", "--slot", "c"], 65, "nothing is live in slot c"),
      (["item-vectors", "--run", "1"], 65, "output.vectors"),
      (["popular", "--schema", "nowhere"], 78, "there is no view"),
      (["popular", "--run", "1", "--slot", "b"], 64, "exclude each other"),
      (["model", "--format", "csv"], 64, "safetensors"),
      (["model", "--run", "9"], 65, "no stored model"),
    ] {
      let file = "\(shop.folder.path)/none"
      expect(
        try shop.program.start(["export"] + arguments + ["--output", file]).wait(), Int32(code),
        text)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: shop.folder.path)
    #expect(!left.contains { $0.hasPrefix("none") }, "\(left)")
    let nowhere = try shop.program.run("export", "popular", "--output", "/nowhere/at/all.csv")
    #expect(nowhere.code == 74)
  }

  @Test("A model's file is what SQL finds in ncf.model_chunks, and takes the place of an older one")
  func model() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    let file = try shop.folder.write("older", to: "model.safetensors")
    try expectSuccess(shop.program.run("export", "model", "--output", file))
    let exported = try Data(contentsOf: URL(filePath: file))
    let found = try shop.value(
      """
      SELECT encode(string_agg(data, ''::bytea ORDER BY ordinal), 'hex')
      FROM ncf.model_chunks WHERE run_id = 1
      """)
    #expect(
      exported.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == found)
  }

  @Test(
    "NumPy computes the published scores from the exported model, by score and by rank",
    .enabled(if: PythonPackages.areThere("model"), "\(PythonPackages.missing)"),
    arguments: zip(
      ["user_id", "('00000000-0000-0000-0000-' || lpad(user_id::text, 12, '0'))::uuid", "user_id"],
      [
        (.eighty, "by rank, compared 400,"), (.sixHundred, "by score, compared 3000,"),
        (.sixHundred, "by score, compared 3000,"),
      ] as [(size: Shop.Log, compared: String)]))
  func publishedScores(user: String, log: (size: Shop.Log, compared: String)) throws {
    let shop = try Shop(log.size)
    try shop.connection.execute(
      """
      CREATE TABLE app.typed AS
      SELECT \(user) AS user_id, 'Ж ' || item_id AS item_id, occurred_at FROM app.events
      """)
    var program = shop.program
    // Lists are made with just what is stored.
    program.environment = program.environment.merging([
      "NCF_TRAIN_ABSORB_HOLDOUT": "false", "NCF_TRAIN_REFIT": "false",
    ]) { $1 }
    try expectSuccess(
      program.run("run", "--config", shop.jobFile("table: app.typed"), "--force"))
    let folder = shop.folder.path
    try expectSuccess(program.run("export", "model", "--output", "\(folder)/model.safetensors"))
    try expectSuccess(program.run("export", "recommendations", "--output", "\(folder)/lists.csv"))
    let history = try #require(
      try shop.value("SELECT string_agg(DISTINCT user_id || ',' || item_id, E'\\n') FROM app.typed")
    )
    try shop.folder.write("user_id,item_id\n\(history)\n", to: "history.csv")
    let script = PrivateServer.packageFolder.appending(
      path: "Tests/EndToEndTests/Python/rebuild_scores.py")
    let done = try PythonPackages.run(
      "model",
      [
        "python", script.path, "\(folder)/model.safetensors", "--published",
        "\(folder)/lists.csv", "\(folder)/history.csv",
      ])
    #expect(done.code == 0, "\(done.output)\(done.talk)")
    #expect(done.output.contains(log.compared), "\(done.output)")
  }
}

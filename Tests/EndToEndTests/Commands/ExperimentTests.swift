import Foundation
import Postgres
import TestSupport
import Testing

/// Experiments and searches through the built program.
struct ExperimentTests {
  @Test("rq1 --quick gives the paper's tables, and its trials are rows of ncf.trials")
  func rq1() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    let markdown = shop.folder.path + "/rq1.md"
    let result = try shop.program.run(
      "experiment", "rq1", "--quick", "--config", config, "--factors", "4", "--output", markdown)
    try expectSuccess(result)
    for method in [
      "ItemPop", "ItemKNN", "BPR", "eALS", "iALS", "GMF", "MLP-3", "NeuMF, pre-trained",
    ] {
      #expect(result.output.contains("| \(method)"), "\(method) is missing")
    }
    #expect(result.output.contains("Figure 4") && result.output.contains("Figure 5"))
    #expect(!result.output.contains("paper HR"))
    #expect(try shop.folder.read("rq1.md") == result.output)
    #expect(
      try shop.value("SELECT kind || ' ' || status || ' ' || exit_code FROM ncf.runs")
        == "experiment trained 0")
    try shop.expect(
      "SELECT count(*) || ' ' || count(ndcg) || ' ' || count(full_ndcg) FROM ncf.trials",
      gives: "10 10 10")
    // Nothing was published.
    try shop.expect("SELECT count(*) FROM ncf.live", gives: "0")
  }

  @Test("best --quick starts NeuMFs from factorisations alone and side by side, and tests one")
  func best() throws {
    let shop = try Shop(.eighty)
    let result = try shop.program.run(
      "experiment", "best", "--quick", "--config", shop.jobFile(), "--factors", "4")
    try expectSuccess(result)
    for start in [
      "iALS", "MF", "EASE", "iALS and MF", "iALS and EASE", "iALS, MF and EASE",
    ] {
      #expect(result.output.contains("| from \(start), tower 16-8, "), "\(start)")
    }
    // Three factorisations and the NeuMF that validation prefers are tested, the six tried are not.
    try shop.expect("SELECT count(*) || ' ' || count(ndcg) FROM ncf.trials", gives: "10 4")
  }

  @Test("A second call reads what the first one finished: the same tables, and nothing is run")
  func resumed() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile()
    let arguments = [
      "experiment", "table2", "--config", config, "--factors", "4", "--seeds", "1,2",
    ]
    let first = try shop.program.start(arguments).wait()
    try expectSuccess(first)
    #expect(first.talk.contains("6 trials, 0 of them finished before"))
    let second = try shop.program.start(arguments).wait()
    try expectSuccess(second)
    #expect(second.talk.contains("6 trials, 6 of them finished before"))
    #expect(second.output == first.output)
    try shop.expect("SELECT count(DISTINCT run_id) FROM ncf.trials", gives: "1")
    // Another log is another matter.
    try shop.connection.execute(
      "INSERT INTO app.events SELECT 1, i, 'view', 1, now() FROM generate_series(1, 40) AS i")
    let third = try shop.program.start(arguments).wait()
    #expect(third.talk.contains("6 trials, 0 of them finished before"))
  }

  @Test(
    "SIGTERM stops it with 75; what was finished is kept, and the next call goes on",
    arguments: [SIGTERM, SIGINT])
  func stopped(signal: Int32) throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile(epochs: 100_000)
    let arguments = ["experiment", "rq2", "--config", config, "--factors", "4", "--seeds", "1"]
    let run = try shop.program.start(arguments)
    try shop.wait(
      until: "SELECT count(*) > 0 FROM ncf.stages WHERE stage = 'pull'", while: run)
    run.signal(signal)
    let result = try run.wait()
    #expect(result.code == 75, "\(result.talk)")
    #expect(
      try shop.value("SELECT status || exit_code FROM ncf.runs") == "interrupted75")
  }

  @Test("mf-limit needs no server")
  func limit() throws {
    var program = Program()
    program.environment = ["PGHOST": "/nowhere"]
    let result = try program.run("experiment", "mf-limit")
    try expectSuccess(result)
    let rows = result.output.split(separator: "\n").map(String.init)
    #expect(rows.contains { $0.contains("non-negative MF | 2") && $0.contains("1 of 4") })
    #expect(rows.contains { $0.contains("non-negative MF | 4") && $0.contains("0 of 4") })
    #expect(rows.contains { $0.contains("NeuMF ") && $0.contains("0 of 4") })
    let json = try program.run("experiment", "mf-limit", "--json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["experiment"] as? String == "mf-limit")
  }

  @Test("tune keeps to its time and writes a job that run accepts")
  func tune() throws {
    let shop = try Shop(.twoHundred)
    let config = try shop.jobFile()
    let tuned = shop.folder.path + "/tuned.yaml"
    let began = ContinuousClock.now
    let result = try shop.program.run(
      "tune", "--config", config, "--budget", "20s", "--trials", "8", "--output", tuned)
    #expect(began.duration(to: .now) < .seconds(30))
    try expectSuccess(result)
    #expect(result.output.contains("written to \(tuned)"))
    let trials = Int(try shop.value("SELECT count(*) FROM ncf.trials") ?? "") ?? 0
    #expect((1...8).contains(trials))
    try shop.expect("SELECT count(ndcg) FROM ncf.trials", gives: "0")
    try expectSuccess(shop.night(config: tuned))
    // The second call has less to do.
    let again = try shop.program.run(
      "tune", "--config", config, "--budget", "5s", "--trials", "\(trials)", "--output", tuned)
    try expectSuccess(again)
    try shop.expect("SELECT count(*) FROM ncf.trials", gives: "\(trials)")
  }

  @Test("A search names a method for a job of a baseline too")
  func tuneBaseline() throws {
    let shop = try Shop(.twoHundred)
    let config = try shop.folder.write(
      "job: shop\nsource: {table: app.events}\nmodel: ials\n", to: "ials.yaml")
    let tuned = shop.folder.path + "/tuned.yaml"
    let result = try shop.program.run(
      "tune", "--config", config, "--budget", "60s", "--trials", "9", "--output", tuned, "--json")
    try expectSuccess(result)
    try shop.expect("SELECT count(*) FROM ncf.trials", gives: "9")
    let text = try String(contentsOfFile: tuned, encoding: .utf8)
    #expect(text.contains("  method: "))
    try expectSuccess(shop.night(config: tuned))
  }

  @Test(
    "Wrong arguments are refused before any work: 64",
    arguments: [
      ["experiment", "rq9"], ["experiment", "rq1", "--seeds", "1,x"],
      ["experiment", "rq1", "--seeds", "1,2,1"],
      ["experiment", "rq1", "--factors", "7"], ["experiment", "rq1", "--paper", "netflix"],
      ["tune"], ["tune", "--budget", "soon"], ["tune", "--budget", "1h", "--trials", "0"],
    ])
  func refused(arguments: [String]) throws {
    let result = try Program().start(arguments).wait()
    #expect(result.code == 64, "\(result.talk)")
  }
}

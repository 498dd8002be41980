import Postgres
import TestSupport
import Testing

/// The line below `ncf-batch runs`.
struct SparklineTests {
  @Test(
    "A terminal shows the course of NDCG; pipes, dumb terminals, --json and plain locales don't")
  func terminal() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    try expectSuccess(shop.night(["NCF_TRAIN_EPOCHS": "1"]))
    var program = shop.program
    program.environment.merge([
      "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "",
    ]) { $1 }
    let shown = try PseudoTerminal().run(program, ["runs"], showsOutput: true)
    #expect(shown.code == 0)
    #expect(shown.screen.contains("shop  ndcg "))
    #expect(shown.screen.contains("\u{2588}"))
    for (key, value) in [("TERM", "dumb"), ("LC_ALL", "C")] {
      var plain = program
      plain.environment[key] = value
      let other = try PseudoTerminal().run(plain, ["runs"], showsOutput: true)
      #expect(other.code == 0 && !other.screen.contains("shop  ndcg "))
    }
    let json = try PseudoTerminal().run(program, ["runs", "--json"], showsOutput: true)
    #expect(!json.screen.contains("shop  ndcg "))
    #expect(try !program.run("runs").output.contains("shop  ndcg "))
  }

  @Test("A refused night is a red cross, a plain one with NO_COLOR")
  func refused() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    try shop.connection.execute(
      """
      WITH copy AS (
        INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed, status, slot,
          finished_at)
        SELECT job, kind, host, versions, config, config_sha256, seed, 'refused', slot, now()
        FROM ncf.runs RETURNING run_id)
      INSERT INTO ncf.metrics SELECT copy.run_id, model, split, protocol, metric, k, value, ci_low,
        ci_high, n FROM ncf.metrics AS m, copy WHERE m.run_id = 1
      """)
    var program = shop.program
    program.environment.merge(["TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]) { $1 }
    let colored = try PseudoTerminal().run(program, ["runs"], showsOutput: true).screen
    #expect(colored.contains("ndcg \u{2588}\u{1B}[31m\u{D7}\u{1B}[0m"))
    program.environment["NO_COLOR"] = "1"
    let plain = try PseudoTerminal().run(program, ["runs"], showsOutput: true).screen
    #expect(plain.contains("ndcg \u{2588}\u{D7}"))
  }
}

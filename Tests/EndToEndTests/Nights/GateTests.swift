import Foundation
import Postgres
import TestSupport
import Testing

/// When a night is not published, what is said of it, and what force does.
struct GateTests {
  /// A job that learns tastes in a moment; nothing is forced.
  private func config(
    _ shop: Shop, _ model: String = "{method: ials, factors: 8, regularization: 1}"
  ) throws -> String {
    try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      model: \(model)
      train: {mode: full}
      evaluate: {k: 5, sampled: 20}
      output: {k: 8}
      """, to: "gate.yaml")
  }

  private func gate(_ shop: Shop, _ key: String, of run: Int) throws -> String? {
    try shop.value("SELECT gate ->> '\(key)' FROM ncf.runs WHERE run_id = \(run)")
  }

  @Test("A night as good as the live one is published, and what the gate saw is on record")
  func published() throws {
    let shop = try Shop(.eighty)
    let config = try config(shop)
    for run in 1...2 {
      try expectSuccess(shop.program.run("--config", config))
      #expect(try gate(shop, "verdict", of: run) == "publish")
      #expect(try gate(shop, "reasons", of: run) == "[]")
      #expect(try gate(shop, "users", of: run) == "80")
      #expect(try gate(shop, "rows", of: run) == "640")
      #expect(
        try shop.value(
          """
          SELECT abs((gate ->> 'ndcg')::float8 - value) < 1e-9 FROM ncf.runs JOIN ncf.metrics USING (run_id)
          WHERE run_id = \(run) AND model = 'ials' AND split = 'test' AND protocol = 'full'
            AND metric = 'ndcg' AND k = 5
          """) == "t")
    }
    #expect(try gate(shop, "live_run_id", of: 1) == nil)
    #expect(try gate(shop, "live_run_id", of: 2) == "1")
    #expect(try gate(shop, "live_ndcg", of: 2) == gate(shop, "ndcg", of: 2))
    try shop.expect("SELECT count(*) FROM ncf.runs WHERE reason IS NOT NULL", gives: "0")
  }

  @Test("A model worse than the live one and than ItemPop is refused: 20; --force is on record")
  func worse() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.program.run("--config", config(shop)))
    let lists = try shop.lists()
    let bad = try config(shop, "{method: bpr, factors: 2, iterations: 1, learning_rate: 0.000001}")
    let refused = try shop.program.run("--config", bad)
    #expect(refused.code == 20, "\(refused.talk)")
    #expect(try shop.lists() == lists)
    try shop.expect(
      "SELECT status || ' ' || exit_code FROM ncf.runs WHERE run_id = 2", gives: "refused 20")
    let reason = try shop.value("SELECT reason FROM ncf.runs WHERE run_id = 2") ?? ""
    #expect(reason.contains("is below the live model's"), "\(reason)")
    #expect(refused.output.contains(reason))
    #expect(try gate(shop, "verdict", of: 2) == "refuse")
    try shop.expect(
      """
      SELECT (gate ->> 'p_value')::float8 < 0.01
        AND (gate ->> 'ndcg')::float8 < 0.98 * (gate ->> 'live_ndcg')::float8
        AND gate -> 'reasons' ->> 0 = left(reason, length(gate -> 'reasons' ->> 0))
      FROM ncf.runs WHERE run_id = 2
      """, gives: "t")
    // The figures of a refused run are kept like any other's.
    try shop.expect("SELECT count(DISTINCT model) FROM ncf.metrics WHERE run_id = 2", gives: "3")
    try shop.expect("SELECT count(*) FROM ncf.models WHERE run_id = 2", gives: "0")

    let forced = try shop.program.run("--config", bad, "--force")
    expect(forced, 0, "published by force")
    #expect(try gate(shop, "verdict", of: 3) == "force")
    try shop.expect(
      """
      SELECT reason LIKE 'forced: whole-catalogue NDCG %' AND (config #>> '{request,force}')::boolean
      FROM ncf.runs WHERE run_id = 3
      """, gives: "t")
    #expect(try shop.lists() != lists)
  }

  @Test("Lists of a few items are refused: coverage under half the live one's")
  func coverage() throws {
    let shop = try Shop(.eighty)
    let wide = try config(shop, "{method: ials, factors: 8}")
    try expectSuccess(shop.program.run("--config", wide))
    // One factor ranks all items in one of two orders.
    let narrow = try shop.program.run("--config", config(shop, "{method: ials, factors: 1}"))
    #expect(narrow.code == 20)
    let reason = try shop.value("SELECT reason FROM ncf.runs WHERE run_id = 2") ?? ""
    #expect(reason.contains("is under half the live run's"), "\(reason)")
    try shop.expect(
      """
      SELECT (gate ->> 'coverage')::float8 < (gate ->> 'live_coverage')::float8 / 2 FROM ncf.runs
      WHERE run_id = 2
      """, gives: "t")
  }

  @Test("Shrunken data is refused; shorter or longer lists by the job's own wish are not")
  func shrinkage() throws {
    let shop = try Shop(.hundredTwenty)
    let config = try config(shop)
    var program = shop.program
    for (k, rows) in [(8, "960"), (3, "360"), (8, "360")] {
      program.environment["NCF_OUTPUT_K"] = "\(k)"
      try expectSuccess(program.run("--config", config))
      try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "\(k * 120)")
      let run = try #require(try shop.value("SELECT max(run_id) FROM ncf.runs").flatMap { Int($0) })
      #expect(try gate(shop, "rows", of: run) == rows)
      #expect(try gate(shop, "live_rows", of: run) == (run == 1 ? nil : rows))
    }
    try shop.connection.execute("DELETE FROM app.events WHERE user_id > 90")
    let refused = try program.run("--config", config)
    #expect(refused.code == 20)
    let reason = try shop.value("SELECT reason FROM ncf.runs WHERE run_id = 4") ?? ""
    #expect(reason.contains("users fell from 120 to 90"), "\(reason)")
    #expect(reason.contains("rows to publish fell from 960 to 720"))
    // So it is behind shorter lists, too.
    program.environment["NCF_OUTPUT_K"] = "3"
    #expect(try program.run("--config", config).code == 20)
    #expect(try gate(shop, "live_rows", of: 5) == "360")
    #expect(try gate(shop, "rows", of: 5) == "270")
    program.environment["NCF_GATE_MAX_SHRINK"] = "0.3"
    try expectSuccess(program.run("--config", config))
  }
}

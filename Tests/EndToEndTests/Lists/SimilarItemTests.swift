import Foundation
import Postgres
import TestSupport
import Testing

/// What is like an item, beside the lists.
struct SimilarItemTests {
  private func config(
    _ shop: Shop, _ model: String, pretrain: Bool = false, output: String = "k: 5, similar: 6"
  ) throws -> String {
    try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      model: \(model)
      train: {batch: 64, learning_rate: 0.02, epochs: 25, patience: 25, pretrain: \(pretrain)}
      evaluate: {k: 5, sampled: 20}
      output: {\(output)}
      """, to: "similar.yaml")
  }

  @Test(
    "Similar items share a taste, whatever was trained: ranks 1...K, falling scores, never itself",
    arguments: [
      "{gmf: 8, tower: [16, 8]}", "{gmf: 8, tower: []}", "{gmf: 0, tower: [16, 8]}",
      "{gmf: 8, tower: [16, 8], embeddings: shared, fusion: sum}",
      "{method: ials, factors: 8, regularization: 1}", "itemknn",
      "{method: bpr, factors: 8, iterations: 60}", "{method: eals, factors: 8}",
      "{method: ease, factors: 8, regularization: 20}",
    ])
  func taste(model: String) throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night(config: config(shop, model)))
    let faults = [
      "SELECT item_id FROM ncf.similar_items WHERE item_id = similar_item_id",
      "SELECT item_id FROM ncf.similar_items GROUP BY item_id, similar_item_id HAVING count(*) > 1",
      "SELECT item_id FROM ncf.similar_items WHERE NOT (score > 0 AND score <= 1)",
      """
      SELECT item_id FROM ncf.similar_items GROUP BY item_id
      HAVING array_agg(rank ORDER BY rank) <> (ARRAY[1, 2, 3, 4, 5, 6])[1:count(*)]
        OR array_agg(score ORDER BY rank) <> array_agg(score ORDER BY score DESC)
      """,
    ]
    for fault in faults {
      #expect(try shop.value("SELECT count(*) FROM (\(fault)) AS faulty") == "0", "\(fault)")
    }
    try shop.expect("SELECT count(DISTINCT item_id) FROM ncf.similar_items", gives: "40")
    // Tastes are planted by the item's number modulo 4; by chance 9 in 39 would agree.
    let share = try shop.value(
      """
      SELECT avg((item_id % 4 = similar_item_id % 4)::integer) FROM ncf.similar_items WHERE rank <= 3
      """)
    #expect((share.flatMap { Double($0) } ?? 0) > 0.6, "\(model): \(share ?? "")")
  }

  @Test("They go live with the lists, go back with them, and are dropped with them")
  func publish() throws {
    let shop = try Shop(.eighty)
    let config = try config(shop, "{method: ials, factors: 8, regularization: 1}")
    func state() throws -> String? {
      try shop.value(
        """
        SELECT (SELECT string_agg(concat_ws(' ', item_id, rank, similar_item_id, score), ','
            ORDER BY item_id, rank) FROM ncf.similar_items)
          || (SELECT min(run_id) FROM ncf.recommendations)
        """)
    }
    let reader = try shop.database.connect()
    var program = shop.program
    program.environment["NCF_OUTPUT_KEEP_RUNS"] = "2"
    program.environment["NCF_OUTPUT_KEEP_DAYS"] = "0"
    var states: [String?] = []
    for seed in ["1", "2"] {
      try expectSuccess(program.run("--config", config, "--force", "--seed", seed))
      states.append(try state())
      if seed == "1" {
        try reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        _ = try reader.execute("SELECT count(*) FROM ncf.live")
      }
    }
    #expect(states[0] != states[1])
    // A snapshot from before sees the old ones whole, with the old lists.
    let old = try reader.execute(
      """
      SELECT (SELECT count(DISTINCT item_id) FROM ncf.similar_items),
        (SELECT min(run_id) FROM ncf.recommendations)
      """)
    #expect(old[row: 0, column: 0] == "40" && old[row: 0, column: 1] == "1")
    try reader.execute("COMMIT")
    try expectSuccess(program.run("rollback", "--config", config))
    #expect(try state() == states[0])
    try expectSuccess(program.run("rollback", "--to", "2", "--config", config))
    #expect(try state() == states[1])
    try expectSuccess(program.run("--config", config, "--force", "--seed", "3"))
    try shop.expect(
      """
      SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
      WHERE relname LIKE 'similar\\_items\\_run\\_%' AND relkind = 'r'
      """, gives: "similar_items_run_2 similar_items_run_3")
    try shop.expect("SELECT count(*) FROM ncf.similar_items WHERE rank > 6", gives: "0")
  }

  @Test("What may not be recommended is similar to nothing, but has similar items of its own")
  func eligible() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      "CREATE TABLE app.stock AS SELECT item_id FROM generate_series(1, 30) AS item_id")
    for model in ["{method: ials, factors: 8, regularization: 1}", "itemknn"] {
      var program = shop.program
      program.environment["NCF_ITEMS_ELIGIBLE"] = "SELECT item_id FROM app.stock"
      try expectSuccess(program.run("--config", config(shop, model), "--force"))
      try shop.expect(
        "SELECT count(*) FROM ncf.similar_items WHERE similar_item_id > 30", gives: "0")
      #expect(
        try shop.value("SELECT count(DISTINCT item_id) FROM ncf.similar_items WHERE item_id > 30")
          == "10", "\(model)")
    }
  }

  @Test(
    "Popularity knows nothing of likeness, and 0 asks for none: the view is empty, lists are not")
  func none() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night(config: config(shop, "itempop")))
    try shop.expect("SELECT count(*) FROM ncf.similar_items", gives: "0")
    try expectSuccess(
      shop.night(config: config(shop, "{method: ials, factors: 8}", output: "k: 5, similar: 0")))
    try shop.expect("SELECT count(*) FROM ncf.similar_items", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "400")
    expect(
      try shop.program.run(
        "--config", config(shop, "ials", output: "similar: 1001")), 78,
      "output.similar must be a number from 0 to 1000, not 1001")
  }

  @Test("similar prints an item's list as a table and as JSON, ids in the source's own type")
  func reading() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      """
      CREATE TABLE app.typed AS
      SELECT user_id, E'it''s "' || item_id AS item_id, occurred_at FROM app.events
      """)
    let file = try config(shop, "itemknn")
    var program = shop.program
    program.environment["NCF_SOURCE_TABLE"] = "app.typed"
    try expectSuccess(program.run("--config", file, "--force"))
    let table = try program.run("similar", "it's \"7")
    #expect(table.output.split(separator: "\n").count == 7, "\(table.talk)")
    let text = try program.run("similar", "it's \"7", "--json").output
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let items = (object?["similar_items"] as? [[String: Any]])?.compactMap {
      $0["item_id"] as? String
    }
    #expect(
      try items?.joined(separator: ",")
        == shop.value(
          """
          SELECT string_agg(similar_item_id, ',' ORDER BY rank) FROM ncf.similar_items
          WHERE item_id = E'it''s "7'
          """))
    expect(try program.run("similar", "nothing"), 0, "has no list")
  }
}

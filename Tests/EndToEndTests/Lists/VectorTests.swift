import Foundation
import Postgres
import TestSupport
import Testing

/// Vectors for those who search for neighbours themselves.
struct VectorTests {
  private func night(
    _ shop: Shop, _ model: String, vectors: Bool = true, keep: Int = 1, _ arguments: String...
  ) throws {
    let config = try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      users: {query: SELECT user_id FROM app.events, forget_absent: true}
      model: \(model)
      train: {batch: 64, learning_rate: 0.02, epochs: 6, pretrain: false, mode: full}
      evaluate: {k: 5, sampled: 20}
      output: {k: 40, vectors: \(vectors), keep_runs: \(keep), keep_days: 0}
      """, to: "vectors.yaml")
    try expectSuccess(
      shop.program.start(["run", "--config", config, "--force"] + arguments).wait())
  }

  /// Each user's items in the order of a dot product, with those left out that are not in the list.
  private static let disagreements = """
    WITH products AS (
      SELECT r.user_id, r.rank, (SELECT sum(a.x * b.x)
        FROM unnest(u.vector) WITH ORDINALITY AS a (x, n)
        JOIN unnest(i.vector) WITH ORDINALITY AS b (x, n) USING (n)) AS product
      FROM ncf.recommendations AS r
      JOIN ncf.user_vectors AS u USING (user_id, run_id)
      JOIN ncf.item_vectors AS i USING (item_id, run_id)
    ), ordered AS (
      SELECT product, lag(product) OVER (PARTITION BY user_id ORDER BY rank) AS before FROM products
    )
    SELECT count(*) FILTER (WHERE product > before + 1e-6) || ' of ' || count(*) FROM ordered
    """

  @Test(
    "Where the model is a product, its lists are in the order of the vectors' products",
    arguments: [
      ("{gmf: 8, tower: []}", "8"), ("{method: ials, factors: 6}", "6"),
      ("{method: bpr, factors: 6, iterations: 20}", "8"),
    ])
  func order(model: String, width: String) throws {
    let shop = try Shop(.eighty)
    try night(shop, model)
    let rows = try shop.value("SELECT count(*) FROM ncf.recommendations")
    #expect(try shop.value(Self.disagreements) == "0 of \(rows ?? "")")
    try shop.expect("SELECT count(*) FROM ncf.user_vectors", gives: "80")
    try shop.expect("SELECT count(*) FROM ncf.item_vectors WHERE eligible", gives: "40")
    try shop.expect(
      """
      SELECT string_agg(DISTINCT array_length(vector, 1)::text, ' ')
      FROM (SELECT vector FROM ncf.user_vectors UNION ALL SELECT vector FROM ncf.item_vectors) AS v
      """, gives: width)
  }

  @Test("Vectors belong to their ids where new users and items come before the others")
  func newcomers() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      CREATE TABLE app.kinds AS SELECT i AS item_id, abs(i) % 4 AS feature FROM generate_series(-3, 40) AS i;
      CREATE TABLE app.likes AS SELECT u AS user_id, abs(u) % 4 AS feature FROM generate_series(-7, 80) AS u;
      """)
    let config = try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      users: {features: SELECT * FROM app.likes}
      items: {features: SELECT * FROM app.kinds}
      model: {gmf: 8, tower: []}
      train: {batch: 64, learning_rate: 0.02, epochs: 6, pretrain: false, mode: full}
      evaluate: {k: 5, sampled: 20}
      output: {k: 40, vectors: true}
      """, to: "newcomers.yaml")
    try expectSuccess(shop.night(config: config))
    let rows = try shop.value("SELECT count(*) FROM ncf.recommendations")
    #expect(try shop.value(Self.disagreements) == "0 of \(rows ?? "")")
    try shop.expect("SELECT count(*), min(user_id) FROM ncf.user_vectors", gives: "88|-7")
    try shop.expect("SELECT count(*), min(item_id) FROM ncf.item_vectors", gives: "44|-3")
  }

  @Test("A model without such a part, and a job that wants none, leave the views empty")
  func none() throws {
    let shop = try Shop(.eighty)
    for model in ["itemknn", "{gmf: 0, tower: [8, 4]}"] {
      try night(shop, model)
      #expect(try shop.value("SELECT count(*) FROM ncf.item_vectors") == "0", "\(model)")
    }
    try night(shop, "{gmf: 4, tower: [8, 4]}")
    try shop.expect("SELECT count(*) FROM ncf.user_vectors", gives: "80")
    try night(shop, "{gmf: 4, tower: [8, 4]}", vectors: false)
    try shop.expect("SELECT count(*) FROM ncf.user_vectors", gives: "0")
    try shop.expect("SELECT count(*) > 0 FROM ncf.recommendations", gives: "t")
    // What old runs had is dropped with them.
    try shop.expect(
      "SELECT count(*) FROM pg_class WHERE relname ~ '^(user|item)_vectors_run_[0-9]+$'", gives: "0"
    )
  }

  @Test("They are exported with the lists, and forgotten users' are gone, by command and by night")
  func forget() throws {
    let shop = try Shop(.eighty)
    try night(shop, "{method: ials, factors: 6}")
    let text = try shop.program.run("export", "user-vectors", "--format", "jsonl").output
    let first = try #require(text.split(separator: "\n").first)
    let row = try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any]
    #expect((row?["vector"] as? [Double])?.count == 6)
    let csv = try shop.program.run("export", "item-vectors").output
    #expect(csv.hasPrefix("item_id,vector,eligible,run_id\r\n1,\"{"))
    try expectSuccess(
      shop.program.run("forget", "--user", "7", "--config", "\(shop.folder.path)/vectors.yaml"))
    try shop.expect("SELECT count(*) FROM ncf.user_vectors WHERE user_id = 7", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.user_vectors", gives: "79")
    // A night forgets who is absent, of all that is kept.
    try shop.connection.execute("DELETE FROM app.events WHERE user_id = 8")
    try night(shop, "{method: ials, factors: 6}")
    try shop.expect("SELECT count(*) FROM ncf.user_vectors_by_run WHERE user_id = 8", gives: "0")
  }

  /// The live run's vectors in short, after the runs that they are of.
  private static let digest = """
    SELECT string_agg(DISTINCT run_id::text, ' ') || ' ' || md5(string_agg(v::text, ';' ORDER BY v::text))
    FROM (SELECT run_id, 'u' || user_id || vector::text AS v FROM ncf.user_vectors
      UNION ALL SELECT run_id, 'i' || item_id || vector::text FROM ncf.item_vectors) AS all_of_them
    """

  @Test("A rollback takes the vectors back with the lists, from a run that has none too")
  func rollback() throws {
    let shop = try Shop(.eighty)
    var seen: [String] = []
    for seed in ["1", "2"] {
      try night(shop, "{gmf: 8, tower: []}", keep: 5, "--seed", seed)
      seen.append(try #require(try shop.value(Self.digest)))
    }
    try night(shop, "{gmf: 8, tower: []}", vectors: false, keep: 5)
    #expect(seen[0].hasPrefix("1 ") && seen[1].hasPrefix("2 "))
    try shop.expect("SELECT count(*) FROM ncf.item_vectors", gives: "0")
    let config = "\(shop.folder.path)/vectors.yaml"
    for run in [2, 1, 2] {
      try expectSuccess(
        shop.program.run("rollback", "--to", "\(run)", "--config", config))
      #expect(try shop.value(Self.digest) == seen[run - 1])
      let rows = try shop.value("SELECT count(*) FROM ncf.recommendations")
      #expect(try shop.value(Self.disagreements) == "0 of \(rows ?? "")")
    }
    try expectSuccess(shop.program.run("rollback", "--to", "3", "--config", config))
    try shop.expect("SELECT count(*) FROM ncf.user_vectors", gives: "0")
  }
}

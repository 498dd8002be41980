import Foundation
import Postgres
import TestSupport
import Testing

/// What other readers find: names explained, scores that mean something, SQL that works.
struct ReaderTests {
  private func job(_ shop: Shop, schema: String = "ncf") throws -> String {
    try shop.folder.write(
      """
      job: default
      source: {table: app.events}
      model: {method: ials, factors: 8, regularization: 1}
      output: {schema: \(schema)}
      """, to: "reader.yaml")
  }

  @Test(
    "Every table, view, column and function has a comment, in both schemas and in every partition")
  func comments() throws {
    let shop = try Shop(.eighty)
    let job = try job(shop, schema: "shop_lists")
    for slot in ["main", "b"] { try expectSuccess(shop.night("--slot", slot, config: job)) }
    let relations = """
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname IN ('ncf', 'shop_lists') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      """
    // Two partitions of each kind are there to be looked at.
    try shop.expect("SELECT count(DISTINCT c.oid) \(relations) AND c.relispartition", gives: "4")
    #expect(
      try shop.value(
        """
        SELECT string_agg(n.nspname || '.' || c.relname || coalesce('.' || a.attname, ''), ', ')
        \(relations)
          AND (coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') = ''
            OR coalesce(pg_catalog.col_description(c.oid, a.attnum), '') = '')
        """) == nil)
    #expect(
      try shop.value(
        """
        SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('ncf', 'shop_lists')
          AND pg_catalog.obj_description(p.oid, 'pg_proc') IS NULL
        """) == nil)
    try shop.expect(
      """
      SELECT count(*) FROM pg_catalog.pg_namespace
      WHERE nspname IN ('ncf', 'shop_lists')
        AND pg_catalog.obj_description(oid, 'pg_namespace') IS NOT NULL
      """, gives: "2")
  }

  /// The examples of README.md: the sentence above each, and its SQL.
  private func examples() throws -> [(title: String, sql: String)] {
    let file = PrivateServer.packageFolder.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    guard let begin = text.range(of: "### SQL for analysts"),
      let end = text.range(of: "\n## ", range: begin.upperBound..<text.endIndex)
    else { throw Unexpected("README.md has no section of SQL for analysts") }
    let parts = text[begin.upperBound..<end.lowerBound].components(separatedBy: "```sql\n")
    return zip(parts, parts.dropFirst()).map { before, after in
      (
        before.split(separator: "\n").last.map(String.init) ?? "",
        after.components(separatedBy: "```")[0]
      )
    }
  }

  @Test("The SQL in README.md runs as it stands, and says what it promises")
  func examplesWork() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      """
      CREATE TABLE app.segments AS
      SELECT DISTINCT user_id, 'group ' || user_id % 4 AS segment FROM app.events
      """)
    let job = try job(shop)
    try expectSuccess(shop.night(config: job))
    // Some users' tastes move, and a night is refused.
    try shop.connection.execute(
      """
      INSERT INTO app.events SELECT user_id, 1 + (user_id * 7 + n) % 40, 'view', 1, now()
      FROM generate_series(1, 20) AS user_id, generate_series(1, 3) AS n
      """)
    try expectSuccess(shop.night(config: job))
    var program = shop.program
    program.environment["NCF_MODEL"] = "itempop"
    #expect(try program.run("--config", job).code == 20)

    let found = try examples()
    #expect(found.count == 7)
    for example in found {
      let rows = try shop.connection.execute(example.sql)
      #expect(rows.rowCount > 0, "\(example.title)")
    }
    func example(_ word: String) throws -> String {
      let sql = try #require(found.first { $0.title.contains(word) }?.sql)
      return "(\(sql.replacingOccurrences(of: ";", with: ""))) AS e"
    }
    // Three items for each of four segments, and mostly of the segment's taste.
    try shop.expect("SELECT count(*) FROM \(try example("by segment"))", gives: "12")
    try shop.expect(
      """
      SELECT avg((item_id % 4 = right(segment, 1)::integer)::integer) > 0.5
      FROM \(try example("by segment"))
      """, gives: "t")
    try shop.expect(
      "SELECT string_agg(model || ' ' || nights, ', ' ORDER BY model) FROM \(try example("by week"))",
      gives: "ials 2, itempop 3, live 2")
    try shop.expect(
      """
      SELECT count(*) = (
        SELECT count(DISTINCT user_id) FROM (
          SELECT user_id, rank, item_id FROM ncf.recommendations_by_run WHERE run_id IN (1, 2)
          GROUP BY user_id, rank, item_id HAVING count(*) = 1) AS differing)
      FROM \(try example("lists changed"))
      """, gives: "t")
    #expect(
      try shop.value(
        "SELECT users || ' ' || fallback || ' ' || share::integer FROM \(try example("fallback"))")
        == "80 0 0")
    #expect(
      try shop.value("SELECT run_id || ' ' || status FROM \(try example("refused"))") == "3 refused"
    )
  }

  @Test(
    "Scores are probabilities: over all users, a list's sum comes to the hit ratio",
    arguments: [
      "{method: ials, factors: 8, regularization: 1}", "itemknn", "{gmf: 8, tower: [16, 8]}",
      "itempop",
    ])
  func scores(model: String) throws {
    let shop = try Shop(.eighty)
    let job = try shop.folder.write(
      """
      job: default
      source: {table: app.events}
      model: \(model)
      train:
        {batch: 64, learning_rate: 0.02, epochs: 10, finetune: {epochs: 2}, absorb_holdout: false}
      evaluate: {sampled: 20}
      """, to: "scores.yaml")
    try expectSuccess(shop.night(config: job))
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations WHERE NOT (score > 0 AND score < 1)", gives: "0")
    try shop.expect(
      """
      SELECT count(*) FROM (
        SELECT score > lag(score) OVER (PARTITION BY user_id ORDER BY rank) AS rises
        FROM ncf.recommendations) AS pairs WHERE rises
      """, gives: "0")
    let ratio = try shop.value(
      """
      SELECT (SELECT sum(score) / count(DISTINCT user_id) FROM ncf.recommendations) / m.value
      FROM ncf.metrics AS m
      WHERE m.split = 'test' AND m.protocol = 'full' AND m.metric = 'hr' AND m.k = 10
      ORDER BY m.model = 'itempop' LIMIT 1
      """)
    let value = try #require(ratio.flatMap { Double($0) })
    #expect((0.6...1.7).contains(value), "\(model): \(value)")
  }
}

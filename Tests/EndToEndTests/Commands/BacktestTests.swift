import Foundation
import Glibc
import Postgres
import RunSupport
import TestSupport
import Testing

/// Backtests through the built program.
struct BacktestTests {
  private static let first = "2026-01-15"
  private static let end = "2026-02-10"
  private static let moments = ["2026-01-15", "2026-01-22", "2026-01-29", "2026-02-05"]

  /// A shop whose users take up an item of their group every three days or so for six weeks, and take the
  /// same again now and then.
  private static func shop() throws -> Shop {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT u, i, timestamptz '2026-01-01 00:00Z' + (n * 3 + u % 3) * interval '1 day'
        + u * interval '1 minute' + again * interval '100 hours'
      FROM generate_series(1, 120) AS u
      CROSS JOIN LATERAL (
        SELECT i, row_number() OVER (ORDER BY md5(u || ':' || i)) AS n
        FROM generate_series(1, 60) AS i WHERE i % 4 = u % 4 OR (i + u) % 19 = 0
      ) AS taken
      CROSS JOIN generate_series(0, 1) AS again
      WHERE n <= 4 + u % 10 AND (again = 0 OR n % 3 = 0)
      """)
    return shop
  }

  private static func file(_ shop: Shop, _ name: String, _ method: String) throws -> String {
    try shop.folder.write(
      """
      job: shop
      source: {table: app.events}
      users: {cold_below: 4}
      model: \(method)
      evaluate: {k: 5, sampled: 20}
      output: {k: 5}
      """, to: name)
  }

  private static func backtest(
    _ shop: Shop, _ files: [String], _ more: [String] = [], every: String = "7d"
  ) throws -> Program.Result {
    try shop.program.start(
      ["backtest"] + files + ["--from", first, "--to", end, "--every", every] + more
    ).wait()
  }

  private static let nights = """
    SELECT n.backtest_id, n.moment, n.status, n.mode, n.reason, n.method, n.lists_of, n.listed_users,
      n.users, n.hr, n.ndcg, n.recall, n.hits, n.coverage, n.rivals, n.log
    FROM ncf.backtest_nights AS n
    """

  @Test("Figures are those of the lists that would have been published, and nothing is published")
  func figures() throws {
    let shop = try Self.shop()
    let neighbours = try Self.file(shop, "neighbours.yaml", "itemknn")
    let popular = try Self.file(shop, "popular.yaml", "itempop")
    let result = try Self.backtest(shop, [neighbours, popular])
    try expectSuccess(result)
    for words in [
      "2026-02-05", "neighbours", "NDCG@5", "neighbours less popular, ", " users in common",
      "Not known: who gets a list",
    ] {
      #expect(result.output.contains(words), "\(words)\n\(result.output)")
    }
    for table in [
      "runs", "live", "live_moves", "models", "checkpoints", "stages", "metrics", "served",
      "rivals",
    ] {
      try shop.expect("SELECT count(*) FROM ncf.\(table)", gives: "0")
    }
    #expect(try shop.value("SELECT to_regclass('ncf.recommendations')") == nil)
    try shop.expect(
      "SELECT count(*), count(DISTINCT backtest_id), min(status), max(status) FROM ncf.backtest_nights",
      gives: "8|2|published|published")

    // Each night's lists, published one after the other as runs on the log of then, and judged by SQL.
    for (name, file) in [("itemknn", neighbours), ("itempop", popular)] {
      for (place, moment) in Self.moments.enumerated() {
        let until = place + 1 < Self.moments.count ? Self.moments[place + 1] : Self.end
        try expectSuccess(
          shop.program.run("run", "--config", file, "--until", moment, "--force", "--quiet"))
        let expected = try shop.query(
          """
          WITH taken AS (
            SELECT e.user_id, e.item_id, min(e.occurred_at) AS at FROM app.events AS e
            WHERE e.occurred_at >= '\(moment)Z' AND e.occurred_at < '\(until)Z'
              AND NOT EXISTS (SELECT FROM app.events AS o WHERE o.user_id = e.user_id
                AND o.item_id = e.item_id AND o.occurred_at < '\(moment)Z')
            GROUP BY e.user_id, e.item_id
          ), judged AS (
            SELECT t.user_id, count(*) AS taken, count(r.rank) AS hits,
              (array_agg(r.rank ORDER BY t.at))[1] AS rank
            FROM taken AS t LEFT JOIN ncf.recommendations AS r
              ON r.user_id = t.user_id AND r.item_id = t.item_id
            WHERE t.user_id IN (SELECT user_id FROM ncf.recommendations)
            GROUP BY t.user_id
          )
          SELECT (SELECT count(DISTINCT user_id) FROM ncf.recommendations), count(*), sum(taken),
            sum(hits), count(rank), round(avg((rank IS NOT NULL)::int), 9),
            round(avg(coalesce(ln(2) / ln(rank + 1), 0))::numeric, 9),
            round(avg(hits::numeric / taken), 9), round(avg(hits), 9)
          FROM judged
          """)
        let found = try shop.query(
          """
          SELECT n.listed_users, n.users, (SELECT sum(taken) FROM ncf.backtest_users AS u
              WHERE u.backtest_id = n.backtest_id AND u.moment = n.moment),
            (SELECT sum(hits) FROM ncf.backtest_users AS u
              WHERE u.backtest_id = n.backtest_id AND u.moment = n.moment),
            (SELECT count(rank) FROM ncf.backtest_users AS u
              WHERE u.backtest_id = n.backtest_id AND u.moment = n.moment),
            round(n.hr::numeric, 9), round(n.ndcg::numeric, 9), round(n.recall::numeric, 9),
            round(n.hits::numeric, 9)
          FROM ncf.backtest_nights AS n JOIN ncf.backtests AS b USING (backtest_id)
          WHERE b.config #>> '{job,method}' LIKE '%\(name)%' AND n.moment = '\(moment)Z'
          """)
        #expect(found == expected, "\(name) \(moment)")
      }
    }
    // The popular list beside the neighbours is the other configuration.
    try shop.expect(
      """
      SELECT count(*) FROM ncf.backtest_nights AS a
      JOIN ncf.backtest_nights AS b ON b.moment = a.moment AND b.backtest_id > a.backtest_id,
        jsonb_array_elements(a.rivals) AS r
      WHERE r ->> 'rival' = 'itempop' AND (r #>> '{means,ndcg}')::float8 = b.ndcg
        AND a.ndcg > b.ndcg
      """, gives: "4")
  }

  @Test(
    "A second call only prints, a changed configuration begins anew, a changed log from there on")
  func again() throws {
    let shop = try Self.shop()
    let neighbours = try Self.file(shop, "neighbours.yaml", "itemknn")
    let popular = try Self.file(shop, "popular.yaml", "itempop")
    let outlook = try Self.backtest(shop, [neighbours], ["--dry-run"])
    try expectSuccess(outlook)
    #expect(
      outlook.output.contains("4 nights would be replayed, 2026-01-15 to 2026-02-05, in about "))
    try shop.expect("SELECT count(*) FROM ncf.backtests", gives: "0")

    let picture = shop.folder.path + "/course.svg"
    let first = try Self.backtest(shop, [neighbours, popular], ["--picture", picture])
    try expectSuccess(first)
    let svg = try shop.folder.read("course.svg")
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(svg.contains(">neighbours</text>") && svg.contains(">popular</text>"))
    #expect(svg.hasSuffix("</svg>\n"))
    let rows = try shop.query(Self.nights + " ORDER BY 1, 2")
    let second = try Self.backtest(shop, [neighbours, popular])
    #expect(second.output == first.output)
    #expect(second.talk.contains("popular: 4 nights, 4 of them finished before"))
    #expect(try shop.query(Self.nights + " ORDER BY 1, 2") == rows)
    #expect(
      try Self.backtest(shop, [neighbours], ["--dry-run"]).output
        == "neighbours: every night is there already\n")

    let json = try Self.backtest(shop, [neighbours, popular], ["--json", "--threads", "3"])
    try expectSuccess(json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((object["configurations"] as? [[String: Any]])?.count == 2)
    let pair = try #require((object["comparisons"] as? [[String: Any]])?.first)
    #expect((pair["ndcg_p"] as? Double ?? 1) < 0.01)

    // Another configuration is another backtest.
    let other = try Self.file(shop, "popular.yaml", "recentpop")
    let changed = try Self.backtest(shop, [neighbours, other])
    try expectSuccess(changed)
    #expect(changed.talk.contains("neighbours: 4 nights, 4 of them finished before"))
    #expect(changed.talk.contains("popular: 4 nights, 0 of them finished before"))

    // An event that is new changes the nights that know it, or are judged by it.
    try shop.add("VALUES (7, 99, timestamptz '2026-01-24 12:00Z')")
    let late = try Self.backtest(shop, [neighbours])
    try expectSuccess(late)
    #expect(late.talk.contains("4 nights, 1 of them finished before"))
    #expect(late.output != first.output)

    // Longer, it goes on.
    let longer = try shop.program.run(
      "backtest", neighbours, "--from", Self.first, "--to", "2026-02-12")
    try expectSuccess(longer)
    #expect(longer.talk.contains("4 nights, 3 of them finished before"))

    // Who is forgotten is in none of it.
    let named = "SELECT count(*) FROM ncf.backtest_users WHERE user_id = '9'"
    #expect(try shop.value(named) != "0")
    try expectSuccess(shop.program.run("forget", "--user", "9", "--config", neighbours))
    try shop.expect(named, gives: "0")
  }

  @Test("A stopped backtest of fine-tunes goes on to the same figures: 75, then 0")
  func interrupted() throws {
    let shop = try Self.shop()
    let job = try shop.jobFile(epochs: 4, mode: "auto")
    func figures() throws -> String {
      try shop.query(
        """
        SELECT n.moment, n.status, n.mode, n.reason, n.lists_of, n.users, n.hr, n.ndcg, n.recall,
          n.coverage, n.rivals, n.log FROM ncf.backtest_nights AS n ORDER BY n.moment
        """)
    }
    try expectSuccess(Self.backtest(shop, [job], every: "2d"))
    let whole = try figures()
    try shop.expect(
      """
      SELECT count(*), count(*) FILTER (WHERE mode = 'finetune') > 3,
        count(*) FILTER (WHERE mode = 'full') > 0 FROM ncf.backtest_nights
      """, gives: "13|t|t")
    // Stopped in the middle of a chain, twice: by a signal, and as if the program had been killed.
    try shop.connection.execute("DELETE FROM ncf.backtests")
    let run = try shop.program.start([
      "backtest", job, "--from", Self.first, "--to", Self.end, "--every", "2d", "--log-format",
      "text",
    ])
    try shop.wait(until: "SELECT count(*) >= 2 FROM ncf.backtest_nights", while: run)
    run.signal(SIGTERM)
    expect(
      try run.wait(), 75, "the backtest was stopped by SIGTERM",
      "finished nights are kept and not replayed again")
    try shop.connection.execute(
      "DELETE FROM ncf.backtest_nights WHERE moment >= '2026-01-21Z'")
    try expectSuccess(Self.backtest(shop, [job], ["--threads", "1"], every: "2d"))
    #expect(try figures() == whole)
    try shop.connection.execute(
      "DELETE FROM ncf.backtest_nights WHERE moment >= '2026-02-04Z'")
    try expectSuccess(Self.backtest(shop, [job], ["--threads", "3"], every: "2d"))
    #expect(try figures() == whole)
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
  }

  @Test("What can't be judged is told: 64, 65, 75, 78")
  func errors() throws {
    let shop = try Self.shop()
    let neighbours = try Self.file(shop, "neighbours.yaml", "itemknn")
    let longer = try shop.folder.write(
      "job: shop\nsource: {table: app.events}\nmodel: itemknn\nevaluate: {k: 10}\n",
      to: "longer.yaml")
    let same = try Self.file(shop, "same.yaml", "itemknn")
    func call(_ files: [String], _ from: String, _ to: String) throws -> Program.Result {
      try shop.program.start(["backtest"] + files + ["--from", from, "--to", to]).wait()
    }
    expect(
      try call([neighbours], Self.first, "2099-01-01"), 64,
      "--to is later than the server's now")
    expect(
      try call([neighbours, same], Self.first, Self.end), 64, "are the same configuration")
    expect(
      try call([neighbours, longer], Self.first, Self.end), 78, "is judged by lists of 5",
      "evaluate.k")
    expect(
      try call([neighbours], "2026-01-01", Self.end), 65, "no event before 2026-01-01")
    expect(
      try call([neighbours], "2026-06-01", "2026-07-01"), 65, "no event from 2026-06-01",
      "its newest event is from 2026-02-")
    expect(try call([neighbours], "2020-01-01", "2020-02-01"), 65, "none can be used")
    expect(try call(["none.yaml"], Self.first, Self.end), 78, "none.yaml can't be read")
    let holder = try shop.database.connect()
    try holder.execute(
      "SELECT pg_advisory_lock(\(AdvisoryKey.experiment("shop")))")
    expect(
      try call([neighbours], Self.first, Self.end), 75, "another backtest or experiment of job shop"
    )
    expect(
      try shop.program.run("forget", "--user", "9", "--config", neighbours), 75,
      "a backtest or experiment of job shop is at work")
    try shop.expect("SELECT count(*) FROM ncf.backtest_nights", gives: "0")
  }
}

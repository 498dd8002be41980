import Postgres
import TestSupport
import Testing

/// Logs that hold little, or the wrong things: a stated result, and what was served stays served.
struct OddDataTests {
  /// A shop with a published night.
  private func servedShop() throws -> (shop: Shop, lists: String) {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night())
    return (shop, try shop.lists())
  }

  @Test("An empty log is 65 and says so; the old lists stay")
  func empty() throws {
    let (shop, lists) = try servedShop()
    try shop.connection.execute("TRUNCATE app.events")
    expect(try shop.night(), 65, "still served")
    #expect(try shop.lists() == lists)
    #expect(
      try shop.value("SELECT status || ' ' || exit_code FROM ncf.runs ORDER BY run_id DESC")
        == "failed 65")
  }

  @Test(
    "One user, one item, one interaction each: no filler, and never a crash",
    arguments: [
      ("user_id = 1", "one user"), ("item_id = 1", "one item"),
      (
        "(user_id, item_id) IN (SELECT user_id, min(item_id) FROM app.events GROUP BY user_id)",
        "one interaction each"
      ),
    ])
  func little(keep: String, name: String) throws {
    let (shop, lists) = try servedShop()
    try shop.connection.execute("DELETE FROM app.events WHERE NOT (\(keep))")
    // As the gate sees it: far fewer rows than before, so it is refused, or there is nothing to learn.
    let refused = try shop.program.run("--config", shop.jobFile())
    #expect(refused.code == 20 || refused.code == 65, "\(name): \(refused.talk)")
    #expect(try shop.lists() == lists)
    // And forced: whatever is published is true.
    let forced = try shop.night()
    #expect(forced.code == 0 || forced.code == 65, "\(name): \(forced.talk)")
    if forced.code == 0 {
      let known =
        "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)"
      #expect(try shop.value(known) == "0")
      let strange = """
        SELECT count(*) FROM ncf.recommendations WHERE item_id NOT IN (SELECT item_id FROM app.events)
        """
      #expect(try shop.value(strange) == "0")
    } else {
      #expect(try shop.lists() == lists)
    }
  }

  @Test("K above the number of items gives shorter lists, each item once, no filler")
  func longLists() throws {
    let shop = try Shop(.eighty)
    try expectSuccess(shop.night(config: shop.jobFile(k: 100)))
    // 40 items, of which each user knows 8.
    try shop.expect(
      "SELECT min(n) || ' ' || max(n) FROM (SELECT count(DISTINCT item_id) AS n FROM ncf.recommendations GROUP BY user_id) AS lengths",
      gives: "32 32")
    try shop.expect("SELECT count(*) FROM ncf.recommendations", gives: "2560")
  }

  @Test("Rows that can't be used are counted by reason, and the rest is used")
  func nulls() throws {
    let shop = try Shop(.eighty)
    try shop.add(
      """
      VALUES
        (NULL, 1, now()), (NULL, 2, now()), (1, NULL, now()), (1, 2, NULL),
        (1, 2, 'infinity'), (1, 2, now() + interval '1 year')
      """)
    let result = try shop.night()
    try expectSuccess(result)
    #expect(result.output.contains("646 read, 640 used, 0 merged, 6 left out"))
    try shop.expect(
      "SELECT sum(value::int) || ' ' || count(*) >= '6 ' FROM ncf.runs, jsonb_each_text(rows_rejected)",
      gives: "t")
    #expect(try shop.value("SELECT rows_read - rows_used FROM ncf.runs") == "6")
  }

  @Test("A column or a table that is not there is 78 and named; the old lists stay")
  func missingColumn() throws {
    let (shop, lists) = try servedShop()
    let cases = [
      ("table: app.events, columns: {user_id: visitor}", "visitor"),
      ("table: app.absent", "app.absent"), ("table: events", "events"),
      ("query: 'SELECT user_id, item_id FROM app.events'", "occurred_at"),
      ("query: 'SELECT user_id, item_id, occurred_at FROM events'", "events"),
      ("query: SELEC 1", "SELEC"),
      ("query: 'SELECT value AS user_id, item_id, occurred_at FROM app.events'", "user_id"),
    ]
    for (source, named) in cases {
      expect(try shop.night(config: shop.jobFile(source)), 78, named, "what to do")
      #expect(try shop.lists() == lists)
    }
  }
}

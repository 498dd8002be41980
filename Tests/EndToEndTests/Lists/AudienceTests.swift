import Foundation
import Postgres
import TestSupport
import Testing

/// Everyone who should have a list has one.
struct AudienceTests {
  /// A shop with newcomers: two who have done little, and ten whom the log has never met.
  private func shop() throws -> Shop {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at) VALUES
        (101, 4, 'view', '2026-01-02'), (102, 8, 'view', '2026-01-02'),
        (102, 12, 'view', '2026-01-02');
      CREATE TABLE app.users (user_id integer PRIMARY KEY, closed boolean NOT NULL DEFAULT false);
      INSERT INTO app.users SELECT generate_series(1, 110);
      """)
    return shop
  }

  @Test("Users with too few interactions get the popular list, without what they have")
  func tooFew() throws {
    let shop = try shop()
    let dry = try shop.program.run("--config", shop.jobFile(), "--dry-run")
    try expectSuccess(dry)
    #expect(dry.talk.contains("80 of the model, 2 the popular one"))
    #expect(dry.output.contains("popular lists for 2 users"))
    try expectSuccess(shop.night())
    try shop.expect(
      """
      SELECT string_agg(concat_ws(' ', source, users, rows), ', ' ORDER BY source) FROM (
        SELECT source, count(DISTINCT user_id) AS users, count(*) AS rows
        FROM ncf.recommendations GROUP BY source) AS sources
      """, gives: "model 80 400, popular 2 10")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
    // What is left of the popular items, in their order.
    try shop.expect(
      """
      SELECT count(*) FROM (
        SELECT p.item_id, row_number() OVER (ORDER BY p.rank) AS rank FROM ncf.popular_items AS p
        WHERE p.item_id NOT IN (8, 12)) AS popular
      JOIN ncf.recommendations AS r USING (item_id, rank) WHERE r.user_id = 102
      """, gives: "5")
    try shop.expect("SELECT bool_and(score BETWEEN 0 AND 1) FROM ncf.recommendations", gives: "t")
    #expect(try shop.value("SELECT cold_users FROM ncf.runs") == "2")
    try shop.expect(
      "SELECT round(value::numeric, 4) || ' ' || n FROM ncf.metrics WHERE metric = 'fallback'",
      gives: "0.0244 82")
    // Who is content with less gets the model's list; who wants more history does not.
    try expectSuccess(shop.night(config: shop.jobFile(extra: "users: {cold_below: 1}")))
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE source = 'popular'", gives: "0")
    try expectSuccess(
      shop.night(config: shop.jobFile("table: app.events, min_interactions: 2")))
    try shop.expect(
      "SELECT string_agg(DISTINCT user_id::text, ',') FROM ncf.recommendations WHERE source = 'popular'",
      gives: "101,102")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
  }

  @Test("A method that makes a list out of one interaction gives it to everybody with one")
  func foldedIn() throws {
    let shop = try shop()
    let job = try String(contentsOfFile: shop.jobFile(), encoding: .utf8)
      .replacingOccurrences(of: "model: {gmf: 4, tower: [8, 4]}", with: "model: ials")
    try expectSuccess(shop.night(config: shop.folder.write(job, to: "ials.yaml")))
    try shop.expect(
      "SELECT string_agg(DISTINCT source, ',') || ' ' || count(DISTINCT user_id) FROM ncf.recommendations",
      gives: "model 82")
    #expect(try shop.value("SELECT cold_users FROM ncf.runs") == "0")
    try shop.expect("SELECT value FROM ncf.metrics WHERE metric = 'fallback'", gives: "0")
    let three = job + "\nusers: {cold_below: 3}\n"
    try expectSuccess(shop.night(config: shop.folder.write(three, to: "three.yaml")))
    try shop.expect(
      "SELECT string_agg(DISTINCT user_id::text, ',') FROM ncf.recommendations WHERE source = 'popular'",
      gives: "101,102")
  }

  @Test(
    "Everybody in users.query has a list, whom the log has never met too, and nobody else",
    arguments: [("ncf", 28), ("itemknn", 27)])
  func query(method: String, popular: Int) throws {
    let shop = try shop()
    try shop.connection.execute("UPDATE app.users SET closed = user_id IN (3, 101, 109)")
    let text = try String(
      contentsOfFile: shop.jobFile(
        extra: "users: {query: 'SELECT u.user_id FROM app.users AS u WHERE NOT u.closed;'}"),
      encoding: .utf8)
    let config = try shop.folder.write(
      method == "ncf"
        ? text
        : text.replacingOccurrences(of: "model: {gmf: 4, tower: [8, 4]}", with: "model: \(method)"),
      to: "\(method).yaml")
    let result = try shop.night(config: config)
    try expectSuccess(result)
    try shop.expect(
      """
      SELECT count(*) FROM (SELECT user_id, count(*) AS n FROM ncf.recommendations GROUP BY user_id)
        AS lists FULL JOIN (SELECT user_id FROM app.users WHERE NOT closed) AS wanted USING (user_id)
      WHERE lists.n IS DISTINCT FROM 5
      """, gives: "0")
    try shop.expect(
      """
      SELECT string_agg(source || ' ' || users, ', ' ORDER BY source) FROM (
        SELECT source, count(DISTINCT user_id) AS users FROM ncf.recommendations GROUP BY source)
        AS sources
      """, gives: "model \(107 - popular), popular \(popular)")
    #expect(try shop.value("SELECT users || ' ' || cold_users FROM ncf.runs") == "82 \(popular)")
    #expect(result.output.contains("popular lists for \(popular) users"))
    // A type of ids that is wider than the source's is no harm; they are published as the source's.
    #expect(
      try shop.value("SELECT DISTINCT pg_typeof(user_id) FROM ncf.recommendations") == "bigint")
  }

  @Test("Who has not been seen for long is not scored")
  func activeWithin() throws {
    let shop = try shop()
    try shop.connection.execute(
      """
      UPDATE app.events SET occurred_at = now() - interval '2 days' - item_id * interval '1 hour'
        - CASE WHEN user_id <= 20 THEN interval '90 days' ELSE interval '0' END
      """)
    try expectSuccess(shop.night(config: shop.jobFile(extra: "users: {active_within: 30d}")))
    try shop.expect(
      "SELECT min(user_id) || ' ' || count(DISTINCT user_id) FROM ncf.recommendations",
      gives: "21 62")
    // They have still taught the model, and where a list is asked for, they have one.
    #expect(try shop.value("SELECT users FROM ncf.runs") == "82")
    let asked = "users: {active_within: 30d, query: SELECT user_id FROM app.users}"
    try expectSuccess(shop.night(config: shop.jobFile(extra: asked)))
    try shop.expect(
      """
      SELECT string_agg(source || ' ' || users, ', ' ORDER BY source) FROM (
        SELECT source, count(DISTINCT user_id) AS users FROM ncf.recommendations GROUP BY source)
        AS sources
      """, gives: "model 60, popular 50")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
  }

  @Test("What is popular is so in a window, and fades")
  func popular() throws {
    let shop = try shop()
    try shop.connection.executeScript(
      """
      UPDATE app.events SET occurred_at = now() - interval '60 days' + user_id * interval '1 minute';
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, 40, 'view', now() - interval '10 days' FROM generate_series(1, 6) AS u;
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, 39, 'view', now() - interval '1 day' FROM generate_series(11, 14) AS u;
      """)
    let top = """
      SELECT string_agg(item_id::text || ' ' || round(score::numeric, 2), ', ' ORDER BY rank)
      FROM ncf.popular_items WHERE rank <= 2
      """
    let query = "users: {query: SELECT user_id FROM app.users}"
    try expectSuccess(
      shop.night(config: shop.jobFile(extra: "\(query)\npopular: {window: 30d}")))
    #expect(try shop.value(top) == "40 6.00, 39 4.00")
    let list = "SELECT item_id FROM ncf.recommendations WHERE user_id = 110 AND rank = 1"
    #expect(try shop.value(list) == "40")
    // Nine days are three half-lives: six users come to less than one.
    try expectSuccess(
      shop.night(config: shop.jobFile(extra: "\(query)\npopular: {window: 30d, half_life: 3d}")))
    #expect(try shop.value(top) == "39 4.00, 40 0.75")
    #expect(try shop.value(list) == "39")
  }
}

import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Content features rank who and what is new")
struct FeatureTests {
  /// The shop with features: each item is of a kind and each user likes one, which the log follows.
  ///
  /// Items 41 to 48 and users 201 to 208 have features and no events; item 49 has a feature that no
  /// other item has, user 209 none that others have, and item 48 is not for sale.
  private func shop() throws -> Shop {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      CREATE TABLE app.item_features (item_id bigint, kind text);
      INSERT INTO app.item_features SELECT i, 'kind ' || i % 4 FROM generate_series(1, 48) AS i;
      INSERT INTO app.item_features VALUES (49, 'unheard of'), (50, NULL);
      CREATE TABLE app.user_features (user_id integer, liked integer, weight numeric);
      INSERT INTO app.user_features SELECT u, u % 4, 1 FROM generate_series(1, 80) AS u;
      INSERT INTO app.user_features SELECT u, u % 4, 1 FROM generate_series(201, 208) AS u;
      INSERT INTO app.user_features VALUES (209, 99, 1);
      CREATE TABLE app.sale AS SELECT i AS item_id FROM generate_series(1, 50) AS i WHERE i <> 48;
      """)
    return shop
  }

  private static let sections = """
    users: {features: 'SELECT f.user_id, f.liked AS feature, f.weight FROM app.user_features AS f'}
    items:
      features: SELECT i.item_id, i.kind AS feature FROM app.item_features AS i;
      eligible: SELECT s.item_id FROM app.sale AS s
    """

  private func job(_ shop: Shop, mode: String = "full") throws -> String {
    try shop.jobFile(epochs: 20, mode: mode, extra: Self.sections)
  }

  @Test("New items are in the lists of those who like their kind, new users get the model's list")
  func newcomers() throws {
    let shop = try shop()
    let config = try job(shop)
    try expectSuccess(shop.night(config: config))
    // Seven new items may be listed; most of their places are in lists of their own kind.
    let new = "FROM ncf.recommendations WHERE item_id BETWEEN 41 AND 47"
    try shop.expect("SELECT count(DISTINCT item_id) \(new)", gives: "7")
    try shop.expect(
      """
      SELECT count(*) FILTER (WHERE item_id % 4 = user_id % 4) >= 40
        AND count(*) FILTER (WHERE item_id % 4 = user_id % 4)
          > 3 * count(*) FILTER (WHERE item_id % 4 <> user_id % 4) \(new) AND user_id <= 80
      """, gives: "t")
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE item_id > 47", gives: "0")
    // New users: a list of the model, full, of what they like.
    try shop.expect(
      """
      SELECT string_agg(DISTINCT source, ',') || ' ' || count(DISTINCT user_id) || ' ' || count(*)
        || ' ' || (avg((item_id % 4 = user_id % 4)::int) > 0.8)
      FROM ncf.recommendations WHERE user_id BETWEEN 201 AND 208
      """, gives: "model 8 40 true")
    try shop.expect(
      "SELECT string_agg(DISTINCT source, ',') FROM ncf.recommendations WHERE user_id = 209",
      gives: "popular")
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)",
      gives: "0")
    try shop.expect(
      "SELECT count(DISTINCT item_id) FROM ncf.similar_items WHERE item_id > 40", gives: "7")
    try shop.expect(
      """
      SELECT concat_ws(' ', features ->> 'user_rows', features ->> 'item_rows',
        features ->> 'user_features', features ->> 'item_features', features ->> 'new_users',
        features ->> 'new_items', users, items, cold_users) FROM ncf.runs
      """, gives: "89 50 4 4 8 7 80 40 1")
    let plan = try shop.program.run("run", "--config", config, "--dry-run")
    try expectSuccess(plan)
    #expect(
      plan.talk.contains(
        "4 features of users and 4 of items are learnt, and rank 8 new users and 7 new items"))
    // The same data give the same lists, with any number of threads.
    let before = try shop.value(lists)
    try expectSuccess(shop.night("--threads", "3", config: config))
    #expect(try shop.value(lists) == before)
  }

  private let lists = """
    SELECT md5(string_agg(concat_ws(' ', user_id, rank, item_id, score), ',' ORDER BY user_id, rank))
    FROM ncf.recommendations
    """

  @Test("A fine-tune goes on with the features, old and new, and forgets who is to be forgotten")
  func nights() throws {
    let shop = try shop()
    let config = try job(shop, mode: "auto")
    try expectSuccess(shop.night(config: config))
    try shop.connection.executeScript(
      """
      INSERT INTO app.item_features VALUES (7, 'fresh'), (60, 'fresh'), (61, 'kind 1');
      INSERT INTO app.sale VALUES (60), (61);
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, 41, 'view', now() - interval '1 hour' FROM generate_series(1, 77, 4) AS u;
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      VALUES (201, 41, 'view', now() - interval '1 hour');
      """)
    try expectSuccess(shop.night(config: config))
    try shop.expect(
      """
      SELECT concat_ws(' ', mode, parent_run_id, features ->> 'item_features',
        features ->> 'new_users', features ->> 'new_items', items)
      FROM ncf.runs ORDER BY run_id DESC LIMIT 1
      """, gives: "finetune 1 5 7 8 41")
    // User 201 has one event, too few for a list of the model without features.
    try shop.expect(
      """
      SELECT string_agg(DISTINCT source, ',') || ' ' || (avg((item_id % 4 = 1)::int) > 0.7)
      FROM ncf.recommendations WHERE user_id = 201
      """, gives: "model true")
    try shop.expect(
      """
      SELECT count(*) FILTER (WHERE user_id % 4 = 1) > 3 * count(*) FILTER (WHERE user_id % 4 <> 1)
      FROM ncf.recommendations WHERE item_id = 61
      """, gives: "t")
    // Known users of the models; nothing in them says who has which feature.
    try expectSuccess(
      shop.program.run("forget", "--config", config, "--user", "5", "--user", "202"))
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations WHERE user_id IN (5, 202)", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.models", gives: "2")
    try shop.connection.executeScript(
      """
      DELETE FROM app.events WHERE user_id = 5;
      DELETE FROM app.user_features WHERE user_id IN (5, 202);
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      VALUES (6, 34, 'view', now());
      """)
    try expectSuccess(shop.night(config: config))
    try shop.expect("SELECT mode FROM ncf.runs ORDER BY run_id DESC LIMIT 1", gives: "finetune")
    // Without features it is another model.
    try expectSuccess(shop.night(config: shop.jobFile(epochs: 20, mode: "auto")))
    #expect(
      try shop.value(
        "SELECT mode || ': ' || mode_reason FROM ncf.runs ORDER BY run_id DESC LIMIT 1")?
        .hasPrefix("full: ") == true)
  }

  @Test(
    "A query that can't be used ends the night before the log is read, naming its key",
    arguments: [
      (
        "items: {features: SELECT 1::bigint AS item_id}", "items.features has no column feature", 78
      ),
      ("users: {features: \"SELECT 'a' AS user_id, 1 AS feature\"}", "users.features", 78),
      (
        "items: {features: \"SELECT 1::bigint AS item_id, 1 AS feature, 'x' AS weight\"}",
        "items.features: the column weight is no number", 78
      ),
      (
        "items: {features: \"SELECT 1::bigint AS item_id, 'x' AS feature WHERE false\"}",
        "items.features gave no features", 65
      ),
      (
        "users: {features: \"SELECT 1::bigint AS user_id, 'x' AS feature, 'NaN'::real AS weight\"}",
        "users.features gave 1 rows of 1", 65
      ),
    ])
  func refused(section: String, message: String, code: Int32) throws {
    let shop = try Shop(.eighty)
    expect(try shop.night(config: shop.jobFile(extra: section)), code, message)
    if code == 78 {
      #expect(try shop.value("SELECT rows_read IS NULL FROM ncf.runs") == "t")
    }
  }

  @Test("Baselines take no features", arguments: ["users", "items"])
  func baselines(side: String) throws {
    let shop = try Shop(.eighty)
    let text = try String(
      contentsOfFile: shop.jobFile(extra: "\(side): {features: SELECT 1}"), encoding: .utf8)
    let config = try shop.folder.write(
      text.replacingOccurrences(of: "model: {gmf: 4, tower: [8, 4]}", with: "model: ials"),
      to: "ials.yaml")
    expect(
      try shop.night(config: config), 78,
      "\(side).features must be left out with model.method ials",
      "only the network learns from features")
  }
}

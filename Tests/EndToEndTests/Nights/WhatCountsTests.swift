import Foundation
import Postgres
import TestSupport
import Testing

/// Which events make a model, how much each says, and what speaks against an item.
struct WhatCountsTests {
  private static let columns = """
    table: app.events, columns: {event_type: event_type, value: value}
    """

  @Test("A thumbs-down is in no list, is no interaction, and pushes the item down in training")
  func negativeEvents() throws {
    let shop = try Shop(.eighty)
    // Half of the users turn down an item that their group likes and that they don't have.
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, (SELECT i FROM generate_series(1, 40) AS i
          WHERE i % 4 = u % 4
            AND NOT EXISTS (SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = i)
          ORDER BY i LIMIT 1), 'hide', timestamptz '2026-01-03'
      FROM generate_series(1, 80, 2) AS u
      """)
    // One of them had a purchase before: what is left over is for the item, and yet it is hidden.
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT user_id, item_id, 'purchase', timestamptz '2026-01-02'
      FROM app.events WHERE event_type = 'hide' AND user_id = 1
      """)
    let events = "\(Self.columns), events: {view: 1, purchase: 5, hide: -1}"
    let result = try shop.night(config: shop.jobFile(events, k: 32))
    try expectSuccess(result)
    #expect(result.output.contains("39 negative_event"))
    #expect(
      try shop.value("SELECT rows_rejected ->> 'negative_event' FROM ncf.runs") == "39")
    #expect(try shop.value("SELECT rows_used FROM ncf.runs") == "641")
    let hidden = """
      SELECT count(*) FROM ncf.recommendations JOIN app.events USING (user_id, item_id)
      WHERE event_type = 'hide'
      """
    #expect(try shop.value(hidden) == "0")
    try shop.expect("SELECT count(DISTINCT user_id) FROM ncf.recommendations", gives: "80")
  }

  @Test("Hiding changes the model of a network, and the same bits come with any number of threads")
  func training() throws {
    let shop = try Shop(.eighty)
    let config = try shop.jobFile("\(Self.columns), events: {view: 1, hide: -1}")
    try expectSuccess(shop.night(config: config))
    let before = try shop.lists()
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, i, 'hide', timestamptz '2026-01-03' FROM generate_series(1, 40) AS u
      CROSS JOIN LATERAL (SELECT i FROM generate_series(1, 40) AS i
        WHERE i % 4 <> u % 4
          AND NOT EXISTS (SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = i)
        ORDER BY i LIMIT 10) AS others
      """)
    try expectSuccess(shop.night("--threads", "1", config: config))
    let after = try shop.lists()
    #expect(after != before)
    try expectSuccess(shop.night("--threads", "2", "--mode", "full", config: config))
    #expect(try shop.lists() == after)
  }

  @Test("With a half-life old events weigh less: the popular items are those of late")
  func halfLife() throws {
    let shop = try Shop(.eighty)
    // Item 1 was everybody's a year before the rest; item 2 has late users.
    try shop.connection.executeScript(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, 1, 'view', timestamptz '2025-01-01' FROM generate_series(1, 80) AS u;
      DELETE FROM app.events WHERE item_id = 1 AND occurred_at > timestamptz '2025-06-01';
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT u, 2, 'view', timestamptz '2026-01-02' FROM generate_series(1, 50) AS u
      WHERE NOT EXISTS (SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = 2);
      """)
    try expectSuccess(shop.night(config: shop.jobFile()))
    #expect(try shop.value("SELECT item_id FROM ncf.popular_items WHERE rank = 1") == "1")
    #expect(try shop.value("SELECT score FROM ncf.popular_items WHERE rank = 1") == "80")
    let lists = try shop.lists()
    let decaying = try shop.jobFile("\(Self.columns), half_life: 30d")
    try expectSuccess(shop.night(config: decaying))
    #expect(try shop.value("SELECT item_id FROM ncf.popular_items WHERE rank = 1") == "2")
    // 365 days and 19 hours, or so, before the newest event: 12 half-lives of 30 days.
    try shop.expect(
      "SELECT score BETWEEN 80 / 2 ^ 12.5 AND 80 / 2 ^ 12 FROM ncf.popular_items WHERE item_id = 1",
      gives: "t")
    #expect(try shop.lists() != lists)
    #expect(
      try shop.value(
        "SELECT config #>> '{job,source,half_life,count}' FROM ncf.runs WHERE run_id = 2") == "30")
    // Ages are counted from the newest event, so that a later night on the same log is the same.
    let first = try shop.lists()
    try expectSuccess(shop.night("--mode", "full", config: decaying))
    #expect(try shop.lists() == first)
  }

  @Test("A robot counts for no more events than the maximum, and is still shown nothing it has")
  func maximumPerUser() throws {
    let shop = try Shop(.eighty)
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      SELECT 666, i, 'view', timestamptz '2026-01-01' + n * interval '1 minute'
      FROM generate_series(1, 35) AS i, generate_series(1, 100) AS n
      """)
    try expectSuccess(shop.night(config: shop.jobFile("\(Self.columns), max_per_user: 50", k: 10)))
    try shop.expect(
      "SELECT concat_ws(' ', rows_read, rows_used, rows_rejected) FROM ncf.runs",
      gives: #"4140 675 {"over_max_per_user": 3450}"#)
    // 50 events are the last minute of all items and 15 of the minute before.
    try shop.expect(
      """
      SELECT string_agg(item_id::text, ',' ORDER BY item_id) FROM ncf.recommendations
      WHERE user_id = 666
      """, gives: "36,37,38,39,40")
    try expectSuccess(shop.night(config: shop.jobFile("\(Self.columns), max_per_user: 20", k: 10)))
    try shop.expect(
      "SELECT concat_ws(' ', rows_used, rows_rejected) FROM ncf.runs ORDER BY run_id DESC LIMIT 1",
      gives: #"660 {"over_max_per_user": 3480}"#)
    try shop.expect(
      "SELECT count(*) FROM ncf.recommendations WHERE user_id = 666 AND item_id <= 35", gives: "0")
  }

  @Test("Below the least value nothing counts, but a thumbs-down needs no value")
  func minValue() throws {
    let shop = try Shop(.eighty)
    try shop.connection.executeScript(
      """
      UPDATE app.events SET event_type = 'rating', value = CASE WHEN item_id % 5 = 0 THEN 2 ELSE 4 END;
      INSERT INTO app.events (user_id, item_id, event_type, occurred_at)
      VALUES (1, 2, 'hide', '2026-01-03'), (2, 1, 'hide', '2026-01-03');
      """)
    let source = "\(Self.columns), events: {rating: 1, hide: -1}, min_value: 3"
    try expectSuccess(shop.night(config: shop.jobFile(source, k: 40)))
    let low = try shop.value("SELECT count(*) FROM app.events WHERE value = 2")
    try shop.expect(
      "SELECT concat_ws(' ', rows_rejected ->> 'below_min_value', rows_rejected ->> 'negative_event') FROM ncf.runs",
      gives: "\(low ?? "") 2")
    try shop.expect(
      """
      SELECT count(*) FROM ncf.recommendations
      WHERE item_id % 5 = 0 OR (user_id, item_id) IN ((1, 2), (2, 1))
      """, gives: "0")
  }
}

import Baselines
import Postgres
import Store
import TestSupport
import Testing

@testable import Jobs
@testable import Operations

/// Two slots beside each other, over days.
struct SlotComparisonTests {
  private func slots(_ shop: Shop) throws -> [SlotComparison] {
    try SlotComparison.all(job: "default", shop.database.parameters)
  }

  /// Puts everything that the job did back by some hours.
  private func age(_ shop: Shop, hours: Int) throws {
    for column in [
      "live_moves SET moved_at = moved_at", "slot_share_changes SET changed_at = changed_at",
    ] {
      try shop.connection.execute("UPDATE ncf.\(column) - interval '\(hours) hours'")
    }
  }

  @Test func hitsOfTwoSlotsAreComparedOverUsersThatStayed() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job { $0.method = .baseline(.itemknn) }
    try shop.run(job, RunRequest(force: true))
    try shop.run(job, RunRequest(slot: "b", force: true))
    #expect(try slots(shop).isEmpty)
    try shop.connection.execute("INSERT INTO ncf.slot_shares VALUES ('default', 'b', 0.4)")
    try shop.expect(
      "SELECT job, slot, share FROM ncf.slot_share_changes", gives: "default|b|0.4")
    try age(shop, hours: 80)
    // Each day users of b take the first item of their list, of main only every third user does.
    for (day, rank) in [(2, 1), (1, 2)] {
      try shop.add(
        """
        SELECT user_id, item_id,
          date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '\(day) days'
            + interval '3 hours'
        FROM ncf.recommendations_by_run
        WHERE rank = \(rank) AND (run_id = 2 AND ncf.slot_of(user_id, 'default') = 'b'
          OR run_id = 1 AND ncf.slot_of(user_id, 'default') = 'main' AND user_id % 3 = 0)
        """)
    }
    try shop.run(job, RunRequest(force: true))
    let found = try #require(try slots(shop).first)
    func users(_ slot: String, _ condition: String = "true") throws -> Int? {
      Int(
        try shop.value(
          """
          SELECT count(*) FROM generate_series(1, 200) AS u
          WHERE ncf.slot_of(u, 'default') = '\(slot)' AND \(condition)
          """) ?? "")
    }
    #expect(try users("b") == found.users)
    #expect(try users("main") == found.mainUsers)
    #expect(found.hits == found.users * 2)
    #expect(try users("main", "u % 3 = 0").map { $0 * 2 } == found.mainHits)
    #expect(found.leftOut == 0 && found.difference > 0)
    #expect(found.pValue < 0.01, "\(found.pValue)")
    #expect(found.text.hasPrefix("b is better than main: 2.0000 and 0."))
    try shop.expect(
      "SELECT slot, sum(hits) FROM ncf.served GROUP BY slot ORDER BY slot",
      gives: "b|\(found.hits)\nmain|\(found.mainHits)")

    // A larger share moves users: who came to b is left out.
    let before = try #require(try users("main"))
    try shop.connection.execute("UPDATE ncf.slot_shares SET share = 0.6")
    let left = before - (try #require(try users("main")))
    let after = try #require(try slots(shop).first)
    #expect(left > 0 && after.leftOut == left)
    #expect(after.users == found.users && after.mainUsers == found.mainUsers - left)
    #expect(after.text.hasSuffix("\(left) users changed and are left out"))

    // Who is erased is compared no more.
    let user = try #require(
      try shop.value(
        "SELECT min(u) FROM generate_series(1, 200) AS u WHERE ncf.slot_position(u::text) < 0.4"))
    _ = try Forgetting(shop.database.parameters, job: job).forget([user])
    #expect(try slots(shop).first?.users == found.users - 1)

    // Without shares there is nothing to compare, and the next night forgets who was.
    try shop.connection.execute("DELETE FROM ncf.slot_shares")
    #expect(try slots(shop).isEmpty)
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT count(*) FROM ncf.slot_users", gives: "0")
    try shop.expect(
      "SELECT share FROM ncf.slot_share_changes ORDER BY change_id", gives: "0.4\n0.6\n-")
  }
}

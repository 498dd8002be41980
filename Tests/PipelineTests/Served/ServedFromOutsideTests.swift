import Baselines
import Foundation
import Postgres
import SyntheticData
import TestSupport
import Testing

@testable import Jobs

/// What is counted, beside figures that the test works out by itself.
struct ServedFromOutsideTests {
  private struct Event {
    var user: Int
    var item: Int
    var second: Int
  }

  private struct Row {
    var user, rank, item: Int
    var score: Double
    var source: String
  }

  private struct Sums: Equatable {
    var (taking, hits) = (0, 0)
    var (ndcg, expected) = (0.0, 0.0)
  }

  private func insert(_ events: [Event], into shop: Shop) throws {
    for start in stride(from: 0, to: events.count, by: 2_000) {
      let rows = events[start..<min(start + 2_000, events.count)].map {
        "(\($0.user), \($0.item), to_timestamp(\($0.second)))"
      }
      try shop.add("VALUES \(rows.joined(separator: ", "))")
    }
  }

  @Test(arguments: [Job.Method.baseline(.ials), .baseline(.itemknn)])
  func theCountsAreThoseOfAnIndependentComparison(method: Job.Method) throws {
    let shop = try Shop(events: false)
    let now = Int(Date().timeIntervalSince1970)
    let world = PlantedWorld(
      users: 400, items: 120, eventsPerUser: 25, days: 60, endingAt: now - 3 * 86_400, seed: 11)
    var events: [[Event]] = Array(repeating: [], count: 400)
    world.events(days: 0..<60) { user, item, second in
      events[user].append(Event(user: user, item: item, second: second))
    }
    // All but each user's latest event, then a night.
    let latest = events.compactMap { $0.count > 1 ? $0.last : nil }
    let known = events.flatMap { $0.count > 1 ? Array($0.dropLast()) : $0 }
    try insert(known, into: shop)
    let job = shop.job {
      $0.method = method
      $0.baselines[ALSOptions.self].factors = 8
      $0.output.k = 10
    }
    try shop.run(job, RunRequest(force: true, threads: 2))
    try shop.age(hours: 40)
    let lists = try shop.connection.execute(
      "SELECT user_id, rank, item_id, score, source FROM ncf.recommendations ORDER BY user_id, rank"
    ).map { row in
      Row(
        user: try row.decode("user_id"), rank: try row.decode("rank"),
        item: try row.decode("item_id"), score: try row.decode("score"),
        source: try row.decode("source"))
    }
    // Each user's latest event came after the lists.
    let moved = Int(
      try shop.value("SELECT ceil(extract(epoch FROM moved_at))::bigint FROM ncf.live_moves") ?? "")
    let begins = try #require(moved)
    let coming = latest.enumerated().map { place, event in
      Event(user: event.user, item: event.item, second: begins + place * 7_919 % (39 * 3_600))
    }
    try insert(coming, into: shop)
    try shop.run(job, RunRequest(force: true, threads: 2))

    var expected: [String: Sums] = [:]
    let had = Dictionary(grouping: known, by: \.user).mapValues { Set($0.map(\.item)) }
    for event in coming where !(had[event.user]?.contains(event.item) ?? false) {
      let list = lists.filter { $0.user == event.user }
      guard let source = list.first?.source else { continue }
      var sums = expected["\(event.second / 86_400) \(source)"] ?? Sums()
      sums.taking += 1
      if let place = list.first(where: { $0.item == event.item }) {
        sums.hits += 1
        sums.ndcg += 1 / log2(Double(1 + place.rank))
      }
      if source == "model" { sums.expected += list.reduce(0) { $0 + $1.score } }
      expected["\(event.second / 86_400) \(source)"] = sums
    }
    #expect(expected.values.reduce(0) { $0 + $1.hits } > 20)
    let served = try shop.connection.execute(
      """
      SELECT day - date '1970-01-01' AS day, source, taking_users, hits, ndcg,
        coalesce(expected_hits, 0) AS expected, listed_users
      FROM ncf.served WHERE generation = 1 AND taking_users > 0
      """)
    #expect(served.rowCount == expected.count)
    for row in served {
      let (day, source): (Int, String) = (try row.decode("day"), try row.decode("source"))
      let own = try #require(expected["\(day) \(source)"])
      #expect(try row.decode(Int.self, "taking_users") == own.taking)
      #expect(try row.decode(Int.self, "hits") == own.hits)
      #expect(abs(try row.decode(Double.self, "ndcg") - own.ndcg) < 1e-6)
      #expect(abs(try row.decode(Double.self, "expected") - own.expected) < 1e-6)
      #expect(
        try row.decode(Int.self, "listed_users")
          == Set(lists.filter { $0.source == source }.map(\.user)).count)
    }
    // Measured, not asked for: how near the scores' promise comes.
    let all = expected.filter { $0.key.hasSuffix("model") }.values
    print(
      "\(method.rawValue): expected hits \(all.reduce(0) { $0 + $1.expected }), "
        + "actual \(all.reduce(0) { $0 + $1.hits })")

    try expectPartsToAddUp(shop)
    try expectRivals(shop, known: known, coming: coming, had: had)
  }

  /// Tenths and groups have the same sums as the whole.
  private func expectPartsToAddUp(_ shop: Shop) throws {
    let whole = """
      SELECT sum(taking_users), sum(hits), round(sum(expected_hits)::numeric, 6) FROM ncf.served
      WHERE source = 'model'
      """
    let model = try shop.query(whole)
    try shop.expect(
      """
      SELECT sum(taking_users), sum(hits), round(sum(expected_hits)::numeric, 6)
      FROM ncf.served_tenths
      """, gives: model)
    for dimension in ["history", "item_age"] {
      try shop.expect(
        """
        SELECT sum(taking_users), sum(hits), round(sum(expected_hits)::numeric, 6)
        FROM ncf.served_groups WHERE source = 'model' AND dimension = '\(dimension)'
        """, gives: model)
    }
  }

  /// What ItemPop would have had.
  private func expectRivals(
    _ shop: Shop, known: [Event], coming: [Event], had: [Int: Set<Int>]
  ) throws {
    var counts: [Int: Int] = [:]
    for items in had.values { for item in items { counts[item, default: 0] += 1 } }
    let order = counts.keys.sorted { (-(counts[$0] ?? 0), $0) < (-(counts[$1] ?? 0), $1) }
    var (taking, hits, ndcg) = (0, 0, 0.0)
    for event in coming {
      guard let own = had[event.user], !own.contains(event.item) else { continue }
      taking += 1
      let list = order.filter { !own.contains($0) }.prefix(10)
      guard let place = list.firstIndex(of: event.item) else { continue }
      hits += 1
      ndcg += 1 / log2(Double(2 + place))
    }
    let found = try shop.connection.execute(
      """
      SELECT sum(taking_users)::bigint AS taking_users, sum(hits)::bigint AS hits,
        sum(ndcg) AS ndcg, sum(live_hits)::bigint AS live_hits
      FROM ncf.served_rivals WHERE rival = 'itempop'
      """
    ).row()
    #expect(try found.decode(Int.self, "taking_users") == taking)
    #expect(try found.decode(Int.self, "hits") == hits)
    #expect(abs(try found.decode(Double.self, "ndcg") - ndcg) < 1e-6)
    try shop.expect(
      "SELECT sum(hits) FROM ncf.served", gives: String(try found.decode(Int.self, "live_hits")))
  }
}

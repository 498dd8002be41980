import Postgres
import Store
import TestSupport
import Testing

@testable import Jobs

/// Live lists that do worse than a rival's.
struct ServedWarningTests {
  /// Pretends that days were counted: hits of two rivals beside the live lists' 20, of 150 users.
  private func pretend(_ shop: Shop, _ nights: [(ago: Int, itempop: Int, other: Int, taking: Int)])
    throws
  {
    for night in nights {
      let day = "(now() AT TIME ZONE 'UTC')::date - \(night.ago)"
      for (rival, hits) in [("itempop", night.itempop), ("lastitem", night.other)] {
        try shop.connection.execute(
          """
          INSERT INTO ncf.served_rivals (job, slot, generation, day, rival, run_id, taking_users, hits,
            ndcg, live_hits, live_ndcg, both_hits)
          SELECT 'default', 'main', 1, \(day), '\(rival)', 1, \(night.taking), \(hits), 0, 20, 0, 0
          """)
      }
      try shop.connection.execute(
        """
        INSERT INTO ncf.served (job, slot, generation, day, source, k, run_id, listed_users,
          taking_users, hits, ndcg, provisional, counted_to)
        SELECT 'default', 'main', 1, \(day), 'model', 5, 1, 200, \(night.taking), 20, 10, false,
          now() - interval '1 hour'
        """)
    }
  }

  private func standing(_ shop: Shop, since run: Int64? = nil) throws -> ServedReader.Standing {
    try ServedReader(on: shop.connection).standing(job: "default", slot: "main", since: run)
  }

  @Test func threeNightsBelowARivalAreAWarningThatNamesIt() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.quickJob()
    try shop.run(job, RunRequest(force: true))
    try pretend(
      shop,
      [
        (9, 25, 10, 150), (8, 10, 19, 150), (7, 21, 30, 150), (6, 22, 10, 150), (5, 60, 70, 99),
        (4, 10, 25, 150),
      ])
    // The fifth day has too few users, and the eighth was better than both.
    let found = try standing(shop)
    #expect(found.nights == 3)
    #expect(found.rival == "lastitem" && found.hits == 65 && found.liveHits == 60)
    #expect(try standing(shop, since: 2).nights == 0)
    let recorder = Recorder()
    let outcome = try shop.run(job, RunRequest(force: true), observer: recorder)
    #expect(
      recorder.warnings.contains(
        "the live lists had fewer hits than lastitem's would have had, 3 nights running: 60 and 65 of "
          + "the same users"))
    #expect(outcome.served.nightsBelow == 3)
  }

  @Test func twoNightsAreNone() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.quickJob()
    try shop.run(job, RunRequest(force: true))
    try pretend(shop, [(5, 20, 20, 150), (4, 21, 10, 150), (3, 21, 10, 150)])
    #expect(try standing(shop).nights == 2)
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true), observer: recorder)
    #expect(!recorder.warnings.contains { $0.contains("nights running") })
  }

  @Test func theyAreAReasonToSearchForAnotherMethod() throws {
    let shop = try Shop(.twoHundred)
    let job = shop.job {
      $0.method = .auto
      $0.auto.trials = 8
    }
    try shop.run(job, RunRequest(force: true, threads: 2))
    try pretend(shop, [(5, 30, 0, 150), (4, 30, 0, 150), (3, 30, 0, 150)])
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true, threads: 2), observer: recorder)
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 2") == "2")
    #expect(
      recorder.notices.contains(
        "served has warned 3 nights running: the method is searched for again"))
    // Of the new choice nothing is known yet.
    try shop.run(job, RunRequest(force: true, threads: 2))
    #expect(try shop.value("SELECT search_run_id FROM ncf.runs WHERE run_id = 3") == "2")
  }
}

import Baselines
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Which run another one may go on from, as `ncf.runs` has it.
struct LineageReaderTests {
  @Test func aNightStandsForItselfAndABackfillForTheNightBefore() throws {
    let shop = try Shop()
    let job = shop.job { $0.method = .baseline(.itempop) }
    try shop.run(job)
    var backfill = RunRequest(threads: 1)
    (backfill.since, backfill.force) = (.absolute(microseconds: 0), true)
    try shop.run(job, backfill)
    let lineage = LineageReader(on: shop.connection)
    #expect(try lineage.parent(live: 1) == 1)
    #expect(try lineage.parent(live: 2) == 1)
    #expect(try lineage.parent(live: nil) == nil)
    #expect(try lineage.watermark(of: 1) != nil)
    #expect(try lineage.watermark(of: 2) == nil)
  }

  @Test func aBackfillGoesOnFromTheNewestNightThatIsNotYounger() throws {
    let shop = try Shop()
    let job = shop.job { $0.method = .baseline(.itempop) }
    try shop.run(job)
    let lineage = LineageReader(on: shop.connection)
    let watermark = try #require(try lineage.watermark(of: 1))
    func parent(
      _ since: TimePoint, now: Int64? = nil, slot: String = Job.mainSlot
    ) throws -> Int64? {
      try lineage.parentOfBackfill(job: job.name, slot: slot, since: since, now: now)
    }
    #expect(try parent(.absolute(microseconds: watermark)) == 1)
    #expect(try parent(.absolute(microseconds: watermark - 1)) == nil)
    #expect(try parent(.absolute(microseconds: watermark), slot: "b") == nil)
    let day = Age(1, .day)
    #expect(try parent(.age(day)) == nil)
    #expect(try parent(.age(day), now: watermark + 86_400_000_000) == 1)
    #expect(try parent(.age(day), now: watermark + 86_399_999_999) == nil)
  }

  @Test func aRunIsComparedWithTheConfigurationAtHand() throws {
    let shop = try Shop()
    let request = RunRequest(threads: 1)
    let job = shop.job { $0.method = .baseline(.itempop) }
    try shop.run(job, request)
    let lineage = LineageReader(on: shop.connection)
    func comparison(_ change: (inout Job) -> Void) throws -> LineageReader.Comparison? {
      var other = job
      change(&other)
      return try lineage.comparison(
        of: 1, with: RunConfiguration(job: other, request: request).json())
    }
    let same = try #require(try comparison { _ in })
    #expect(same.isSameJob && same.isSameSource && same.hasSameFeatures)
    #expect(same.seed == 7 && same.nights == 0)
    #expect(try same.watermark == lineage.watermark(of: 1))
    let longer = try #require(try comparison { $0.output.k = 6 })
    #expect(!longer.isSameJob && longer.isSameSource && longer.hasSameFeatures)
    let narrower = try #require(try comparison { $0.source.window = Age(1, .day) })
    #expect(!narrower.isSameJob && !narrower.isSameSource)
    let featured = try #require(try comparison { $0.users.features = "SELECT 1" })
    #expect(!featured.hasSameFeatures)
    #expect(
      try lineage.comparison(
        of: 2, with: RunConfiguration(job: job, request: request).json()) == nil)
  }
}

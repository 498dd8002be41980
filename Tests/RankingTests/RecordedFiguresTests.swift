import Foundation
import Interactions
import Parallelism
import Ranking
import Testing

/// Figures against those of ranx, ir-measures and SciPy, recorded by `Recorded/record_ranking.py`.
struct RecordedFiguresTests {
  struct Recording: Decodable {
    struct Comparison: Decodable {
      let first: [Double]
      let second: [Double]
      let t: Double
      let twoSided: Double
      let firstIsBetter: Double
      let secondIsBetter: Double
    }
    struct Interval: Decodable {
      let values: [Double]
      let low: Double
      let high: Double
    }
    struct Diversity: Decodable {
      let width: Int
      let vectors: [Float]
      let lists: [[UInt32]]
      let means: [Double]
    }
    let cuts: [Int]
    let scores: [[Float]]
    let relevant: [Int32]
    let metrics: [String: [[Double]]]
    let comparisons: [Comparison]
    let interval: Interval
    let diversity: Diversity
  }

  private let recording: Recording
  private let pool = WorkerPool(threads: 2)

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "ranking", withExtension: "json", subdirectory: "Recorded"))
    recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: url))
  }

  @Test(arguments: HoldoutMetric.allCases)
  func `each user's metric is that of ranx and ir-measures`(metric: HoldoutMetric) throws {
    let scorer = TableScorer(recording.scores)
    let users = recording.scores.count
    let everything = UserItems(
      lists: [[UInt32]](repeating: Array(0..<UInt32(scorer.itemCount)), count: users))
    let nothing = UserItems(lists: [[UInt32]](repeating: [], count: users))
    let sampled = HoldoutRanks.sampled(
      scorer, holdout: recording.relevant, candidates: everything, pool: pool)
    let full = HoldoutRanks.full(
      scorer, holdout: recording.relevant, leavingOut: nothing, pool: pool)
    let theirs = try #require(recording.metrics[metric.rawValue])
    #expect(theirs.count == recording.cuts.count && users == 60)
    for (k, expected) in zip(recording.cuts, theirs) {
      let ours = sampled.values(metric, k: k)
      try #require(ours.count == expected.count)
      for (one, other) in zip(ours, expected) { #expect(abs(one - other) < 1e-6) }
      #expect(full.values(metric, k: k) == ours)
      let mean = try #require(sampled.estimate(metric, k: k)).value
      #expect(abs(mean - expected.reduce(0, +) / Double(users)) < 1e-6)
    }
  }

  @Test func `paired tests are those of SciPy`() throws {
    #expect(recording.comparisons.count == 7)
    for expected in recording.comparisons {
      let test = try #require(PairedTest(expected.first, expected.second))
      #expect(abs(test.t - expected.t) < 1e-9 * max(1, abs(expected.t)))
      for (ours, theirs) in [
        (test.twoSided, expected.twoSided), (test.firstIsBetter, expected.firstIsBetter),
        (test.secondIsBetter, expected.secondIsBetter),
      ] {
        #expect(abs(ours - theirs) < 1e-12 + 1e-8 * theirs)
      }
    }
  }

  @Test func `bootstrap intervals are those of SciPy`() throws {
    let expected = recording.interval
    let ours = try #require(
      Estimate(bootstrapping: expected.values, resamples: 20_000, seed: 3))
    let low = try #require(ours.low)
    let high = try #require(ours.high)
    // Both are drawn; a bound is off by about a fortieth of the interval's width.
    let slack = (expected.high - expected.low) / 40
    #expect(abs(low - expected.low) < slack)
    #expect(abs(high - expected.high) < slack)
  }

  @Test func `diversity is the mean of SciPy's cosine distances`() {
    let expected = recording.diversity
    let diversity = IntraListDiversity(vectors: expected.vectors, width: expected.width)
    let values = diversity.values(lists(expected.lists), k: 25, pool: pool)
    #expect(values.count == expected.means.count)
    for (ours, theirs) in zip(values, expected.means) { #expect(abs(ours - theirs) < 1e-9) }
  }
}

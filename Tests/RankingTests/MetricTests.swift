import Foundation
import Interactions
import Parallelism
import Testing

@testable import Ranking

struct MetricTests {
  /// Computes a metric from a list and its relevant items, by the definitions for any number.
  private func slow(_ metric: HoldoutMetric, list: [Int], relevant: Set<Int>, k: Int) -> Double {
    let top = Array(list.prefix(k))
    let hits = top.filter { relevant.contains($0) }.count
    switch metric {
    case .hr: return hits > 0 ? 1 : 0
    case .recall: return Double(hits) / Double(relevant.count)
    case .precision: return Double(hits) / Double(k)
    case .ndcg:
      let gain = { (place: Int) in 1 / log2(Double(place) + 2) }
      let dcg = top.indices.filter { relevant.contains(top[$0]) }.map(gain).reduce(0, +)
      return dcg / (0..<min(k, relevant.count)).map(gain).reduce(0, +)
    case .mrr:
      return top.firstIndex { relevant.contains($0) }.map { 1 / Double($0 + 1) } ?? 0
    case .map:
      var sum = 0.0
      for place in top.indices where relevant.contains(top[place]) {
        sum += Double(top[...place].filter { relevant.contains($0) }.count) / Double(place + 1)
      }
      return sum / Double(min(k, relevant.count))
    }
  }

  @Test(arguments: HoldoutMetric.allCases)
  func `a metric of a rank is the metric of a list`(metric: HoldoutMetric) {
    let list = Array(100..<120)
    for rank in 0..<20 {
      for k in 1...12 {
        let expected = slow(metric, list: list, relevant: [100 + rank], k: k)
        #expect(abs(metric.value(rank: rank, k: k) - expected) < 1e-15)
      }
    }
  }

  @Test func `metrics of four users, by hand`() throws {
    let ranks = HoldoutRanks(ranks: [0, -1, 2, 9, 10])
    func mean(_ metric: HoldoutMetric, _ k: Int) throws -> Double {
      try #require(ranks.estimate(metric, k: k)).value
    }
    #expect(try mean(.hr, 10) == 0.75)
    #expect(try mean(.hr, 1) == 0.25)
    #expect(try abs(mean(.ndcg, 3) - (1 + 0.5) / 4) < 1e-15)
    #expect(try abs(mean(.ndcg, 10) - (1 + 0.5 + 0.289064826317888) / 4) < 1e-12)
    #expect(try abs(mean(.mrr, 10) - (1 + 1.0 / 3 + 0.1) / 4) < 1e-15)
    #expect(try abs(mean(.precision, 10) - 0.075) < 1e-15)
    #expect(ranks.values(.hr, k: 3) == [1, 1, 0, 0])
    #expect(ranks.estimate(.hr, k: 3)?.count == 4)
    #expect(HoldoutRanks(ranks: [-1]).estimate(.hr, k: 1) == nil)
  }
}

struct ResampledRanksTests {
  private var ranks: HoldoutRanks {
    var random = CounterRandom(seed: 5, stream: 0)
    return HoldoutRanks(
      ranks: (0..<300).map { _ in
        random.uniform() < 0.2 ? -1 : Int32(40 * random.uniform() * random.uniform())
      })
  }

  @Test(arguments: HoldoutMetric.allCases)
  func `one drawing serves every metric at every k`(metric: HoldoutMetric) throws {
    let resampled = ResampledRanks(
      ranks, k: 10, resamples: 200, seed: 6, pool: WorkerPool(threads: 3))
    for k in 1...10 {
      let ours = try #require(resampled.estimate(metric, k: k))
      let slow = try #require(
        Estimate(bootstrapping: ranks.values(metric, k: k), resamples: 200, seed: 6))
      #expect(ours.value == ranks.estimate(metric, k: k)?.value)
      #expect(ours.count == slow.count)
      #expect(abs(try #require(ours.low) - #require(slow.low)) < 1e-12)
      #expect(abs(try #require(ours.high) - #require(slow.high)) < 1e-12)
    }
  }

  @Test func `threads don't change an interval, seeds do`() {
    func estimate(seed: UInt64, threads: Int) -> Estimate? {
      ResampledRanks(ranks, k: 10, seed: seed, pool: WorkerPool(threads: threads))
        .estimate(.ndcg, k: 10)
    }
    #expect(estimate(seed: 1, threads: 1) == estimate(seed: 1, threads: 4))
    #expect(estimate(seed: 1, threads: 1) != estimate(seed: 2, threads: 1))
  }

  @Test func `one user has no interval, nobody no estimate`() {
    let pool = WorkerPool(threads: 1)
    let single = ResampledRanks(HoldoutRanks(ranks: [-1, 1]), k: 3, seed: 1, pool: pool)
    #expect(single.estimate(.mrr, k: 3) == Estimate(value: 0.5, count: 1))
    let nobody = ResampledRanks(HoldoutRanks(ranks: [-1]), k: 3, seed: 1, pool: pool)
    #expect(nobody.estimate(.mrr, k: 3) == nil)
  }
}

struct EstimateTests {
  @Test func `the interval reaches 1.96 standard errors each way, within the possible`() throws {
    let estimate = try #require(Estimate(meanOf: [1, 2, 3, 4, 5]))
    let reach = 1.959963984540054 * (2.5 / 5).squareRoot()
    #expect(estimate.value == 3)
    #expect(abs((estimate.low ?? 0) - (3 - reach)) < 1e-12)
    #expect(abs((estimate.high ?? 0) - (3 + reach)) < 1e-12)
    let cut = try #require(Estimate(meanOf: [0, 1], within: 0...1))
    #expect(cut.low == 0)
    #expect(cut.high == 1)
  }

  @Test func `one value has a mean and no interval, none has nothing`() {
    let single = Estimate(value: 4, count: 1)
    #expect(Estimate(meanOf: [4]) == single)
    #expect(Estimate(bootstrapping: [4], seed: 1) == single)
    #expect(Estimate(meanOf: []) == nil)
    #expect(Estimate(bootstrapping: [], seed: 1) == nil)
  }

  @Test func `resampling and the normal distribution agree on many values`() throws {
    var random = CounterRandom(seed: 1, stream: 0)
    let values = (0..<1_000).map { _ in random.uniform() < 0.3 ? 1.0 : 0.0 }
    let normal = try #require(Estimate(meanOf: values))
    let resampled = try #require(Estimate(bootstrapping: values, resamples: 2_000, seed: 2))
    #expect(resampled.value == normal.value)
    #expect(abs((resampled.low ?? 0) - (normal.low ?? 1)) < 0.004)
    #expect(abs((resampled.high ?? 0) - (normal.high ?? 1)) < 0.004)
    #expect(resampled == Estimate(bootstrapping: values, resamples: 2_000, seed: 2))
  }
}

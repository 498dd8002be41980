import Foundation
import Interactions
import Testing

@testable import Ranking

struct AnytimeComparisonTests {
  /// Thirty nights of users who differ in how often they take what is listed, for good.
  private struct Nights {
    private var random: CounterRandom
    private let rates: [Double]
    private let isOfFirst: [Bool]
    private var totals: [Double]

    init(users: Int, share: Double, lift: Double, seed: UInt64) {
      var random = CounterRandom(seed: seed, stream: 1)
      isOfFirst = (0..<users).map { _ in random.uniform() < share }
      rates = isOfFirst.map { isOfFirst in
        // An exponential draw: a few users do much more than the others.
        min(0.9, -0.04 * log(1 - random.uniform()) * (isOfFirst ? lift : 1))
      }
      totals = [Double](repeating: 0, count: users)
      self.random = random
    }

    mutating func next() -> AnytimeComparison {
      for user in totals.indices where random.uniform() < rates[user] { totals[user] += 1 }
      func group(_ first: Bool) -> AnytimeComparison.Group {
        let own = zip(totals, isOfFirst).filter { $1 == first }.map(\.0)
        return .init(
          users: own.count, sum: own.reduce(0, +), squares: own.reduce(0) { $0 + $1 * $1 })
      }
      return AnytimeComparison(group(true), group(false))
    }

    /// The least p-value of thirty looks, and the last comparison.
    static func run(lift: Double, seed: UInt64, share: Double = 0.5) -> (Double, AnytimeComparison)
    {
      var nights = Nights(users: 4_000, share: share, lift: lift, seed: seed)
      let looks = (0..<30).map { _ in nights.next() }
      return (looks.map(\.pValue).min() ?? 1, looks[29])
    }
  }

  @Test(arguments: [0.5, 0.2])
  func aBetterSlotIsFoundInEachOfTwentyRepetitionsOfThirtyNights(share: Double) {
    for seed in 1...20 {
      let (least, last) = Nights.run(lift: 1.5, seed: UInt64(seed), share: share)
      #expect(least < 0.01 && last.difference > 0, "seed \(seed): p \(least)")
    }
  }

  @Test(arguments: [0.5, 0.2])
  func withoutADifferenceThirtyLooksRaiseAtMostOneFalseAlarmInTwenty(share: Double) {
    let alarms = (101...120).count { Nights.run(lift: 1, seed: UInt64($0), share: share).0 < 0.05 }
    #expect(alarms <= 1)
    let strict = (101...120).count { Nights.run(lift: 1, seed: UInt64($0), share: share).0 < 0.01 }
    #expect(strict <= 1)
  }

  @Test func theIntervalHoldsAtAllLooks() {
    // 4,000 users a repetition; the true difference is 0.
    var misses = 0
    for seed in 201...220 {
      var nights = Nights(users: 1_000, share: 0.5, lift: 1, seed: UInt64(seed))
      var missed = false
      for _ in 0..<30 {
        guard let interval = nights.next().interval(alpha: 0.05) else { continue }
        if !interval.contains(0) { missed = true }
      }
      if missed { misses += 1 }
    }
    #expect(misses <= 1)
  }

  @Test func theFormulaGivesFiguresWorkedOutByHand() {
    // Means 0.3 and 0.2 of 1,000 users each, totals of 0 or 1: variances 0.21 and 0.16, times 1000/999.
    let comparison = AnytimeComparison(
      .init(users: 1_000, sum: 300, squares: 300), .init(users: 1_000, sum: 200, squares: 200))
    let variance = 500.0 * 500 * (0.21 + 0.16) / 999
    let ratio = exp(-50.0 * 50 / (2 * (variance + 25))) * ((variance + 25) / 25).squareRoot()
    #expect(abs(comparison.difference - 0.1) < 1e-12)
    #expect(abs(comparison.pValue - ratio) < 1e-9)
    let interval = comparison.interval(alpha: 0.05)
    let reach = ((variance + 25) * log((variance + 25) / (25 * 0.0025))).squareRoot() / 500
    #expect(abs((interval?.upperBound ?? 0) - (0.1 + reach)) < 1e-12)
    #expect(abs((interval?.lowerBound ?? 0) - (0.1 - reach)) < 1e-12)
  }

  @Test func ofTooFewHitsNothingIsSaid() {
    let none = AnytimeComparison(
      .init(users: 0, sum: 0, squares: 0), .init(users: 10, sum: 4, squares: 4))
    #expect(none.pValue == 1 && none.interval(alpha: 0.05) == nil)
    let few = AnytimeComparison(
      .init(users: 1_000, sum: 9, squares: 9), .init(users: 1_000, sum: 900, squares: 2_000))
    #expect(few.pValue == 1 && few.interval(alpha: 0.05) != nil)
  }
}

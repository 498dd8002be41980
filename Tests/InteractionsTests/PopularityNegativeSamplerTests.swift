import Foundation
import Interactions
import Testing

struct PopularityNegativeSamplerTests {
  /// Users with few positives, with most of the weight, with all items but one, with all.
  private static let lists: [[UInt32]] = [
    [], [0], [0, 1, 2, 5, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8, 9],
    Array(0..<10), [0, 3], [0, 3, 4], [0],
  ]
  private let positives = UserItems(lists: lists)

  @Test(arguments: 0..<5, [0, 0.5, 1, 3])
  func `free items are drawn in proportion to a power of their popularity`(
    user: Int, power: Double
  ) {
    let sampler = PopularityNegativeSampler(positives: positives, itemCount: 10, power: power)
    var random = CounterRandom(seed: 1, stream: UInt64(user))
    var counts = [Double](repeating: 0, count: 10)
    let draws = 40_000.0
    for _ in 0..<Int(draws) {
      if let item = sampler.draw(user: user, random: &random) { counts[Int(item)] += 1 }
    }
    let free = (0..<10).filter { !positives[user].contains(UInt32($0)) }
    let weights = free.map { item in
      pow(Double(max(1, positives.items.count { $0 == UInt32(item) })), power)
    }
    let total = weights.reduce(0, +)
    #expect(counts.reduce(0, +) == draws)
    for item in positives[user] { #expect(counts[Int(item)] == 0) }
    for (item, weight) in zip(free, weights) {
      let share = weight / total
      let deviation = (draws * share * (1 - share)).squareRoot()
      #expect(abs(counts[item] - draws * share) <= 5 * deviation)
    }
  }

  @Test func `a user who has everything gets nothing`() {
    let sampler = PopularityNegativeSampler(positives: positives, itemCount: 10, power: 1)
    var random = CounterRandom(seed: 1, stream: 1)
    #expect(sampler.draw(user: 5, random: &random) == nil)
  }

  @Test func `one unpopular free item among many popular ones is found at once`() {
    // Everyone has all items but the last, which nobody has.
    let positives = UserItems(lists: (0..<200).map { _ in Array(0..<999) })
    let sampler = PopularityNegativeSampler(positives: positives, itemCount: 1_000, power: 2)
    var random = CounterRandom(seed: 1, stream: 1)
    for user in 0..<200 { #expect(sampler.draw(user: user, random: &random) == 999) }
  }

  @Test func `an item that nobody has can be drawn`() {
    let sampler = PopularityNegativeSampler(
      positives: UserItems(lists: [[0], [0]]), itemCount: 3, power: 1)
    var random = CounterRandom(seed: 1, stream: 1)
    let drawn = Set((0..<100).map { _ in sampler.draw(user: 0, random: &random) })
    #expect(drawn == [1, 2])
  }

  @Test func `power 0 is the uniform sampler itself`() {
    guard
      case .uniform = NegativeSampler(
        .popularity(power: 0), positives: positives, itemCount: 10)
    else {
      Issue.record("not uniform")
      return
    }
  }
}

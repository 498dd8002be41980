import Foundation
import Interactions
import Ranking
import Testing

struct ListQualityTests {
  @Test func `lists that show all alike, and lists that show one`() throws {
    let popularity = [4, 2, 1, 1]
    let even = try #require(
      ListQuality(
        lists([[0, 1], [2, 3]]), k: 2, itemCount: 4, popularity: popularity, userCount: 4))
    #expect(even.coverage == 1)
    #expect(even.gini == 0)
    #expect(even.novelty == 1.25)
    let single = try #require(
      ListQuality(
        lists([[0], [0], [0]]), k: 1, itemCount: 4, popularity: popularity, userCount: 4))
    #expect(single.coverage == 0.25)
    #expect(single.gini == 0.75)
    #expect(single.novelty == 0)
  }

  @Test func `only the first k count, and an unseen item is as novel as can be`() throws {
    let quality = try #require(
      ListQuality(
        lists([[2, 0], [], [2, 1]]), k: 1, itemCount: 3, popularity: [8, 8, 0], userCount: 8))
    #expect(quality.coverage == 1.0 / 3)
    #expect(quality.novelty == 3)
    #expect(
      ListQuality(lists([[], []]), k: 1, itemCount: 3, popularity: [1, 1, 1], userCount: 1) == nil)
  }

  @Test func `Gini is the mean difference of all pairs over twice the mean`() throws {
    var random = CounterRandom(seed: 1, stream: 0)
    let made = (0..<40).map { _ in
      (0..<5).map { _ in UInt32(Double(20) * random.uniform() * random.uniform()) }
    }
    var shown = [Double](repeating: 0, count: 20)
    for item in made.joined() { shown[Int(item)] += 1 }
    var differences = 0.0
    for first in shown { for second in shown { differences += abs(first - second) } }
    let mean = shown.reduce(0, +) / 20
    let quality = try #require(
      ListQuality(
        lists(made), k: 5, itemCount: 20, popularity: [Int](repeating: 1, count: 20),
        userCount: 2))
    #expect(abs(quality.gini - differences / 400 / (2 * mean)) < 1e-12)
    #expect(abs(quality.novelty - 1) < 1e-12)
    #expect(quality.coverage == Double(Set(made.joined()).count) / 20)
  }
}

import Foundation
import Interactions
import Parallelism
import Testing

@testable import Ranking

struct SoftmaxSumTests {
  @Test("NaN and minus infinity count for nothing, in any place", arguments: [1, 7, 8, 9, 40, 513])
  func oddScores(count: Int) {
    var random = CounterRandom(seed: 1, stream: UInt64(count))
    var scores = (0..<count).map { _ in Float(random.uniform() * 20 - 10) }
    for index in scores.indices where index % 3 == 1 {
      scores[index] = index % 2 == 0 ? .nan : -.infinity
    }
    var sum = SoftmaxSum(scale: 1.5)
    #expect(sum.logarithm == -.infinity)
    sum.add(scores, in: 0..<count)
    let expected = log(
      scores.filter { $0.isFinite }.reduce(0) { $0 + exp(1.5 * Double($1)) })
    #expect(abs(Double(sum.logarithm) - expected) < 1e-5)
  }

  @Test("Sums of lists are those of all items outside the history, whatever may be listed")
  func sumsOfLists() throws {
    for items in [1, 15, 512, 513, 1_100] {
      let scorer = TableScorer(users: 19, items: items, seed: 5, levels: 1_000)
      let history = randomHistory(users: 19, items: items, seed: UInt64(items))
      // Whole tiles may not be listed.
      let mask = (0..<items).map { $0 % 1_024 < 300 && $0 % 2 == 0 }
      for eligible in [nil, mask] {
        for scale: Float in [0.003, 0.5] {
          let users = (0..<UInt32(19)).map { $0 }
          let lists = topK(
            scorer, users: users, k: 5, history: history, eligible: eligible, scale: scale,
            pool: WorkerPool(threads: 2))
          #expect(lists.logSums.count == 19)
          let plain = topK(
            scorer, users: users, k: 5, history: history, eligible: eligible,
            pool: WorkerPool(threads: 2))
          #expect(plain.logSums.isEmpty)
          #expect((plain.items, plain.scores) == (lists.items, lists.scores))
          for user in 0..<19 {
            let open = (0..<items).filter { !history[user].contains(UInt32($0)) }
            let scores = open.map { Double(scale) * Double(scorer.rows[user][$0]) }
            let best = scores.max() ?? 0
            let expected = best + log(scores.reduce(0) { $0 + exp($1 - best) })
            let found = Double(lists.logSums[user])
            #expect(
              open.isEmpty
                ? found == -.infinity : abs(found - expected) < 1e-5 * max(1, abs(expected)))
          }
        }
      }
    }
  }

  @Test("Neither threads nor the users beside change the bits of a sum")
  func sameBits() {
    let scorer = TableScorer(users: 61, items: 1_333, seed: 2, levels: 900)
    let history = randomHistory(users: 61, items: 1_333, seed: 3)
    let users = (0..<UInt32(61)).map { $0 }
    func sums(_ users: [UInt32], threads: Int) -> [UInt32] {
      topK(
        scorer, users: users, k: 3, history: history, scale: 0.01,
        pool: WorkerPool(threads: threads)
      ).logSums.map(\.bitPattern)
    }
    let expected = sums(users, threads: 1)
    for threads in [2, 3] {
      #expect(sums(users, threads: threads) == expected)
      #expect(sums(users.reversed(), threads: threads) == expected.reversed())
    }
  }
}

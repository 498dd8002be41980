import Baselines
import Foundation
import Interactions
import Parallelism
import Testing

struct LogLossFactorizationTests {
  private let positives = UserItems(lists: [
    [0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3], [0, 1, 2],
  ])

  private func train(
    iterations: Int, rate: Float = 0.05, regularization: Float = 0.01, negatives: Int = 2,
    weights: [Float] = [], positives: UserItems? = nil, itemCount: Int = 5, factors: Int = 3
  ) throws -> MatrixFactors {
    try LogLossFactorization.train(
      positives: positives ?? self.positives, weights: weights, itemCount: itemCount,
      options: MFOptions(
        factors: factors, learningRate: rate, regularization: regularization,
        negatives: negatives, iterations: iterations, seed: 3),
      pool: WorkerPool(threads: 1))
  }

  /// How often a positive is above an item that the user doesn't have.
  private func order(_ factors: MatrixFactors) -> Double {
    var pairs: [Double] = []
    for user in 0..<positives.userCount {
      for first in positives[user] {
        for second in UInt32(0)..<5 where !positives.contains(user: user, item: second) {
          let isAbove =
            factors.score(user: user, item: Int(first))
            > factors.score(user: user, item: Int(second))
          pairs.append(isAbove ? 1 : 0)
        }
      }
    }
    return pairs.reduce(0, +) / Double(pairs.count)
  }

  @Test func `training puts positives above the rest`() throws {
    let figures = try [0, 20, 400].map { order(try train(iterations: $0)) }
    #expect(figures[2] > figures[1] && figures[2] > figures[0])
    #expect(figures[2] > 0.9)
  }

  /// Two users with an item each and one that neither has: every sample is known, and so is what a pass
  /// does to any number, whichever of the two is met first.
  @Test(arguments: [3, 8, 13])
  func `a step goes down the gradient of the log loss`(factors: Int) throws {
    let lists = UserItems(lists: [[0], [1, 2]])
    let start = try train(iterations: 0, positives: lists, itemCount: 3, factors: factors)
    let (rate, regularization) = (Float(1e-3), Float(0.5))
    // The second user's positives weigh nothing, and neither do the negatives drawn for them.
    let end = try train(
      iterations: 1, rate: rate, regularization: regularization, negatives: 1,
      weights: [2, 0, 0], positives: lists, itemCount: 3, factors: factors)
    // The first user's steps, in double precision: item 0 up, then item 1 or 2 down.
    let candidates = [1, 2].map { negative -> Double in
      var worst = 0.0
      var p = (0..<factors).map { Double(start.users[$0]) }
      var q = (0..<3 * factors).map { Double(start.items[$0]) }
      var (bias, own, other) = (0.0, 0.0, [0.0, 0.0, 0.0])
      let keep = 1 - Double(rate * regularization)
      for (item, label) in [(0, 1.0), (negative, 0.0)] {
        let range = item * factors..<(item + 1) * factors
        let score = zip(p, q[range]).reduce(bias + own + other[item]) { $0 + $1.0 * $1.1 }
        let pull = Double(rate) * 2 * (label - 1 / (1 + exp(-score)))
        for (column, place) in range.enumerated() {
          (p[column], q[place]) = (
            keep * p[column] + pull * q[place], keep * q[place] + pull * p[column]
          )
        }
        own = keep * own + pull
        other[item] = keep * other[item] + pull
        bias = keep * bias + pull
      }
      for column in 0..<factors { worst = max(worst, abs(Double(end.users[column]) - p[column])) }
      for column in 0..<factors { worst = max(worst, abs(Double(end.items[column]) - q[column])) }
      worst = max(worst, abs(Double(end.userBiases[0]) - own))
      return max(worst, abs(Double(end.itemBiases[0]) - other[0]))
    }
    // The second user's item is held back by that user's own steps only; which of them came before the
    // first user's moves item 0 by no more than a step of a step.
    let best = try #require(candidates.min())
    #expect(best < 2e-6, "\(candidates)")
    #expect(try #require(candidates.max()) > 1e-5)
  }

  @Test func `a user who has everything learns from positives alone`() throws {
    let all = UserItems(lists: [[0, 1, 2, 3, 4]])
    let end = try train(iterations: 3, positives: all)
    #expect(end.itemBiases.allSatisfy { $0 > 0 })
  }

  @Test func `the same seed gives the same numbers and another one others`() throws {
    #expect(try train(iterations: 4) == train(iterations: 4))
    var options = MFOptions(factors: 3, iterations: 4, seed: 4)
    let pool = WorkerPool(threads: 1)
    let first = try LogLossFactorization.train(
      positives: positives, itemCount: 5, options: options, pool: pool)
    options.seed = 5
    let second = try LogLossFactorization.train(
      positives: positives, itemCount: 5, options: options, pool: pool)
    #expect(first != second)
  }

  @Test func `who hears of iterations can stop it`() throws {
    struct Stop: Error {}
    var heard: [Int] = []
    #expect(throws: Stop.self) {
      try LogLossFactorization.train(
        positives: positives, itemCount: 5, options: MFOptions(factors: 2, iterations: 9),
        pool: WorkerPool(threads: 1)
      ) {
        heard.append($0)
        if $0 == 3 { throw Stop() }
      }
    }
    #expect(heard == [1, 2, 3])
  }
}

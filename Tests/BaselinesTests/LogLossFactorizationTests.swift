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

  private static let pair = UserItems(lists: [[0], [1, 2]])

  /// The second user's samples weigh nothing: what is left is one step up for item 0 and one down for
  /// whichever is drawn.
  @Test(arguments: [3, 8, 13])
  func `a step goes down the gradient of the log loss`(factors: Int) throws {
    let start = try train(iterations: 0, positives: Self.pair, itemCount: 3, factors: factors)
    let rate: Float = 0.125
    let end = try train(
      iterations: 1, rate: rate, regularization: 0, negatives: 1, weights: [2, 0, 0],
      positives: Self.pair, itemCount: 3, factors: factors)
    func deviation(negative: Int) -> Double {
      var p = (0..<factors).map { Double(start.users[$0]) }
      var q = start.items.map { Double($0) }
      var (bias, own, other) = (0.0, 0.0, [0.0, 0.0, 0.0])
      for (item, label) in [(0, 1.0), (negative, 0.0)] {
        let places = item * factors..<(item + 1) * factors
        let score = zip(p, q[places]).reduce(bias + own + other[item]) { $0 + $1.0 * $1.1 }
        let pull = Double(rate) * 2 * (label - 1 / (1 + exp(-score)))
        for (column, place) in places.enumerated() {
          (p[column], q[place]) = (p[column] + pull * q[place], q[place] + pull * p[column])
        }
        (bias, own, other[item]) = (bias + pull, own + pull, other[item] + pull)
      }
      let differences =
        zip(end.users, p).map { abs(Double($0) - $1) }
        + zip(end.items, q).map { abs(Double($0) - $1) } + [abs(Double(end.userBiases[0]) - own)]
        + zip(end.itemBiases, other).map { abs(Double($0) - $1) }
      return differences.max() ?? .infinity
    }
    let deviations = [0, 1, 2].map(deviation)
    #expect(try #require(deviations.min()) < 1e-6, "\(deviations)")
    #expect(try #require(deviations.max()) > 1e-2, "\(deviations)")
  }

  @Test func `every sample holds back what it names`() throws {
    let start = try train(iterations: 0, positives: Self.pair, itemCount: 3)
    let end = try train(
      iterations: 1, rate: 0.5, regularization: 0.25, negatives: 1, weights: [0, 0, 0],
      positives: Self.pair, itemCount: 3)
    let keep: Float = 1 - 0.5 * 0.25
    // The first user has a positive and a negative, the second two of each.
    for column in 0..<3 {
      #expect(abs(end.users[column] - keep * keep * start.users[column]) < 1e-6)
      #expect(
        abs(end.users[3 + column] - keep * keep * keep * keep * start.users[3 + column]) < 1e-6)
    }
    // Of the six samples each item is named by its positive, and by whichever negatives it is.
    let named = (0..<3).map { item in
      (1...4).first { count in
        (0..<3).allSatisfy { column in
          let kept = (0..<count).reduce(start.items[item * 3 + column]) { value, _ in keep * value }
          return abs(end.items[item * 3 + column] - kept) < 1e-6
        }
      }
    }
    #expect(named.reduce(0) { $0 + ($1 ?? 0) } == 6 && !named.contains(nil), "\(named)")
  }

  /// With weights of 0 nothing but holding back is left, which counts how often an item is named.
  @Test func `negatives are drawn from the whole catalogue, the user's own among them`() throws {
    let (own, itemCount, iterations, negatives) = (10, 20, 100, 4)
    let positives = UserItems(lists: [Array(0..<UInt32(own))])
    func train(_ iterations: Int) throws -> MatrixFactors {
      try self.train(
        iterations: iterations, rate: 1, regularization: 1.0 / 1024, negatives: negatives,
        weights: [Float](repeating: 0, count: own), positives: positives, itemCount: itemCount,
        factors: 1)
    }
    let (start, end) = (try train(0).items, try train(iterations).items)
    let named = zip(start, end).map { (log(Double($1 / $0)) / log(1 - 1.0 / 1024)).rounded() }
    #expect(named.reduce(0, +) == Double(iterations * own * (negatives + 1)))
    let drawn = named.enumerated().map { $1 - Double($0 < own ? iterations : 0) }
    // 4,000 draws among 20 items: 200 each, give or take four standard deviations.
    #expect(drawn.allSatisfy { abs($0 - 200) < 56 }, "\(drawn)")
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

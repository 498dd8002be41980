import Baselines
import Foundation
import Interactions
import Parallelism
import Testing

struct ElementwiseALSTests {
  private let positives = UserItems(lists: [[0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3], [1, 4]])
  private let weights: [Float] = [1, 2, 0.1, 1, 3, 1, 0.05, 2, 1, 4, 1, 0.5]
  private let itemCount = 6

  private func options(iterations: Int) -> EALSOptions {
    EALSOptions(
      factors: 3, regularization: 0.2, missingWeight: 2, popularityPower: 0.5,
      iterations: iterations, seed: 7)
  }

  private func train(_ iterations: Int, weighted: Bool) throws -> MatrixFactors {
    try ElementwiseALS.train(
      positives: positives, weights: weighted ? weights : [], itemCount: itemCount,
      options: options(iterations: iterations), pool: WorkerPool(threads: 1))
  }

  /// The objective of equation 7 of the paper, over all pairs, in double precision.
  private func objective(_ factors: MatrixFactors, weighted: Bool) -> Double {
    let powers = (0..<itemCount).map { item in
      sqrt(Double(positives.items.count { $0 == UInt32(item) }))
    }
    let shares = powers.map { 2 * $0 / powers.reduce(0, +) }
    var sum = 0.0
    for user in 0..<factors.userCount {
      for item in 0..<itemCount {
        let entry = positives.range(of: user).first { positives.items[$0] == UInt32(item) }
        let score = factors.score(user: user, item: item)
        if let entry {
          sum += Double(weighted ? weights[entry] : 1) * (1 - score) * (1 - score)
        } else {
          sum += shares[item] * score * score
        }
      }
    }
    let squares = (factors.users + factors.items).reduce(0.0) { $0 + Double($1) * Double($1) }
    return sum + 0.2 * squares
  }

  @Test(arguments: [false, true])
  func `every iteration lowers the objective`(weighted: Bool) throws {
    let figures = try (1...8).map {
      objective(try train($0, weighted: weighted), weighted: weighted)
    }
    #expect(zip(figures, figures.dropFirst()).allSatisfy { $0 > $1 }, "\(figures)")
  }

  /// The last number of each item's vector is set last, all others held.
  @Test(arguments: [false, true])
  func `the number that is set last is at the objective's least`(weighted: Bool) throws {
    let factors = try train(3, weighted: weighted)
    let least = objective(factors, weighted: weighted)
    for item in 0..<itemCount {
      for step in [Float(0.01), -0.01] {
        var other = factors
        other.items[item * 3 + 2] += step
        #expect(objective(other, weighted: weighted) > least)
      }
    }
  }
}

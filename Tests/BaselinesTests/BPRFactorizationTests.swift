import Baselines
import Foundation
import Interactions
import Parallelism
import Testing

struct BPRFactorizationTests {
  private let positives = UserItems(lists: [
    [0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3], [0, 1, 2],
  ])

  private func train(
    iterations: Int, rate: Float = 0.05, weights: [Float] = [], positives: UserItems? = nil
  ) throws -> MatrixFactors {
    try BPRFactorization.train(
      positives: positives ?? self.positives, weights: weights, itemCount: 5,
      options: BPROptions(
        factors: 3, learningRate: rate, regularization: 0.01, iterations: iterations, seed: 3),
      pool: WorkerPool(threads: 1))
  }

  /// The mean of `ln sigmoid` over all positives against all other items.
  private func criterion(_ factors: MatrixFactors) -> Double {
    var values: [Double] = []
    for user in 0..<positives.userCount {
      for first in positives[user] {
        for second in UInt32(0)..<5 where !positives.contains(user: user, item: second) {
          let difference =
            factors.score(user: user, item: Int(first))
            - factors.score(user: user, item: Int(second))
          values.append(-log1p(exp(-difference)))
        }
      }
    }
    return values.reduce(0, +) / Double(values.count)
  }

  @Test func `training raises the criterion`() throws {
    let figures = try [0, 10, 40, 160].map { criterion(try train(iterations: $0)) }
    #expect(figures == figures.sorted())
    #expect(figures[3] > figures[0] + 0.3)
  }

  /// One positive and one item to draw: the step can be written down.
  @Test func `a step is the gradient of the criterion`() throws {
    let pair = UserItems(lists: [[0, 1, 2, 3]])
    let start = try train(iterations: 0, positives: pair)
    let end = try train(iterations: 1, rate: 1e-4, weights: [3, 0, 0, 0], positives: pair)
    let difference = start.score(user: 0, item: 0) - start.score(user: 0, item: 4)
    let pull = 3 / (1 + exp(difference))
    for column in 0..<3 {
      let (u, i, j) = (start.users[column], start.items[column], start.items[12 + column])
      // The other positives, of weight 0, only hold back: by 1e-6 of what there is, each.
      let expected = Double(u) + 1e-4 * (pull * Double(i - j))
      #expect(abs(Double(end.users[column]) - expected) < 1e-5)
    }
    #expect(abs(Double(end.itemBiases[0]) - 1e-4 * pull) < 1e-6)
    #expect(abs(Double(end.itemBiases[4]) + 1e-4 * pull) < 1e-6)
  }

  @Test func `a user who has everything is left alone`() throws {
    let all = UserItems(lists: [[0, 1, 2, 3, 4]])
    #expect(
      try train(iterations: 3, positives: all) == train(iterations: 0, positives: all))
  }
}

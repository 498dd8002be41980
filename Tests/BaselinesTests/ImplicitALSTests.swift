import Baselines
import Interactions
import Parallelism
import Testing

struct ImplicitALSTests {
  private static let lists: [[UInt32]] = [[0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3], [1, 4]]
  private let positives = UserItems(lists: lists)
  private let weights: [Float] = [1, 2, 0.1, 1, 3, 1, 0.05, 2, 1, 4, 1, 0.5]

  private func options(iterations: Int) -> ALSOptions {
    ALSOptions(factors: 3, regularization: 0.5, alpha: 4, iterations: iterations, seed: 7)
  }

  /// `sum of c (p - x.y)^2 + reg (|x|^2 + |y|^2)` over all pairs, in double precision.
  private func objective(_ factors: MatrixFactors, weighted: Bool) -> Double {
    var sum = 0.0
    for user in 0..<factors.userCount {
      for item in 0..<factors.itemCount {
        let entry = positives.range(of: user).first { positives.items[$0] == UInt32(item) }
        let score = factors.score(user: user, item: item)
        let confidence = entry.map { 4 * Double(weighted ? weights[$0] : 1) } ?? 1
        let target = entry == nil ? 0.0 : 1
        sum += confidence * (target - score) * (target - score)
      }
    }
    let squares = (factors.users + factors.items).reduce(0.0) { $0 + Double($1) * Double($1) }
    return sum + 0.5 * squares
  }

  private func train(_ iterations: Int, weighted: Bool) throws -> MatrixFactors {
    try ImplicitALS.train(
      positives: positives, weights: weighted ? weights : [], itemCount: 5,
      options: options(iterations: iterations), pool: WorkerPool(threads: 1))
  }

  @Test(arguments: [false, true])
  func `every iteration lowers the objective`(weighted: Bool) throws {
    let figures = try (1...8).map {
      objective(try train($0, weighted: weighted), weighted: weighted)
    }
    #expect(zip(figures, figures.dropFirst()).allSatisfy { $0 > $1 }, "\(figures)")
  }

  /// The items are solved for last: no small change of any of their numbers is better.
  @Test(arguments: [false, true])
  func `item vectors are at the objective's least`(weighted: Bool) throws {
    let factors = try train(2, weighted: weighted)
    let least = objective(factors, weighted: weighted)
    for position in factors.items.indices {
      for step in [Float(0.02), -0.02] {
        var other = factors
        other.items[position] += step
        #expect(objective(other, weighted: weighted) > least)
      }
    }
  }

  @Test func `who has nothing has a vector of zeros`() throws {
    #expect(try train(3, weighted: false).users[6..<9].allSatisfy { $0 == 0 })
  }

  @Test func `each iteration is reported, and a report can stop it`() throws {
    struct Stop: Error {}
    var seen: [Int] = []
    #expect(throws: Stop.self) {
      _ = try ImplicitALS.train(
        positives: positives, itemCount: 5, options: options(iterations: 9),
        pool: WorkerPool(threads: 1)
      ) { iteration in
        seen.append(iteration)
        if iteration == 3 { throw Stop() }
      }
    }
    #expect(seen == [1, 2, 3])
  }

  @Test func `both forms of scoring factors give the dot product with biases`() {
    let factors = MatrixFactors(
      width: 2, userCount: 2, itemCount: 3, users: [1, 2, 3, 4], items: [1, 0, 0, 1, 2, 2],
      userBiases: [10, 20], itemBiases: [0.5, 0.25, 0.125])
    var tile = [Float](repeating: -1, count: 4)
    var scratch = factors.makeScratch()
    let users: [UInt32] = [1, 0]
    var span = tile.mutableSpan
    factors.fill(&span, users: users.span, items: 1..<3, scratch: &scratch)
    #expect(tile == [24.25, 34.125, 12.25, 16.125])
    var row = [Float](repeating: -1, count: 2)
    let items: [UInt32] = [2, 0]
    var rowSpan = row.mutableSpan
    factors.fill(&rowSpan, user: 1, items: items.span, scratch: &scratch)
    #expect(row == [34.125, 23.5])
  }
}

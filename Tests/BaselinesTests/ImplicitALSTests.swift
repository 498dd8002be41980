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

/// Rows are solved for in the factors or in their entries: either way the equations hold.
struct ImplicitALSEquationsTests {
  private static let (userCount, itemCount, width) = (90, 60, 24)
  /// Lists of 0 to 44 items: some shorter than half the factors, and some longer.
  private static let lists: [[UInt32]] = (0..<userCount).map { user in
    var random = CounterRandom(seed: 5, stream: UInt64(user))
    return (0..<UInt32(itemCount)).filter { _ in random.uniform() < Double(user % 12) / 15 }
  }
  private let positives = UserItems(lists: lists)

  /// The greatest share of the right side that the normal equations of an item are off by.
  private func residual(_ factors: MatrixFactors, _ confidences: [Float], _ reg: Double) -> Double {
    let width = Self.width
    var worst = 0.0
    for item in 0..<Self.itemCount {
      var off = [Double](repeating: 0, count: width)
      var right = off
      let own = (0..<width).map { Double(factors.items[item * width + $0]) }
      for user in 0..<Self.userCount {
        let y = (0..<width).map { Double(factors.users[user * width + $0]) }
        let entry = positives.range(of: user).first { positives.items[$0] == UInt32(item) }
        let confidence = entry.map { Double(confidences[$0]) } ?? 1
        let score = zip(own, y).reduce(0) { $0 + $1.0 * $1.1 }
        for place in 0..<width {
          off[place] += confidence * (score - (entry == nil ? 0 : 1)) * y[place]
          right[place] += entry == nil ? 0 : confidence * y[place]
        }
      }
      for place in 0..<width { off[place] += reg * own[place] }
      let scale = right.reduce(0) { max($0, abs($1)) }
      worst = max(worst, off.reduce(0) { max($0, abs($1)) } / max(scale, 1))
    }
    return worst
  }

  /// With a lower weight than a missing pair's, with the same, and with more.
  @Test("The normal equations hold", arguments: [Float(0.5), 1, 4, 60], [false, true])
  func equations(alpha: Float, weighted: Bool) throws {
    var random = CounterRandom(seed: 9, stream: 1)
    let weights = positives.items.map { _ in weighted ? Float(0.2 + 2 * random.uniform()) : 1 }
    let factors = try ImplicitALS.train(
      positives: positives, weights: weighted ? weights : [], itemCount: Self.itemCount,
      options: ALSOptions(
        factors: Self.width, regularization: 2, alpha: alpha, iterations: 3, seed: 3),
      pool: WorkerPool(threads: 2))
    #expect(residual(factors, weights.map { alpha * $0 }, 2) < 1e-4)
  }

  @Test("Both ways of solving are taken")
  func lengths() {
    let byItem = (0..<Self.itemCount).map { item in
      Self.lists.count { $0.contains(UInt32(item)) }
    }
    for lengths in [Self.lists.map(\.count), byItem] { #expect(lengths.contains { $0 > 12 }) }
    #expect(Self.lists.contains { !$0.isEmpty && $0.count <= 12 })
  }
}

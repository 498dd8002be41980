import Baselines
import Interactions
import Parallelism
import Testing

struct ShallowAutoencoderTests {
  private static let lists: [[UInt32]] = [
    [0, 1, 4], [1, 2], [], [0, 2, 3, 4], [3], [1, 4], [0, 1, 2], [2, 3],
  ]
  private let positives = UserItems(lists: lists)
  private let weights: [Float] = [
    1, 2, 0.5, 1, 3, 1, 0.25, 2, 1, 4, 1, 0.5, 1, 1, 2, 0.5, 1,
  ]
  /// The last one has no interaction.
  private let itemCount = 6
  private let regularization = 1.5

  private func options(factors: Int, iterations: Int = 8) -> EASEOptions {
    EASEOptions(
      factors: factors, regularization: Float(regularization), iterations: iterations, seed: 3)
  }

  private func interactions(weighted: Bool) -> [[Double]] {
    (0..<positives.userCount).map { user in
      var row = [Double](repeating: 0, count: itemCount)
      for entry in positives.range(of: user) {
        row[Int(positives.items[entry])] = weighted ? Double(weights[entry]) : 1
      }
      return row
    }
  }

  /// `X B`, from the problem that each column of `B` solves by itself, in double precision: the ridge
  /// regression of an item on all others, which is where the closed form comes from.
  private func scores(weighted: Bool) -> [[Double]] {
    let x = interactions(weighted: weighted)
    var result = x.map { _ in [Double](repeating: 0, count: itemCount) }
    for item in 0..<itemCount {
      let others = (0..<itemCount).filter { $0 != item }
      let left = others.map { first in
        others.map { second in
          x.reduce(0) { $0 + $1[first] * $1[second] } + (first == second ? regularization : 0)
        }
      }
      let right = others.map { other in x.reduce(0) { $0 + $1[other] * $1[item] } }
      let solution = solve(left, right)
      for user in x.indices {
        result[user][item] = zip(others, solution).reduce(0) { $0 + x[user][$1.0] * $1.1 }
      }
    }
    return result
  }

  /// By Gauss and Jordan; the matrix is positive definite, so no pivot is looked for.
  private func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var rows = zip(matrix, right).map { $0 + [$1] }
    for pivot in rows.indices {
      let scale = rows[pivot][pivot]
      for column in rows[pivot].indices { rows[pivot][column] /= scale }
      for row in rows.indices where row != pivot {
        let factor = rows[row][pivot]
        for column in rows[row].indices { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return rows.map { $0[right.count] }
  }

  private func train(
    factors: Int, weighted: Bool = false, iterations: Int = 8
  ) throws -> MatrixFactors {
    try ShallowAutoencoder.train(
      positives: positives, weights: weighted ? weights : [], itemCount: itemCount,
      options: options(factors: factors, iterations: iterations),
      pool: WorkerPool(threads: 1))
  }

  /// The sum of squares of what is missing.
  private func distance(_ factors: MatrixFactors, _ scores: [[Double]]) -> Double {
    var sum = 0.0
    for (user, row) in scores.enumerated() {
      for (item, score) in row.enumerated() {
        let difference = factors.score(user: user, item: item) - score
        sum += difference * difference
      }
    }
    return sum
  }

  @Test(arguments: [false, true])
  func `with all factors the scores are those of the ridge regressions`(weighted: Bool) throws {
    let factors = try train(factors: 8, weighted: weighted)
    #expect(factors.width == 8)
    #expect(distance(factors, scores(weighted: weighted)) < 1e-9)
    let zeros = [Float](repeating: 0, count: 8)
    #expect(Array(factors.users[16..<24]) == zeros, "a user without interactions")
    #expect(Array(factors.items[40..<48]) == zeros, "an item without interactions")
  }

  /// Eckart and Young: no other sum of so many products is nearer; and each further factor takes away
  /// a singular value's square, less each time.
  @Test func `with fewer factors nothing is nearer to the scores`() throws {
    let scores = scores(weighted: true)
    let whole = scores.joined().reduce(0) { $0 + $1 * $1 }
    let left =
      try [whole] + (1...5).map { distance(try train(factors: $0, weighted: true), scores) }
    let taken = zip(left, left.dropFirst()).map { $0 - $1 }
    for (first, second) in zip(taken, taken.dropFirst()) { #expect(first > second - 1e-6) }
    #expect(taken[0] > whole / 3 && taken[4] > -1e-6)
    for factors in 1...3 {
      let least = try train(factors: factors, weighted: true)
      let distance = distance(least, scores)
      for place in least.items.indices {
        for step in [Float(0.03), -0.03] {
          var other = least
          other.items[place] += step
          #expect(self.distance(other, scores) >= distance - 1e-6)
        }
      }
    }
  }

  @Test func `iterations are told, and can be stopped`() throws {
    struct Stopped: Error {}
    var told: [Int] = []
    #expect(throws: Stopped.self) {
      try ShallowAutoencoder.train(
        positives: positives, itemCount: itemCount, options: options(factors: 2),
        pool: WorkerPool(threads: 1)
      ) {
        told.append($0)
        if $0 == 2 { throw Stopped() }
      }
    }
    #expect(told == [1, 2])
  }

  @Test func `nobody and nothing give vectors of no effect`() throws {
    for (lists, itemCount) in [([], 3), ([[], []], 3), ([[], []], 0)] as [([[UInt32]], Int)] {
      let factors = try ShallowAutoencoder.train(
        positives: UserItems(lists: lists), itemCount: itemCount, options: options(factors: 2),
        pool: WorkerPool(threads: 1))
      #expect(factors.users == [Float](repeating: 0, count: lists.count * 2))
      #expect(factors.items == [Float](repeating: 0, count: itemCount * 2))
    }
  }

  @Test func `what can't be inverted or held is refused`() throws {
    let pool = WorkerPool(threads: 1)
    // Two items that always come together: without regularization their rows are the same.
    let twins = UserItems(lists: [[0, 1], [0, 1], [0, 1]])
    let refused = #expect(throws: FactorizationError.self) {
      try ShallowAutoencoder.train(
        positives: twins, weights: [Float](repeating: 1_000, count: 6), itemCount: 2,
        options: EASEOptions(factors: 2, regularization: 1e-9), pool: pool)
    }
    #expect(
      refused?.description
        == "the items' matrix of ease can't be inverted with a regularization of 1e-09")
    #expect(refused?.advice == "raise its regularization")
    let tooMany = #expect(throws: FactorizationError.self) {
      try ShallowAutoencoder.train(
        positives: twins, itemCount: 46_341, options: options(factors: 2), pool: pool)
    }
    #expect(
      tooMany?.description
        == "ease has a number for each pair of items, and 46341 items are more than its 46340")
    #expect(tooMany?.advice == "choose another factorisation, or read fewer items")
  }
}

private import CProcessor
private import Glibc
package import Interactions
package import Parallelism

/// Settings of `LogLossFactorization`.
package struct MFOptions: Sendable, Equatable, Codable {
  /// Numbers in a user's and in an item's vector.
  package var factors: Int
  /// The step.
  package var learningRate: Float
  /// What holds back vectors and biases at every step that names them.
  package var regularization: Float
  /// Items drawn for each positive, from the whole catalogue.
  package var negatives: Int
  /// How often every positive is met.
  package var iterations: Int
  /// What start, order and negatives follow from.
  package var seed: UInt64

  /// Names the settings, with the step, what holds back and the negatives of the paper below.
  package init(
    factors: Int = 64, learningRate: Float = 0.002, regularization: Float = 0.005,
    negatives: Int = 8, iterations: Int = 128, seed: UInt64 = 1
  ) {
    (self.factors, self.learningRate, self.regularization) = (factors, learningRate, regularization)
    (self.negatives, self.iterations, self.seed) = (negatives, iterations, seed)
  }
}

/// Matrix factorisation with biases on the log loss [7], by stochastic gradient descent: MF.
///
/// Rendle, Krichene, Zhang, Anderson, "Neural Collaborative Filtering vs. Matrix Factorization
/// Revisited", RecSys 2020: a step on each sample, a positive and then the items drawn for it, of
/// `w_ui (log loss of sigmoid(b + b_u + b_i + p_u . q_i)) + reg / 2 |theta|^2`. As in the authors' code
/// (`mf_simple.py`, whose loss has `negatives / |I|` times the sum over all items) negatives are drawn from
/// the whole catalogue, the user's own items among them: see the decision on negatives. Every step reads
/// what the one before has written, so it runs on one thread, and its result depends on the data and the
/// settings alone.
package enum LogLossFactorization: Factorization {
  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order, that its negatives share; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: the settings.
  ///   - pool: not used: see above.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors, and biases of users and items; the bias of all is left out, as it ranks nothing.
  /// - Throws: what `report` throws.
  package static func train(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: MFOptions,
    pool: WorkerPool, report: (_ iteration: Int) throws -> Void = { _ in }
  ) throws -> MatrixFactors {
    var model = Descent(userCount: positives.userCount, itemCount: itemCount, options: options)
    let passes = StochasticPasses(positives, weights, seed: options.seed)
    // Drawn before they are needed, so that the caches can fetch the next item during a step.
    var drawn = [Int](repeating: 0, count: options.negatives)
    try passes.run(iterations: options.iterations, report: report) { entry, user, weight, random in
      for place in drawn.indices { drawn[place] = Int.random(in: 0..<itemCount, using: &random) }
      if let first = drawn.first { model.prefetch(item: first) }
      model.step(user, Int(positives.items[entry]), label: 1, weight: weight)
      for (place, item) in drawn.enumerated() {
        if place + 1 < drawn.count { model.prefetch(item: drawn[place + 1]) }
        model.step(user, item, label: 0, weight: weight)
      }
    }
    return model.factors
  }

  /// Vectors and biases on their way down.
  private struct Descent {
    private typealias Vector = SIMD16<Float>
    private static let lanes = Vector.scalarCount

    private let options: MFOptions
    private let userCount: Int
    private let itemCount: Int
    /// Vectors in a row; what they hold beyond the factors is and stays 0.
    private let vectors: Int
    private let users: Block
    private let items: Block
    private var userBiases: [Float]
    private var itemBiases: [Float]
    private var bias: Float = 0

    init(userCount: Int, itemCount: Int, options: MFOptions) {
      self.options = options
      (self.userCount, self.itemCount) = (userCount, itemCount)
      vectors = (options.factors + Self.lanes - 1) / Self.lanes
      users = Block(userCount * vectors * Self.lanes)
      items = Block(itemCount * vectors * Self.lanes)
      userBiases = [Float](repeating: 0, count: userCount)
      itemBiases = [Float](repeating: 0, count: itemCount)
      draw(users, userCount, stream: 1)
      draw(items, itemCount, stream: 2)
    }

    private func draw(_ rows: Block, _ count: Int, stream: UInt64) {
      let width = options.factors
      let drawn = drawnVectors(
        count, width: width, deviation: 0.1, seed: options.seed, stream: stream)
      for row in 0..<count {
        for column in 0..<width {
          unsafe rows.base[row * vectors * Self.lanes + column] = drawn[row * width + column]
        }
      }
    }

    /// Asks the caches for an item's vector.
    @inline(__always)
    func prefetch(item: Int) {
      let row = unsafe items.base + item * vectors * Self.lanes
      for line in 0..<vectors { unsafe processor_prefetch(row + line * Self.lanes) }
    }

    /// Goes one step down the gradient of one sample.
    @inline(__always)
    mutating func step(_ user: Int, _ item: Int, label: Float, weight: Float) {
      precondition(user < userCount && item < itemCount, "no such user or item")
      let size = vectors * MemoryLayout<Vector>.stride
      let p = unsafe UnsafeMutableRawPointer(users.base) + user * size
      let q = unsafe UnsafeMutableRawPointer(items.base) + item * size
      var sum = Vector.zero
      for offset in stride(from: 0, to: size, by: MemoryLayout<Vector>.stride) {
        let (own, other) = unsafe (
          p.load(fromByteOffset: offset, as: Vector.self),
          q.load(fromByteOffset: offset, as: Vector.self)
        )
        sum = sum.addingProduct(own, other)
      }
      // Halves are added to halves: `sum()` would be a chain of fifteen additions.
      let eight = sum.lowHalf + sum.highHalf
      let four = eight.lowHalf + eight.highHalf
      let two = four.lowHalf + four.highHalf
      let score = bias + userBiases[user] + itemBiases[item] + (two.x + two.y)
      let pull = options.learningRate * weight * (label - 1 / (1 + expf(-score)))
      let keep = 1 - options.learningRate * options.regularization
      for offset in stride(from: 0, to: size, by: MemoryLayout<Vector>.stride) {
        let (own, other) = unsafe (
          p.load(fromByteOffset: offset, as: Vector.self),
          q.load(fromByteOffset: offset, as: Vector.self)
        )
        unsafe p.storeBytes(
          of: (keep * own).addingProduct(pull, other), toByteOffset: offset, as: Vector.self)
        unsafe q.storeBytes(
          of: (keep * other).addingProduct(pull, own), toByteOffset: offset, as: Vector.self)
      }
      userBiases[user] = keep * userBiases[user] + pull
      itemBiases[item] = keep * itemBiases[item] + pull
      bias = keep * bias + pull
    }

    /// What has been learnt.
    var factors: MatrixFactors {
      MatrixFactors(
        width: options.factors, userCount: userCount, itemCount: itemCount,
        users: rows(users, userCount), items: rows(items, itemCount), userBiases: userBiases,
        itemBiases: itemBiases)
    }

    private func rows(_ block: Block, _ count: Int) -> [Float] {
      (0..<count).flatMap { row in
        (0..<options.factors).map { unsafe block.base[row * vectors * Self.lanes + $0] }
      }
    }
  }
}

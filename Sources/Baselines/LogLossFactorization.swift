package import Interactions
import Kernels
import Lanes
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
    let model = Descent(userCount: positives.userCount, itemCount: itemCount, options: options)
    let passes = StochasticPasses(positives, weights, seed: options.seed)
    // A positive and then its negatives: drawn before they are needed, so that the caches can fetch the
    // next item during a step.
    let list = Storage<UInt32>(count: options.negatives + 1)
    try passes.run(iterations: options.iterations, report: report) { entry, user, weight, random in
      list.buffer[0] = positives.items[entry]
      for place in 1..<options.negatives + 1 {
        list.buffer[place] = UInt32(
          truncatingIfNeeded: Int.random(in: 0..<itemCount, using: &random))
      }
      model.descend(user, list.buffer, weight: weight)
    }
    return model.factors
  }

  /// Vectors and biases on their way down.
  private struct Descent {
    /// Numbers in a row are a multiple of this; what they hold beyond the factors is and stays 0.
    private static let lanes = 16

    private let options: MFOptions
    private let userCount: Int
    private let itemCount: Int
    private let width: Int
    private let memory = Memory()
    private let model: FactorDescent

    init(userCount: Int, itemCount: Int, options: MFOptions) {
      self.options = options
      (self.userCount, self.itemCount) = (userCount, itemCount)
      width = (options.factors + Self.lanes - 1) / Self.lanes * Self.lanes
      model = FactorDescent(
        users: memory.make(userCount * width), items: memory.make(itemCount * width),
        userBiases: memory.make(userCount), itemBiases: memory.make(itemCount),
        bias: memory.make(1), width: width, learningRate: options.learningRate,
        regularization: options.regularization)
      draw(model.users, userCount, stream: 1)
      draw(model.items, itemCount, stream: 2)
    }

    private func draw(_ rows: Buffer<Float>, _ count: Int, stream: UInt64) {
      let factors = options.factors
      let drawn = drawnVectors(
        count, width: factors, deviation: 0.1, seed: options.seed, stream: stream)
      for row in 0..<count {
        rows.copy(from: drawn[row * factors..<(row + 1) * factors], at: row * width)
      }
    }

    /// Goes one step down the gradient for each item of a list, of which the first is the positive.
    func descend(_ user: Int, _ list: Buffer<UInt32>, weight: Float) {
      precondition(user < userCount, "no such user")
      for place in 0..<list.count {
        precondition(Int(list[place]) < itemCount, "no such item")
      }
      unsafe Kernels.active.pointee.descend(model, user, list, list.count, weight)
    }

    /// What has been learnt.
    var factors: MatrixFactors {
      MatrixFactors(
        width: options.factors, userCount: userCount, itemCount: itemCount,
        users: rows(model.users, userCount), items: rows(model.items, itemCount),
        userBiases: (0..<userCount).map { model.userBiases[$0] },
        itemBiases: (0..<itemCount).map { model.itemBiases[$0] })
    }

    private func rows(_ buffer: Buffer<Float>, _ count: Int) -> [Float] {
      (0..<count).flatMap { row in (0..<options.factors).map { buffer[row * width + $0] } }
    }

  }
}

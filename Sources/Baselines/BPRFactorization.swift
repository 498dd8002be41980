private import Elementary
package import Interactions
package import Parallelism

/// Settings of `BPRFactorization`.
package struct BPROptions: Sendable, Equatable, Codable {
  /// Numbers in a user's and in an item's vector.
  package var factors: Int
  /// The step.
  package var learningRate: Float
  /// What holds back vectors and biases at every step that names them.
  package var regularization: Float
  /// How often every positive is met.
  package var iterations: Int
  /// What start, order and negatives follow from.
  package var seed: UInt64

  /// Names the settings.
  package init(
    factors: Int = 64, learningRate: Float = 0.05, regularization: Float = 0.01,
    iterations: Int = 60, seed: UInt64 = 1
  ) {
    (self.factors, self.learningRate, self.regularization) = (factors, learningRate, regularization)
    (self.iterations, self.seed) = (iterations, seed)
  }
}

/// Matrix factorisation by Bayesian personalised ranking: BPR-MF.
///
/// Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009: stochastic
/// gradient ascent of `w_ui ln sigmoid(x_ui - x_uj) - reg / 2 |theta|^2`, a positive i against one
/// drawn negative j, items with a bias. Every step reads what the one before has written, so it runs
/// on one thread, and its result depends on the data and the settings alone.
package enum BPRFactorization: Factorization {
  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: the settings.
  ///   - pool: not used: see above.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors and biases of items.
  /// - Throws: what `report` throws.
  package static func train(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: BPROptions,
    pool: WorkerPool, report: (_ iteration: Int) throws -> Void = { _ in }
  ) throws -> MatrixFactors {
    let width = options.factors
    func drawn(_ count: Int, stream: UInt64) -> [Float] {
      drawnVectors(count, width: width, deviation: 0.1, seed: options.seed, stream: stream)
    }
    var users = drawn(positives.userCount, stream: 1)
    var items = drawn(itemCount, stream: 2)
    var biases = [Float](repeating: 0, count: itemCount)
    let sampler = UniformNegativeSampler(positives: positives, itemCount: itemCount)
    let passes = StochasticPasses(positives, weights, seed: options.seed)
    try passes.run(iterations: options.iterations, report: report) { entry, user, weight, random in
      guard let negative = sampler.draw(user: user, random: &random) else { return }
      step(
        user * width, Int(positives.items[entry]), Int(negative), weight: weight, options, &users,
        &items, &biases)
    }
    return MatrixFactors(
      width: width, userCount: positives.userCount, itemCount: itemCount, users: users,
      items: items, itemBiases: biases)
  }

  /// One positive against one negative.
  private static func step(
    _ user: Int, _ positive: Int, _ negative: Int, weight: Float, _ options: BPROptions,
    _ users: inout [Float], _ items: inout [Float], _ biases: inout [Float]
  ) {
    let width = options.factors
    let (first, second) = (positive * width, negative * width)
    var difference = biases[positive] - biases[negative]
    for column in 0..<width {
      difference += users[user + column] * (items[first + column] - items[second + column])
    }
    // The derivative of ln sigmoid.
    let pull = weight * Float(Elementary.sigmoid(Double(-difference)))
    let (rate, keep) = (options.learningRate, options.regularization)
    for column in 0..<width {
      let (u, i, j) = (users[user + column], items[first + column], items[second + column])
      users[user + column] = u + rate * (pull * (i - j) - keep * u)
      items[first + column] = i + rate * (pull * u - keep * i)
      items[second + column] = j + rate * (-pull * u - keep * j)
    }
    biases[positive] += rate * (pull - keep * biases[positive])
    biases[negative] += rate * (-pull - keep * biases[negative])
  }
}

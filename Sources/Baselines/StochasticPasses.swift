import Interactions

/// How stochastic gradient descent goes through a log: every positive once an iteration, in an order of
/// the iteration's own, each with a stream of random numbers of its own.
struct StochasticPasses {
  private let owners: [UInt32]
  private let weights: [Float]
  private let seed: UInt64

  init(_ positives: UserItems, _ weights: [Float], seed: UInt64) {
    precondition(weights.isEmpty || weights.count == positives.count, "one weight each, or none")
    owners = (0..<positives.userCount).flatMap { user in
      positives.range(of: user).map { _ in UInt32(truncatingIfNeeded: user) }
    }
    (self.weights, self.seed) = (weights, seed)
  }

  /// Runs all iterations.
  ///
  /// - Parameters:
  ///   - iterations: how many.
  ///   - report: called after each, counted from 1; throws to stop.
  ///   - step: called for a positive, the `entry`-th of the log, its user and its weight.
  /// - Throws: what `report` throws.
  @inline(__always)
  func run(
    iterations: Int, report: (_ iteration: Int) throws -> Void,
    step: (_ entry: Int, _ user: Int, _ weight: Float, _ random: inout CounterRandom) -> Void
  ) rethrows {
    for iteration in stride(from: 1, through: iterations, by: 1) {
      let order = EpochOrder(count: owners.count, seed: seed, epoch: iteration)
      for position in 0..<owners.count {
        let entry = order[position]
        var random = CounterRandom(
          seed: seed, stream: UInt64(iteration + 2) << 40 | UInt64(position))
        let weight = weights.isEmpty ? 1 : weights[entry]
        step(entry, Int(owners[entry]), weight, &random)
      }
      try report(iteration)
    }
  }
}

/// Vectors drawn from a normal distribution, row-major.
///
/// - Parameters:
///   - count: how many.
///   - width: numbers in each.
///   - deviation: their standard deviation.
///   - seed: what they follow from.
///   - stream: tells them from others of the same seed.
/// - Returns: `count` x `width` numbers.
func drawnVectors(
  _ count: Int, width: Int, deviation: Double, seed: UInt64, stream: UInt64
) -> [Float] {
  var vectors = [Float](repeating: 0, count: count * width)
  for row in 0..<count {
    var random = CounterRandom(seed: seed, stream: stream << 40 | UInt64(row))
    for column in 0..<width {
      vectors[row * width + column] = Float(deviation * random.gaussian())
    }
  }
  return vectors
}

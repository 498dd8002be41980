private import Elementary
package import Interactions
package import Parallelism

/// Settings of `ElementwiseALS`.
package struct EALSOptions: Sendable, Equatable, Codable {
  /// Numbers in a user's and in an item's vector.
  package var factors: Int
  /// What holds back every number.
  package var regularization: Float
  /// The weight of all missing items of a user together, `c_0` of the paper.
  package var missingWeight: Float
  /// The power of an item's popularity that its missing weight follows, alpha of the paper.
  package var popularityPower: Float
  /// How often users and then items are updated.
  package var iterations: Int
  /// What the first vectors follow from.
  package var seed: UInt64

  /// Names the settings.
  package init(
    factors: Int = 64, regularization: Float = 0.01, missingWeight: Float = 512,
    popularityPower: Float = 0.4, iterations: Int = 50, seed: UInt64 = 1
  ) {
    (self.factors, self.regularization) = (factors, regularization)
    (self.missingWeight, self.popularityPower) = (missingWeight, popularityPower)
    (self.iterations, self.seed) = (iterations, seed)
  }
}

/// Matrix factorisation by element-wise alternating least squares: eALS.
///
/// He et al., "Fast Matrix Factorization for Online Recommendation with Implicit Feedback", SIGIR
/// 2016. It minimises `sum over positives of w_ui (1 - x_ui)^2 + sum over missing pairs of c_i x_ui^2
/// + reg (|P|^2 + |Q|^2)`, where `c_i` is an item's share of `missingWeight` by its popularity to a
/// power, one number of a vector at a time (equations 12 and 13 there).
package enum ElementwiseALS: Factorization {
  /// Factorises.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: the settings.
  ///   - pool: the threads; the result is the same for any number.
  ///   - report: called after each iteration, counted from 1; throws to stop.
  /// - Returns: vectors without biases.
  /// - Throws: what `report` throws.
  package static func train(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: EALSOptions,
    pool: WorkerPool, report: (_ iteration: Int) throws -> Void = { _ in }
  ) throws -> MatrixFactors {
    let byUser = WeightedRows(positives, weights)
    let byItem = byUser.transposed(columnCount: itemCount)
    let missing = missingWeights(byItem, options)
    let ones = [Float](repeating: 1, count: positives.userCount)
    func drawn(_ count: Int, stream: UInt64) -> [Float] {
      drawnVectors(
        count, width: options.factors, deviation: 0.01, seed: options.seed, stream: stream)
    }
    var users = drawn(positives.userCount, stream: 1)
    var items = drawn(itemCount, stream: 2)
    for iteration in stride(from: 1, through: options.iterations, by: 1) {
      // A user's missing pairs weigh by item; an item's all weigh alike.
      update(
        &users, byUser, against: items, otherWeights: missing, ownWeights: ones, options, pool)
      update(
        &items, byItem, against: users, otherWeights: ones, ownWeights: missing, options, pool)
      try report(iteration)
    }
    return MatrixFactors(
      width: options.factors, userCount: positives.userCount, itemCount: itemCount, users: users,
      items: items)
  }

  /// Each item's weight as a missing one: equation 8 there.
  private static func missingWeights(_ byItem: WeightedRows, _ options: EALSOptions) -> [Float] {
    let powers = (0..<byItem.count).map {
      Elementary.pow(Double(byItem.range(of: $0).count), Double(options.popularityPower))
    }
    let sum = powers.reduce(0, +)
    return powers.map { sum == 0 ? 0 : Float(Double(options.missingWeight) * $0 / sum) }
  }

  /// Updates every number of one side's vectors once, the other side held.
  private static func update(
    _ vectors: inout [Float], _ rows: WeightedRows, against other: [Float],
    otherWeights: [Float], ownWeights: [Float], _ options: EALSOptions, _ pool: WorkerPool
  ) {
    let width = options.factors
    let products = weightedProducts(of: other, weights: otherWeights, width: width)
    unsafe vectors.writeRows(rows.count, by: 32, pool) { range, base, _ in
      for row in range {
        // The missing weight of a pair is the product of its rows' weights.
        let (entries, ownWeight) = (rows.range(of: row), ownWeights[row])
        let vector = unsafe base + row * width
        var scores = entries.map { entry in
          let place = Int(rows.columns[entry]) * width
          var sum: Float = 0
          for column in 0..<width { sum += unsafe vector[column] * other[place + column] }
          return sum
        }
        for factor in 0..<width {
          let old = unsafe vector[factor]
          var above: Float = 0
          var below = ownWeight * products[factor * width + factor] + options.regularization
          for (index, entry) in entries.enumerated() {
            let column = Int(rows.columns[entry])
            let value = other[column * width + factor]
            let weight = rows.weight(entry)
            let excess = weight - ownWeight * otherWeights[column]
            above += (weight - excess * (scores[index] - old * value)) * value
            below += excess * value * value
          }
          var shared: Float = 0
          for column in 0..<width where column != factor {
            shared += unsafe vector[column] * products[column * width + factor]
          }
          let new = below > 0 ? (above - ownWeight * shared) / below : 0
          unsafe vector[factor] = new
          for (index, entry) in entries.enumerated() {
            scores[index] += (new - old) * other[Int(rows.columns[entry]) * width + factor]
          }
        }
      }
    }
  }

  /// `sum of c y y^T`, width x width.
  private static func weightedProducts(of rows: [Float], weights: [Float], width: Int) -> [Float] {
    var sums = [Float](repeating: 0, count: width * width)
    for (row, weight) in weights.enumerated() where weight != 0 {
      for first in 0..<width {
        let scaled = weight * rows[row * width + first]
        for second in 0..<width {
          sums[first * width + second] += scaled * rows[row * width + second]
        }
      }
    }
    return sums
  }
}

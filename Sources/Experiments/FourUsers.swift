import Interactions
import NCF

/// The limit of matrix factorisation, section 2.2: four users, whom it has to place by similarity.
///
/// Jaccard coefficients give s23 (.66) > s12 (.5) > s13 (.4), and for the fourth user s41 (.6) > s43
/// (.4) > s42 (.2). A factorisation says how alike two users are by the cosine of their vectors, which
/// are not negative. In two dimensions no placement has all six in these two orders; the search here
/// looks for one directly, by a hinge loss on the orders themselves, from many random starts.
package enum FourUsers {
  /// Who took what, users 1 to 4 by items 1 to 5: Figure 1a of the paper.
  package static let interactions: [[Bool]] = [
    [true, true, true, false, true], [false, true, true, false, false],
    [false, true, true, true, false], [true, false, true, true, true],
  ]

  /// The Jaccard coefficient of two users, counted from 0.
  package static func jaccard(_ first: Int, _ second: Int) -> Double {
    let pairs = zip(interactions[first], interactions[second])
    let both = pairs.count { $0 && $1 }
    let either = pairs.count { $0 || $1 }
    return Double(both) / Double(either)
  }

  /// Pairs of pairs of users, the first more alike than the second.
  package static let orders: [(more: (Int, Int), less: (Int, Int))] = [
    ((1, 2), (0, 1)), ((0, 1), (0, 2)), ((3, 0), (3, 2)), ((3, 2), (3, 1)),
  ]

  /// How many of the orders a similarity gets wrong; a tie is wrong.
  package static func errors(_ similarity: (Int, Int) -> Double) -> Int {
    orders.count { order in
      similarity(order.more.0, order.more.1) - similarity(order.less.0, order.less.1) < 1e-3
    }
  }

  /// The fewest wrong orders of non-negative vectors among many random starts.
  ///
  /// - Parameters:
  ///   - factors: dimensions, 1 or more.
  ///   - restarts: how many starts.
  ///   - seed: of the starts.
  /// - Returns: 0 when there is a placement with both orders.
  package static func factorizationErrors(
    factors: Int, restarts: Int = 300, seed: UInt64 = 1
  ) -> Int {
    fewestErrors(restarts) { restart in
      var random = CounterRandom(seed: seed, stream: UInt64(factors) << 32 + UInt64(restart))
      var placement = Placement(factors: factors, random: &random)
      placement.improve(steps: 400)
      return placement.cosine
    }
  }

  /// The fewest wrong orders of a NeuMF whose embeddings have two factors, and its restarts.
  ///
  /// It learns the coefficients as probabilities by the log loss [7] with soft labels.
  package static func neuMFErrors(restarts: Int = 20, seed: UInt64 = 1) -> Int {
    let spec = ModelSpec(gmfWidth: 2, tower: [4, 4, 2], activation: .tanh)
    return fewestErrors(restarts) { restart in
      let fresh = Model(spec: spec, userCount: 4, itemCount: 4, seed: seed &+ UInt64(restart))
      var plain = PlainModel(fresh)
      learn(&plain, steps: 1_500)
      return { plain.logit(user: $0, item: $1) + plain.logit(user: $1, item: $0) }
    }
  }

  /// The fewest wrong orders of the similarities that starts come to, until one has none.
  private static func fewestErrors(
    _ restarts: Int, _ similarity: (_ restart: Int) -> (Int, Int) -> Double
  ) -> Int {
    var fewest = orders.count
    for restart in 0..<restarts where fewest > 0 {
      fewest = min(fewest, errors(similarity(restart)))
    }
    return fewest
  }

  /// Adam on all twelve pairs at once.
  private static func learn(_ plain: inout PlainModel, steps: Int) {
    let pairs = (0..<4).flatMap { first in
      (0..<4).filter { $0 != first }.map { second -> PlainModel.Sample in
        (user: first, item: second, label: jaccard(first, second), weight: 1)
      }
    }
    let isParameter = plain.isParameter
    var adam = Adam(count: plain.parameters.count, rate: 0.02)
    for _ in 0..<steps {
      let gradient = plain.gradient(pairs)
      adam.step(&plain.parameters, isParameter.indices.map { isParameter[$0] ? gradient[$0] : 0 })
    }
  }

  /// The experiment's table.
  static func sections() -> [Report.Section] {
    func row(_ name: String, _ factors: Int, _ wrong: Int, _ expected: String) -> [String] {
      [name, "\(factors)", "\(wrong) of \(orders.count)", expected]
    }
    return [
      Report.Section(
        heading: "Wrong orders among four users",
        header: ["model", "factors", "wrong orders", "paper"],
        rows: [
          row("non-negative MF", 2, factorizationErrors(factors: 2), "an error stays"),
          row("non-negative MF", 3, factorizationErrors(factors: 3), "more factors do"),
          row("non-negative MF", 4, factorizationErrors(factors: 4), "more factors do"),
          row("NeuMF", 2, neuMFErrors(), "-"),
        ],
        notes: [
          "Similarities by Jaccard: s23 .67 > s12 .50 > s13 .40, and s41 .60 > s43 .40 > s42 .20. "
            + "Given is the fewest wrong ones of four orders over all random starts."
        ])
    ]
  }
}

/// Non-negative vectors of four users, as squares of free numbers.
private struct Placement {
  let factors: Int
  var roots: [Double]

  init(factors: Int, random: inout CounterRandom) {
    self.factors = factors
    roots = (0..<4 * factors).map { _ in random.uniform() }
  }

  func cosine(_ first: Int, _ second: Int) -> Double {
    var (dot, one, other) = (0.0, 1e-12, 1e-12)
    for factor in 0..<factors {
      let a = roots[first * factors + factor] * roots[first * factors + factor]
      let b = roots[second * factors + factor] * roots[second * factors + factor]
      dot += a * b
      one += a * a
      other += b * b
    }
    return dot / (one * other).squareRoot()
  }

  /// The hinge loss of the orders, margin a tenth.
  private var loss: Double {
    FourUsers.orders.reduce(0) { sum, order in
      let more = cosine(order.more.0, order.more.1)
      let less = cosine(order.less.0, order.less.1)
      return sum + max(0, 0.1 - (more - less))
    }
  }

  /// Moves down the loss, by differences: there are few numbers.
  mutating func improve(steps: Int) {
    var adam = Adam(count: roots.count, rate: 0.02)
    let reach = 1e-5
    for _ in 0..<steps {
      if loss == 0 { return }
      var gradient = [Double](repeating: 0, count: roots.count)
      for place in roots.indices {
        var moved = self
        moved.roots[place] += reach
        let above = moved.loss
        moved.roots[place] -= 2 * reach
        gradient[place] = (above - moved.loss) / (2 * reach)
      }
      adam.step(&roots, gradient)
    }
  }
}

/// Adam in double precision, for a handful of numbers.
private struct Adam {
  private var first: [Double]
  private var second: [Double]
  private var decays = (1.0, 1.0)
  private let rate: Double

  init(count: Int, rate: Double) {
    first = [Double](repeating: 0, count: count)
    second = first
    self.rate = rate
  }

  mutating func step(_ values: inout [Double], _ gradient: [Double]) {
    decays = (decays.0 * 0.9, decays.1 * 0.999)
    for place in values.indices {
      first[place] = 0.9 * first[place] + 0.1 * gradient[place]
      second[place] = 0.999 * second[place] + 0.001 * gradient[place] * gradient[place]
      let size = (second[place] / (1 - decays.1)).squareRoot() + 1e-8
      values[place] -= rate * first[place] / (1 - decays.0) / size
    }
  }
}

private import Elementary

/// Turns a model's scores into probabilities that can be compared across users.
///
/// By score, `x = scale s - logSum`, where `logSum` is `log sum exp(scale s)` over all known items
/// that the user has not had: what is left is the logarithm of the item's share under a softmax,
/// whatever the size of the user's scores. By rank, `x = -log(rank)`. The curve makes a probability
/// of `x`. It rises with the score, and falls with the rank, so it changes no list.
package struct Calibration: Sendable, Equatable {
  /// What a probability is a function of.
  package enum Kind: String, Sendable {
    /// The score, less the logarithm of the sum over the user's catalogue.
    case score
    /// The place in the user's list.
    case rank
  }

  /// What scores are multiplied by; nil where probabilities go by rank.
  package let scale: Float?
  /// From `x` to the probability.
  package let curve: ScoreCurve
  /// How many tested users it was fitted to in its own run.
  package let tested: Int
  /// How many users it counts for as a prior: those tested and what the prior of its own counted
  /// for.
  package let weight: Int

  /// A calibration that is known already.
  ///
  /// - Parameters:
  ///   - scale: what scores are multiplied by, above 0; nil to go by rank.
  ///   - curve: from `x` to the probability.
  ///   - tested: how many users it was fitted to.
  ///   - weight: how many users it counts for as a prior.
  package init(scale: Float?, curve: ScoreCurve, tested: Int, weight: Int) {
    (self.scale, self.curve, self.tested, self.weight) = (scale, curve, tested, weight)
  }

  /// What a probability is a function of.
  package var kind: Kind { scale == nil ? .rank : .score }

  /// The probability of an item in a user's list.
  ///
  /// - Parameters:
  ///   - score: the model's score.
  ///   - logSum: of the user's list by `topK`, with this scale; not looked at where it goes by rank.
  ///   - rank: the place in the list, from 1; not looked at where it goes by score.
  /// - Returns: above 0 and below 1 unless the score is beyond all measure.
  package func probability(of score: Float, logSum: Float?, rank: Int) -> Float {
    Float(curve.probability(x(of: score, logSum: logSum, rank: rank)))
  }

  /// What the curve is a function of.
  func x(of score: Float, logSum: Float?, rank: Int) -> Double {
    guard let scale, let logSum else { return -Elementary.log(Double(rank)) }
    return Double(scale) * Double(score) - Double(logSum)
  }
}

extension Calibration {
  /// Under so many users, those of the run or those that its prior counts for, probabilities go by
  /// rank.
  package static let fewestUsers = 500
  /// The most users that a curve is fitted to, and the most that it counts for as a prior.
  package static let mostUsers = 10_000

  /// How far down a user's list the curve is fitted at the least and at the most: as far as lists
  /// go.
  static let depths = 10...100

  /// A curve by rank for a catalogue, before anybody was tested.
  ///
  /// The next item is the one at a rank with a probability that falls with the power 0.5 of the
  /// rank, and it is one of the catalogue.
  ///
  /// - Parameter itemCount: how many items a user has not had, 1 or more.
  /// - Returns: a calibration that counts for 20 users.
  static func untested(itemCount: Int) -> Calibration {
    let slope = 0.5
    let sum = (1...max(itemCount, 1)).reduce(0) { $0 + Elementary.pow(Double($1), -slope) }
    // The odds of a probability p are p / (1 - p): of one item alone it is nearly 1.
    return Calibration(
      scale: nil, curve: ScoreCurve(slope: slope, offset: -Elementary.log(sum)), tested: 0,
      weight: 20)
  }
}

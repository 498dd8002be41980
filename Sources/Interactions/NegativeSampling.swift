package import Settings

/// How negatives are drawn; never a training positive of the user, whatever the rule.
package enum NegativeSampling: Sendable, Equatable, Codable {
  /// Each item that is not a positive with the same probability.
  case uniform
  /// Items in proportion to their number of training positives to a power; power 0 is uniform.
  ///
  /// An item that nobody has counts as one that one user has: were it never drawn, the model could
  /// tell that it is a holdout.
  case popularity(power: Double)

  /// The problem with the power; nil when it can be used.
  package var problem: Problem? {
    guard case .popularity(let power) = self else { return nil }
    return Bounds.from(0, to: 10, "a power").problem("popularity", power)
  }
}

/// Options of a training that draws negatives for each positive.
package protocol DrawsNegatives {
  /// Negatives for each positive.
  var negatives: Int { get set }
}

extension DrawsNegatives {
  /// Samples in a group: a positive and its negatives.
  package var groupSize: Int { 1 + negatives }

  /// The number of negatives as a setting; a model that sees positives only learns nothing.
  package static var negativesSetting: Setting<Self> {
    Setting("negatives", \.negatives, .from(1, to: 1_000))
  }
}

/// How negatives are drawn; never a training positive of the user, whatever the rule.
package enum NegativeSampling: Sendable, Equatable, Codable {
  /// Each item that is not a positive with the same probability.
  case uniform
  /// Items in proportion to their number of training positives to a power; power 0 is uniform.
  ///
  /// An item that nobody has counts as one that one user has: were it never drawn, the model could
  /// tell that it is a holdout.
  case popularity(power: Double)
}

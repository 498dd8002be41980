/// Items that users have spoken against, such as those that they have hidden.
///
/// They are negatives that are known, where all others are drawn among what a user has nothing to do
/// with.
package struct KnownNegatives: Sendable, Equatable {
  /// Each user's items.
  package let items: UserItems
  /// How much each weighs, above 0, in the order of `items.items`.
  package let weights: [Float]

  /// Takes lists with their weights.
  ///
  /// - Parameters:
  ///   - items: each user's items.
  ///   - weights: one for each, 0 or more.
  package init(items: UserItems, weights: [Float]) {
    precondition(items.count == weights.count, "one weight for each known negative")
    (self.items, self.weights) = (items, weights)
  }
}

/// Draws items that are not among a user's positives, each with the same probability.
///
/// A draw numbers the free items from 0 and finds the r-th one by binary search among the positives,
/// so it takes one random number and never tries twice, however few free items are left.
@frozen
package struct UniformNegativeSampler: Sendable {
  /// What is never drawn.
  package let positives: UserItems
  /// How many items there are to draw from.
  package let itemCount: Int

  /// Prepares to draw.
  ///
  /// - Parameters:
  ///   - positives: each user's training positives and nothing else: to reject a holdout would tell
  ///     the model where it is.
  ///   - itemCount: draws are in `0..<itemCount`; every positive must be, too.
  package init(positives: UserItems, itemCount: Int) {
    (self.positives, self.itemCount) = (positives, itemCount)
  }

  /// Draws one item that is not among the user's positives.
  ///
  /// - Parameters:
  ///   - user: in `0..<positives.userCount`.
  ///   - random: gives one number, rarely more.
  /// - Returns: an item, or `nil` when every item is a positive.
  @inlinable
  package func draw(user: Int, random: inout CounterRandom) -> UInt32? {
    let start = positives.offsets[user]
    var length = positives.offsets[user + 1] - start
    let free = itemCount - length
    guard free > 0 else { return nil }
    let wanted = random.uniform(below: free)
    // Before the positive number j lie items[j] - j free items. The answer is the wanted number plus
    // how many positives have no more than that before them. The search halves without branches
    // that depend on data.
    let items = positives.items.span
    var base = start
    while length > 0 {
      let half = length / 2
      let middle = base + half
      let isBefore = Int(items[middle]) - (middle - start) <= wanted
      base = isBefore ? middle + 1 : base
      length = isBefore ? length - half - 1 : half
    }
    return UInt32(truncatingIfNeeded: wanted + base - start)
  }
}

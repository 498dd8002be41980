private import Elementary

/// Draws items that are not among a user's positives, in proportion to a power of their popularity.
///
/// Probabilities are whole numbers over a common total, so that draws are exact and the same
/// everywhere. A draw takes an item of all and looks whether it is a positive; after some that were,
/// it takes one of the free items directly, with the same probabilities: it never stalls, however few
/// free items are left.
package struct PopularityNegativeSampler: Sendable {
  /// What is never drawn.
  package let positives: UserItems
  /// How many items there are to draw from.
  package let itemCount: Int
  /// What the weights of all items before an item come to; at last the total.
  private let sums: [UInt64]
  /// What the weights of each user's positives come to.
  private let taken: [UInt64]

  /// Prepares to draw.
  ///
  /// - Parameters:
  ///   - positives: each user's training positives and nothing else; an item's popularity is how often
  ///     it is in them, 1 where it never is.
  ///   - itemCount: draws are in `0..<itemCount`; every positive must be, too.
  ///   - power: the weight of an item is its popularity to this power.
  package init(positives: UserItems, itemCount: Int, power: Double) {
    (self.positives, self.itemCount) = (positives, itemCount)
    var counts = [Int](repeating: 0, count: itemCount)
    for item in positives.items { counts[Int(item)] += 1 }
    let shares = counts.map { Elementary.pow(Double(max($0, 1)), power) }
    let unit = shares.reduce(0, +) / 0x1p52
    var sums: [UInt64] = [0]
    sums.reserveCapacity(itemCount + 1)
    for share in shares { sums.append(sums[sums.count - 1] + max(1, UInt64(share / unit))) }
    self.sums = sums
    taken = (0..<positives.userCount).map { user in
      positives[user].reduce(0) { $0 + sums[Int($1) + 1] - sums[Int($1)] }
    }
  }

  /// Draws one item that is not among the user's positives.
  ///
  /// - Parameters:
  ///   - user: in `0..<positives.userCount`.
  ///   - random: gives one number for each try.
  /// - Returns: an item, or `nil` when every item is a positive.
  package func draw(user: Int, random: inout CounterRandom) -> UInt32? {
    guard positives.range(of: user).count < itemCount else { return nil }
    let total = sums[itemCount]
    // Where most of the weight is taken, tries would mostly fail.
    if taken[user] < total / 8 * 7 {
      for _ in 0..<32 {
        let item = self.item(at: UInt64(random.uniform(below: Int(total))))
        if !positives.contains(user: user, item: item) { return item }
      }
    }
    var wanted = UInt64(random.uniform(below: Int(total - taken[user])))
    // Positives ascend: each one at or before the place pushes it on by its own weight.
    for item in positives[user] {
      if sums[Int(item)] > wanted { break }
      wanted += sums[Int(item) + 1] - sums[Int(item)]
    }
    return item(at: wanted)
  }

  /// The item whose weight covers a place.
  private func item(at place: UInt64) -> UInt32 {
    let sums = self.sums.span
    var low = 0
    var length = itemCount
    // The last item whose sum is at or below the place.
    while length > 1 {
      let half = length / 2
      low = sums[low + half] <= place ? low + half : low
      length -= half
    }
    return UInt32(truncatingIfNeeded: low)
  }
}

/// Draws negatives by whichever rule was chosen.
package enum NegativeSampler: Sendable {
  case uniform(UniformNegativeSampler)
  case popularity(PopularityNegativeSampler)

  /// Prepares to draw.
  ///
  /// - Parameters:
  ///   - sampling: the rule; popularity to the power 0 is uniform.
  ///   - positives: each user's training positives and nothing else.
  ///   - itemCount: draws are in `0..<itemCount`.
  package init(_ sampling: NegativeSampling, positives: UserItems, itemCount: Int) {
    switch sampling {
    case .popularity(let power) where power != 0:
      self = .popularity(
        PopularityNegativeSampler(positives: positives, itemCount: itemCount, power: power))
    default:
      self = .uniform(UniformNegativeSampler(positives: positives, itemCount: itemCount))
    }
  }

  /// Draws one item that is not among the user's positives.
  ///
  /// - Parameters:
  ///   - user: in `0..<positives.userCount`.
  ///   - random: the stream that the draw takes from.
  /// - Returns: an item, or `nil` when every item is a positive.
  @inlinable
  package func draw(user: Int, random: inout CounterRandom) -> UInt32? {
    switch self {
    case .uniform(let sampler): sampler.draw(user: user, random: &random)
    case .popularity(let sampler): sampler.draw(user: user, random: &random)
    }
  }
}

/// Which content features rows have, of users or of items, and how much each weighs.
///
/// Rows and features are dense indices. An embedding is a row's own numbers and the weighted sum of its
/// features' numbers.
package struct FeatureLists: Sendable, Equatable {
  /// How many features there are.
  package let featureCount: Int
  /// Where each row's features begin, and at last their end: `rowCount + 1` numbers.
  package let offsets: [Int]
  /// Every row's features one after the other, ascending and unique within a row.
  package let features: [UInt32]
  /// The weight of each.
  package let weights: [Float]

  /// Takes lists that are laid out already.
  ///
  /// - Parameters:
  ///   - featureCount: features are below it.
  ///   - offsets: `rowCount + 1` positions, ascending from 0 to `features.count`.
  ///   - features: ascending and unique between two offsets. This is not checked.
  ///   - weights: one for each.
  package init(featureCount: Int, offsets: [Int], features: [UInt32], weights: [Float]) {
    precondition(
      offsets.first == 0 && offsets.last == features.count, "offsets must span the features exactly"
    )
    precondition(features.count == weights.count, "one weight for each feature of a row")
    precondition(features.allSatisfy { $0 < featureCount }, "no such feature")
    (self.featureCount, self.offsets) = (featureCount, offsets)
    (self.features, self.weights) = (features, weights)
  }

  /// Lays out lists of features that all weigh 1.
  ///
  /// - Parameters:
  ///   - featureCount: features are below it.
  ///   - lists: one for each row, in any order and with repeats.
  package init(featureCount: Int, lists: [[UInt32]]) {
    let laid = UserItems(lists: lists)
    self.init(
      featureCount: featureCount, offsets: laid.offsets, features: laid.items,
      weights: [Float](repeating: 1, count: laid.count))
  }

  /// Rows that have no features.
  ///
  /// - Parameter rows: how many.
  /// - Returns: an empty list for each.
  package static func none(rows: Int) -> FeatureLists {
    FeatureLists(
      featureCount: 0, offsets: [Int](repeating: 0, count: rows + 1), features: [], weights: [])
  }

  /// The lists with those of more rows after them.
  ///
  /// - Parameter more: lists of the same features.
  /// - Returns: these rows and then those of `more`.
  package func appending(_ more: FeatureLists) -> FeatureLists {
    precondition(featureCount == more.featureCount, "lists of other features")
    if more.rowCount == 0 { return self }
    return FeatureLists(
      featureCount: featureCount,
      offsets: offsets + more.offsets.dropFirst().map { $0 + count },
      features: features + more.features, weights: weights + more.weights)
  }

  /// How many rows there are.
  package var rowCount: Int { offsets.count - 1 }

  /// How many features all rows have together.
  package var count: Int { features.count }

  /// Finds where a row's features lie.
  package func range(of row: Int) -> Range<Int> { offsets[row]..<offsets[row + 1] }

  /// The most features that so many different rows have together.
  package func most(ofRows rows: Int) -> Int {
    let lengths = zip(offsets.dropFirst(), offsets).map { $0 - $1 }
    if rows >= lengths.count { return count }
    return lengths.sorted(by: >).prefix(rows).reduce(0, +)
  }
}

/// The content features of users and of items.
package struct ContentFeatures: Sendable, Equatable {
  /// A list for each user.
  package var users: FeatureLists
  /// A list for each item.
  package var items: FeatureLists

  /// Names the two.
  package init(users: FeatureLists, items: FeatureLists) {
    (self.users, self.items) = (users, items)
  }
}

package import Interactions

/// Everyone gets what most users have: an item's score is its number of training interactions.
package struct ItemPop: Scorer {
  /// How many users can be scored; all alike.
  package let userCount: Int
  /// How many training interactions each item has.
  package let counts: [Int]
  /// The counts as scores, exact below 2^24.
  private let scores: [Float]

  /// Counts interactions.
  ///
  /// - Parameters:
  ///   - positives: the training interactions.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  package init(positives: UserItems, itemCount: Int) {
    var counts = [Int](repeating: 0, count: itemCount)
    for item in positives.items { counts[Int(item)] += 1 }
    userCount = positives.userCount
    self.counts = counts
    scores = counts.map { Float($0) }
  }

  /// The size of the catalogue.
  package var itemCount: Int { counts.count }

  /// Makes nothing: counts need no working memory.
  package func makeScratch() {}

  /// Gives every user the counts of a run of items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: not used.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Void
  ) {
    for row in users.indices {
      let base = row * items.count
      for (column, item) in items.enumerated() { scores[base + column] = self.scores[item] }
    }
  }

  /// Gives a user the counts of some items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores.
  ///   - user: any.
  ///   - items: which items.
  ///   - scratch: not used.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Void
  ) {
    for index in items.indices { scores[index] = self.scores[Int(items[index])] }
  }
}

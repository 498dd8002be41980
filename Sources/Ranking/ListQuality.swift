private import Elementary

/// What lists are like, whoever they suit: how much of the catalogue they show and how evenly.
package struct ListQuality: Sendable, Equatable {
  /// Which share of the catalogue stands in at least one list.
  package let coverage: Double
  /// How unevenly items are shown: 0 when all equally often, near 1 when a few take all places.
  package let gini: Double
  /// How surprising a listed item is on average, in bits: -log2 of the share of users who have it.
  package let novelty: Double

  /// Describes lists; fails when none has an item.
  ///
  /// - Parameters:
  ///   - lists: any number; empty ones don't count.
  ///   - k: how many items of each list to look at.
  ///   - itemCount: the size of the catalogue, 1 or more.
  ///   - popularity: how many users have each item; an item that nobody has counts as had by one.
  ///   - userCount: of how many users.
  package init?(
    _ lists: RecommendationLists, k: Int, itemCount: Int, popularity: [Int], userCount: Int
  ) {
    var shown = [Int](repeating: 0, count: itemCount)
    var places = 0
    var bits = 0.0
    for list in 0..<lists.count {
      for place in lists.range(ofList: list).prefix(k) {
        let item = Int(lists.items[place])
        shown[item] += 1
        places += 1
        bits += Elementary.log2(Double(userCount) / Double(max(popularity[item], 1)))
      }
    }
    guard places > 0 else { return nil }
    coverage = Double(shown.count { $0 > 0 }) / Double(itemCount)
    novelty = bits / Double(places)
    shown.sort()
    // The mean absolute difference of all pairs over twice the mean, from the sorted counts.
    var weighted = 0.0
    for (index, count) in shown.enumerated() {
      weighted += Double(2 * (index + 1) - itemCount - 1) * Double(count)
    }
    gini = weighted / (Double(itemCount) * Double(places))
  }
}

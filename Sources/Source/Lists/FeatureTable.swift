import Interactions

/// Content features as a query yields them.
struct FeatureTable {
  /// Whose features they are.
  let ids: Vocabulary
  /// The features' names.
  let names: Vocabulary
  /// Rows that the query gave.
  let rows: Int
  /// For each id its features, ascending.
  let lists: [[(feature: UInt32, weight: Float)]]

  /// The features that at least so many of some rows have, and nothing can be learnt of others.
  func known(to rows: Vocabulary, least: Int) -> [UInt32] {
    var counts = [Int](repeating: 0, count: names.count)
    for place in rows.places(in: ids) where place >= 0 {
      for own in lists[Int(place)] { counts[Int(own.feature)] += 1 }
    }
    return counts.indices.filter { counts[$0] >= least }.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// The features of some rows, as far as they are among the known ones.
  func lists(of rows: Vocabulary, known: [UInt32]) -> FeatureLists {
    var numbers = [Int32](repeating: -1, count: names.count)
    for (number, feature) in known.enumerated() { numbers[Int(feature)] = Int32(number) }
    var (offsets, features, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(rows.count + 1)
    for place in rows.places(in: ids) {
      if place >= 0 {
        for own in lists[Int(place)] where numbers[Int(own.feature)] >= 0 {
          features.append(UInt32(numbers[Int(own.feature)]))
          weights.append(own.weight)
        }
      }
      offsets.append(features.count)
    }
    return FeatureLists(
      featureCount: known.count, offsets: offsets, features: features, weights: weights)
  }
}

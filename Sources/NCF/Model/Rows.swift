import Interactions

/// Rows of so many numbers each, one after the other.
extension [Float] {
  /// Copies a row of another table to each row that has a place there; the rows of -1 stay.
  mutating func copyRows(_ places: [Int32], of rows: [Float], _ width: Int) {
    for (row, place) in places.enumerated() where place >= 0 {
      let source = Int(place) * width
      for column in 0..<width { self[row * width + column] = rows[source + column] }
    }
  }

  /// Adds to a row so many times the weighted sum of its features' rows.
  mutating func addFeatures(
    ofRow row: Int, _ lists: FeatureLists, _ features: [Float], times: Float = 1, _ width: Int
  ) {
    for place in lists.range(of: row) {
      let source = Int(lists.features[place]) * width
      let factor = times * lists.weights[place]
      for column in 0..<width { self[row * width + column] += factor * features[source + column] }
    }
  }

  /// Sets a row to zeros.
  mutating func clearRow(_ row: Int, _ width: Int) {
    for column in row * width..<(row + 1) * width { self[column] = 0 }
  }
}

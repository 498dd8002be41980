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

  /// Adds to rows so many times the weighted sums of their features' rows.
  mutating func addFeatures(
    to chosen: some Sequence<Int>, _ lists: FeatureLists, _ features: [Float], times: Float = 1,
    _ width: Int
  ) {
    for row in chosen {
      for place in lists.range(of: row) {
        let source = Int(lists.features[place]) * width
        let factor = times * lists.weights[place]
        for column in 0..<width { self[row * width + column] += factor * features[source + column] }
      }
    }
  }

  /// Sets rows to zeros.
  mutating func clear(_ chosen: some Sequence<Int>, _ width: Int) {
    for row in chosen {
      for column in row * width..<(row + 1) * width { self[column] = 0 }
    }
  }

  /// Draws rows from normal(0, 0.01) in the order of their columns; the padding stays.
  mutating func draw(
    _ columns: [ParameterLayout.Columns], _ width: Int, seed: UInt64, stream: UInt64
  ) {
    for (row, start) in Swift.stride(from: 0, to: count, by: width).enumerated() {
      // A stream for each row: a table that grows keeps the rows it has.
      var random = CounterRandom(seed: seed, stream: stream << 40 | UInt64(row))
      for part in columns {
        for column in part.start..<part.start + part.width {
          self[start + column] = Float(0.01 * random.gaussian())
        }
      }
    }
  }
}

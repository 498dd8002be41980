import Interactions

/// The rows of a sparse matrix with their weights.
struct WeightedRows: Sendable {
  let offsets: [Int]
  let columns: [UInt32]
  /// One for each entry, or none: all 1.
  let weights: [Float]

  var count: Int { offsets.count - 1 }

  init(_ positives: UserItems, _ weights: [Float]) {
    precondition(weights.isEmpty || weights.count == positives.count, "one weight each, or none")
    offsets = positives.offsets
    columns = positives.items
    self.weights = weights
  }

  private init(offsets: [Int], columns: [UInt32], weights: [Float]) {
    (self.offsets, self.columns, self.weights) = (offsets, columns, weights)
  }

  /// Where a row's entries are.
  func range(of row: Int) -> Range<Int> { offsets[row]..<offsets[row + 1] }

  /// The weight of an entry.
  func weight(_ entry: Int) -> Float { weights.isEmpty ? 1 : weights[entry] }

  /// The same matrix by columns; the entries of each are in the order of the rows.
  func transposed(columnCount: Int) -> WeightedRows {
    var offsets = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { offsets[Int(column) + 1] += 1 }
    for column in 0..<columnCount { offsets[column + 1] += offsets[column] }
    var next = offsets
    var rows = [UInt32](repeating: 0, count: columns.count)
    var moved = weights
    for row in 0..<count {
      for entry in range(of: row) {
        let place = next[Int(columns[entry])]
        next[Int(columns[entry])] += 1
        rows[place] = UInt32(truncatingIfNeeded: row)
        if !weights.isEmpty { moved[place] = weights[entry] }
      }
    }
    return WeightedRows(offsets: offsets, columns: rows, weights: moved)
  }
}

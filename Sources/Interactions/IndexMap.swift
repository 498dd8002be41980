/// For each index of one numbering the index in another numbering, or none.
///
/// Both are numberings of users, of items or of features: by arrival, of a dataset, of a stored model, of
/// the lists. It takes 4 bytes an index.
@frozen
package struct IndexMap: Sendable, Equatable {
  /// For each index the other one; -1 for none.
  package let values: [Int32]

  /// Takes what each index is in the other numbering.
  ///
  /// - Parameter values: 0 or more, -1 for none.
  package init(_ values: [Int32]) { self.values = values }

  /// The map from positions back to the places in a list of them.
  ///
  /// - Parameters:
  ///   - positions: different ones, each in `0..<count`.
  ///   - count: how many indices the map has.
  package init(inverting positions: [UInt32], count: Int) {
    var values = [Int32](repeating: -1, count: count)
    for (index, position) in positions.enumerated() { values[Int(position)] = Int32(index) }
    self.values = values
  }

  /// The map of each index to itself, and after these of some indices to none.
  ///
  /// - Parameters:
  ///   - count: how many indices are themselves.
  ///   - more: how many indices after them are none.
  /// - Returns: a map of `count + more` indices.
  package static func identity(_ count: Int, andNone more: Int = 0) -> IndexMap {
    IndexMap((0..<Int32(count)) + [Int32](repeating: -1, count: more))
  }

  /// Finds what an index is in the other numbering.
  ///
  /// - Parameter index: in `0..<count`.
  /// - Returns: the other index; nil for none.
  @inlinable
  package subscript(index: Int) -> Int? {
    let value = values[index]
    return value < 0 ? nil : Int(value)
  }
}

extension IndexMap: RandomAccessCollection {
  /// The first index.
  @inlinable package var startIndex: Int { 0 }
  /// How many indices there are.
  @inlinable package var endIndex: Int { values.count }

  /// The indices that are none in the other numbering, ascending.
  package var missing: [UInt32] {
    values.indices.filter { values[$0] < 0 }.map { UInt32(truncatingIfNeeded: $0) }
  }
}

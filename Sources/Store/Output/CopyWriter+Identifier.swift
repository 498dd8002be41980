package import Interactions
package import Postgres

extension CopyWriter {
  /// Writes an id in its own type.
  ///
  /// - Parameter id: the identifiers, and which one.
  /// - Returns: bytes of the field.
  /// - Throws: `PostgresError`.
  @discardableResult
  package mutating func write(_ id: (ids: Vocabulary, index: Int)) throws(PostgresError) -> Int {
    let (ids, index) = id
    switch ids.identifiers {
    case .integers(let values):
      if ids.kind == .integer {
        try writeInt32(Int32(truncatingIfNeeded: values[index]))
        return 4
      }
      try write(values[index])
      return 8
    case .uuids(let values):
      try writeUUID(values[index])
      return 16
    case .texts(let values):
      try writeText(values[index])
      return values[index].utf8.count
    }
  }
}

import Interactions
import Postgres

extension CopyWriter {
  /// Writes an id in its own type.
  ///
  /// - Returns: bytes of the field.
  /// - Throws: `PostgresError`.
  @discardableResult
  mutating func write(_ vocabulary: Vocabulary, at index: Int) throws(PostgresError) -> Int {
    switch vocabulary.identifiers {
    case .integers(let values):
      if vocabulary.kind == .integer {
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

extension Row {
  /// Reads a value whose properties are columns: `runID` is read from `run_id`.
  ///
  /// A property that holds a value of the same kind is read from columns that begin with its name:
  /// `model` of `hr` is read from `hr_model`.
  /// - Parameter type: the value's type.
  /// - Returns: the value.
  /// - Throws: `PostgresError`, as for a single column.
  package func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try Value(from: RowDecoder(row: self, prefix: ""))
  }
}

extension QueryResult {
  /// Reads every row as `Row.decode(as:)` does.
  /// - Parameter type: the type of a row.
  /// - Returns: the rows' values.
  /// - Throws: `PostgresError`, as for a single column.
  package func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> [Value] {
    try map { try $0.decode(as: type) }
  }
}

/// Gives the properties of a `Decodable` value from the columns of a row.
private struct RowDecoder: Decoder {
  let row: Row
  /// What the columns' names begin with.
  let prefix: String
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Columns<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw noColumn }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw noColumn }

  /// Says that a row has no lists and no value without a name.
  var noColumn: PostgresError {
    row.result.shapeError("a row is read as a single value or a list, not by its columns")
  }

  /// The row's columns as coding keys.
  struct Columns<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: RowDecoder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) throws -> Bool {
      try decoder.row.decodeIfPresent(String.self, column(key)) == nil
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      if let type = type as? any ColumnValue.Type,
        let value = try decoder.row.decode(type, column(key)) as? Value
      {
        return value
      }
      return try Value(from: RowDecoder(row: decoder.row, prefix: column(key) + "_"))
    }

    func nestedContainer<Below: CodingKey>(
      keyedBy type: Below.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Below> { throw decoder.noColumn }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw decoder.noColumn
    }

    func superDecoder() throws -> any Decoder { throw decoder.noColumn }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw decoder.noColumn }

    /// A property's column: `peak_rss_bytes` for `peakRSSBytes`.
    private func column(_ key: Key) -> String {
      decoder.prefix
        + key.stringValue.replacing(/[A-Z]+(?![a-z])|[A-Z][a-z]/) { "_" + $0.output.lowercased() }
    }
  }
}

/// One row of a result, whose fields are read by column and type.
package struct Row {
  let result: QueryResult
  private let index: Int

  init(_ result: QueryResult, _ index: Int) { (self.result, self.index) = (result, index) }

  /// Reads a field that is never NULL.
  ///
  /// - Parameters:
  ///   - type: what the field holds.
  ///   - column: the column's name.
  /// - Returns: the value.
  /// - Throws: `PostgresError` of kind `.resultShape`, which names column and statement, when there is no
  ///   such column, or the field is NULL or another kind of value.
  package func decode<Value: ColumnValue>(
    _ type: Value.Type, _ column: String
  ) throws(PostgresError) -> Value {
    guard let value = try decodeIfPresent(type, column) else {
      throw result.shapeError("column \(column) is NULL")
    }
    return value
  }

  /// Reads a field that may be NULL.
  ///
  /// - Parameters:
  ///   - type: what the field holds.
  ///   - column: the column's name.
  /// - Returns: the value; nil for NULL.
  /// - Throws: `PostgresError` of kind `.resultShape`, which names column and statement, when there is no
  ///   such column, or the field is another kind of value.
  package func decodeIfPresent<Value: ColumnValue>(
    _ type: Value.Type, _ column: String
  ) throws(PostgresError) -> Value? {
    guard let place = result.columnNames.firstIndex(of: column) else {
      throw result.shapeError("there is no column \(column)")
    }
    return try read(type, at: place)
  }

  /// Reads a field that is never NULL, as what the caller takes it for.
  ///
  /// - Throws: as `decode(_:_:)`.
  package func decode<Value: ColumnValue>(_ column: String) throws(PostgresError) -> Value {
    try decode(Value.self, column)
  }

  /// Reads a field that may be NULL, as what the caller takes it for.
  ///
  /// - Throws: as `decodeIfPresent(_:_:)`.
  package func decodeIfPresent<Value: ColumnValue>(
    _ column: String
  ) throws(PostgresError) -> Value? {
    try decodeIfPresent(Value.self, column)
  }

  /// Reads the field at a place, from 0.
  func read<Value: ColumnValue>(
    _ type: Value.Type, at place: Int
  ) throws(PostgresError) -> Value? {
    guard let text = result[row: index, column: place] else { return nil }
    guard let value = Value(columnText: text) else {
      throw result.shapeError(
        "column \(result.columnNames[place]) holds \(text.prefix(40)), which is not "
          + Value.columnForm)
    }
    return value
  }
}

extension QueryResult: RandomAccessCollection {
  /// The first row's place.
  package var startIndex: Int { 0 }
  /// The number of rows.
  package var endIndex: Int { rowCount }
  /// The row at a place.
  package subscript(position: Int) -> Row { Row(self, position) }

  /// The row of a result that has one.
  ///
  /// - Throws: `PostgresError` of kind `.resultShape` when there are more or fewer rows.
  package func row() throws(PostgresError) -> Row {
    guard rowCount == 1 else { throw shapeError("\(rowCount) rows came instead of one") }
    return self[0]
  }

  /// Reads the one field of a result that has one row and one column.
  ///
  /// - Parameter type: what the field holds.
  /// - Returns: the value.
  /// - Throws: `PostgresError` of kind `.resultShape` when there are more or fewer rows or columns, or the
  ///   field is NULL or another kind of value.
  package func value<Value: ColumnValue>(
    _ type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard let value = try valueIfPresent(type) else {
      _ = try row()
      throw shapeError("column \(columnNames[0]) is NULL")
    }
    return value
  }

  /// Reads the one field of a result that has at most one row, and one column.
  ///
  /// - Parameter type: what the field holds.
  /// - Returns: the value; nil for NULL and for no row.
  /// - Throws: `PostgresError` of kind `.resultShape` when there are more rows or columns, or the field is
  ///   another kind of value.
  package func valueIfPresent<Value: ColumnValue>(
    _ type: Value.Type = Value.self
  ) throws(PostgresError) -> Value? {
    guard rowCount <= 1, columnNames.count == 1 else {
      throw shapeError("\(rowCount) rows of \(columnNames.count) columns came instead of one field")
    }
    return try first?.read(type, at: 0)
  }
}

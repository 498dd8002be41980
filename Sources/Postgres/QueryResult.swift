import CLibpq

/// The rows a statement returned, as text.
package struct QueryResult {
  private let handle: ResultHandle
  /// How many rows came back.
  package let rowCount: Int
  /// The columns' names, in order.
  package let columnNames: [String]
  /// How many rows an INSERT, UPDATE, DELETE, MERGE, SELECT or COPY touched; 0 for others.
  package let affectedRows: Int
  /// The statement and where it ran, for errors.
  private let attempted: () -> String

  init(_ handle: ResultHandle, attempted: @escaping () -> String) {
    (self.handle, self.attempted) = (handle, attempted)
    (rowCount, columnNames) = (handle.rowCount, handle.columnNames)
    affectedRows = handle.affectedRows
  }

  /// A field's text as the server wrote it; `nil` is SQL's NULL.
  ///
  /// For this module and for tests; the program reads fields by column and type, through `Row`.
  package subscript(row row: Int, column column: Int) -> String? {
    precondition(row >= 0 && row < rowCount, "there is no row \(row)")
    precondition(column >= 0 && column < columnNames.count, "there is no column \(column)")
    return handle.text(row: row, column: column)
  }

  /// An error about the form of this result.
  func shapeError(_ message: String) -> PostgresError {
    PostgresError(kind: .resultShape, message: message, attempted: attempted())
  }
}

/// Owner of one `PGresult`.
@safe
final class ResultHandle {
  private let result: OpaquePointer

  /// Takes over a result, to be cleared with this object.
  init(owning result: OpaquePointer) {
    unsafe self.result = unsafe result
  }

  deinit { unsafe PQclear(result) }

  var status: ExecStatusType { unsafe PQresultStatus(result) }
  var rowCount: Int { Int(unsafe PQntuples(result)) }
  var columnCount: Int { Int(unsafe PQnfields(result)) }
  /// For a COPY that began: whether all its columns travel in binary.
  var isBinary: Bool {
    unsafe PQbinaryTuples(result) == 1
      && (0..<PQnfields(result)).allSatisfy { column in unsafe PQfformat(result, column) == 1 }
  }
  var affectedRows: Int { unsafe Int(String(cString: PQcmdTuples(result))) ?? 0 }
  /// The command's tag without its figures, such as `COMMIT` or `ROLLBACK`.
  var command: String {
    unsafe String(String(cString: PQcmdStatus(result)).prefix { $0 != " " })
  }
  var columnNames: [String] {
    unsafe (0..<PQnfields(result)).map { column in
      unsafe PQfname(result, column).map { name in unsafe String(cString: name) } ?? ""
    }
  }
  var columnTypes: [UInt32] {
    unsafe (0..<PQnfields(result)).map { column in unsafe PQftype(result, column) }
  }

  /// A field's text; the caller has checked both indices.
  func text(row: Int, column: Int) -> String? {
    let (row, column) = (Int32(row), Int32(column))
    guard unsafe PQgetisnull(result, row, column) == 0,
      let bytes = unsafe PQgetvalue(result, row, column)
    else { return nil }
    // Safe: libpq gives the length of the bytes it points at.
    let length = Int(unsafe PQgetlength(result, row, column))
    return unsafe String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
  }

  /// One of the fields of an error report.
  func errorField(_ code: Int32) -> String? {
    unsafe PQresultErrorField(result, code).map { field in unsafe String(cString: field) }
  }

  /// libpq's own text, for errors that did not come from the server.
  var errorMessage: String { unsafe String(cString: PQresultErrorMessage(result)) }
}

/// A column of a statement's result, known without running it.
package struct ColumnDescription: Sendable, Equatable {
  /// The column's name.
  package let name: String
  /// The OID of its type, as in `pg_type`.
  package let typeOID: UInt32
}

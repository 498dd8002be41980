import CLibpq

extension Connection {
  /// Runs one statement with parameters and returns its rows as text.
  ///
  /// - Parameters:
  ///   - sql: one statement; `$1`, `$2`, … stand for the parameters.
  ///   - parameters: their values, in order.
  /// - Returns: all rows, held in memory.
  /// - Throws: `PostgresError`; `.misuse` for a text with a zero byte or a COPY statement.
  @discardableResult
  package func execute(
    _ sql: String, _ parameters: [(any ParameterValue)?] = []
  ) throws(PostgresError) -> QueryResult {
    let attempt = Attempt("execute", sql)
    try refuseZeroBytes(sql, attempt)
    var values = CStringList()
    var types: [Oid] = []
    var lengths: [Int32] = []
    var formats: [Int32] = []
    for parameter in parameters {
      var type: Oid = 0
      var length: Int32 = 0
      switch parameter?.parameter {
      case nil: values.append(nil)
      case .text(let text):
        try refuseZeroBytes(text, attempt)
        values.append(text)
      case .bytes(let bytes):
        guard bytes.count < 1 << 30 else {
          throw error(.misuse, "\(bytes.count) bytes are more than a value takes", attempt)
        }
        values.append(bytes: bytes)
        (type, length) = (Self.byteaOID, Int32(bytes.count))
      }
      types.append(type)
      lengths.append(length)
      formats.append(type == 0 ? 0 : 1)
    }
    guard let count = Int32(exactly: parameters.count), count <= UInt16.max else {
      throw error(
        .misuse, "\(parameters.count) parameters are more than a statement takes", attempt)
    }
    let result = unsafe values.withPointers { pointers in
      unsafe PQexecParams(handle, sql, count, types, pointers, lengths, formats, 0)
    }
    return QueryResult(try unsafe accept(result ?? nil, attempt)) { [place, redaction] in
      attempt.text(place: place, redaction: redaction)
    }
  }

  /// Runs one statement with the values of its parameters, in order; nil is NULL.
  ///
  /// - Returns: all rows, held in memory.
  /// - Throws: as `execute(_:_:)` with an array.
  @discardableResult
  package func execute(
    _ sql: String, _ first: (any ParameterValue)?, _ others: (any ParameterValue)?...
  ) throws(PostgresError) -> QueryResult {
    try execute(sql, [first] + others)
  }

  /// Runs several statements at once, as one transaction unless they say otherwise.
  ///
  /// - Parameter sql: statements separated by `;`.
  /// - Throws: `PostgresError` for the first that fails; those before it are undone with it, unless
  ///   the text itself commits.
  package func executeScript(_ sql: String) throws(PostgresError) {
    let attempt = Attempt("execute a script", sql)
    try refuseZeroBytes(sql, attempt)
    _ = try unsafe accept(PQexec(handle, sql), attempt)
  }

  /// The columns that a statement would return, without running it.
  ///
  /// - Parameter sql: one statement.
  /// - Returns: its columns in order; none for a statement that returns no rows.
  /// - Throws: `PostgresError`, as the server found the statement wrong.
  package func describe(_ sql: String) throws(PostgresError) -> [ColumnDescription] {
    let attempt = Attempt("describe", sql)
    try refuseZeroBytes(sql, attempt)
    _ = try unsafe accept(PQprepare(handle, "", sql, 0, nil), attempt)
    let description = try unsafe accept(PQdescribePrepared(handle, ""), attempt)
    return zip(description.columnNames, description.columnTypes)
      .map { ColumnDescription(name: $0, typeOID: $1) }
  }

  /// Takes a session-wide advisory lock if it is free.
  ///
  /// - Parameter key: the lock's number, shared by all of the database.
  /// - Returns: whether this session now holds it (once more, if it held it before).
  /// - Throws: `PostgresError`.
  package func tryAdvisoryLock(_ key: Int64) throws(PostgresError) -> Bool {
    try execute("SELECT pg_catalog.pg_try_advisory_lock($1) AS is_taken", key).value()
  }

  /// Gives back an advisory lock.
  ///
  /// - Parameter key: the number it was taken by.
  /// - Throws: `PostgresError`; `.misuse` when this session does not hold it.
  package func unlockAdvisory(_ key: Int64) throws(PostgresError) {
    let sql = "SELECT pg_catalog.pg_advisory_unlock($1) AS was_held"
    guard try execute(sql, key).value(Bool.self) else {
      throw error(
        .misuse, "this session does not hold advisory lock \(key)", Attempt("unlock", sql))
    }
  }

  /// A name written so that SQL takes it as it is, whatever its characters.
  ///
  /// - Parameter name: one identifier, not qualified.
  /// - Returns: the name in double quotes.
  /// - Throws: `PostgresError` of kind `.misuse` for an empty name or a zero byte.
  package func quoteIdentifier(_ name: String) throws(PostgresError) -> String {
    let attempt = Attempt("quote a name", "")
    guard !name.isEmpty else { throw error(.misuse, "a name is empty", attempt) }
    try refuseZeroBytes(name, attempt)
    return try unsafe taken(PQescapeIdentifier(handle, name, name.utf8.count), attempt)
  }

  /// A text written as a SQL literal.
  ///
  /// - Parameter text: any text.
  /// - Returns: the text in quotes.
  /// - Throws: `PostgresError` of kind `.misuse` for a zero byte.
  package func quoteLiteral(_ text: String) throws(PostgresError) -> String {
    let attempt = Attempt("quote a text", "")
    try refuseZeroBytes(text, attempt)
    return try unsafe taken(PQescapeLiteral(handle, text, text.utf8.count), attempt)
  }

  private static var byteaOID: Oid { 17 }

  private func taken(
    _ text: UnsafeMutablePointer<CChar>?, _ attempt: Attempt
  ) throws(PostgresError) -> String {
    guard let text = unsafe text else { throw connectionError(attempt) }
    defer { unsafe PQfreemem(text) }
    return unsafe String(cString: text)
  }

  func refuseZeroBytes(_ text: String, _ attempt: Attempt) throws(PostgresError) {
    guard !text.utf8.contains(0) else {
      throw error(.misuse, "a text holds a zero byte, which PostgreSQL can't store", attempt)
    }
  }
}

import CLibpq

extension Connection {
  /// Runs `COPY … TO STDOUT (FORMAT binary)` and lends each row as it arrives.
  ///
  /// Rows are decoded in libpq's own buffer; nothing is allocated for a row or a field here. When
  /// `eachRow` throws, the statement is cancelled and the connection can be used on.
  ///
  /// - Parameters:
  ///   - sql: the COPY statement.
  ///   - eachRow: reads the fields in order; the row must not be kept.
  /// - Returns: how many rows came, which is checked against the server's count.
  /// - Throws: what `eachRow` throws, or `PostgresError`.
  package func copyOut(
    _ sql: String, eachRow: (inout CopyRow) throws -> Void
  ) throws -> Int {
    let attempt = Attempt("copy out", sql)
    var decoder = CopyDecoder(columnCount: try begin(sql, PGRES_COPY_OUT, attempt))
    let reported = try receiveAll(attempt) { message in
      try unsafe decoder.decode(message, eachRow: eachRow)
    }
    do {
      try decoder.finish()
    } catch {
      throw located(error, attempt)
    }
    guard reported == decoder.rows else {
      throw error(
        .dataShape, "\(decoder.rows) rows came where the server counted \(reported)", attempt)
    }
    return decoder.rows
  }

  /// Runs `COPY … TO STDOUT` in text or CSV form and lends each row as it arrives.
  ///
  /// When `eachRow` throws, the statement is cancelled and the connection can be used on.
  ///
  /// - Parameters:
  ///   - sql: the COPY statement.
  ///   - eachRow: takes a row, or the header, as the server wrote it, with the line feed that ends it; a
  ///     value in it may hold more of them.
  /// - Returns: how many rows the server counted, a header not among them.
  /// - Throws: what `eachRow` throws, or `PostgresError`.
  package func copyOutText(
    _ sql: String, eachRow: (Span<UInt8>) throws -> Void
  ) throws -> Int {
    let attempt = Attempt("copy out", sql)
    _ = try begin(sql, PGRES_COPY_OUT, isBinary: false, attempt)
    return try receiveAll(attempt) { message in
      // Safe: bytes are bound to UInt8 nowhere else, and the span ends before they are freed.
      try eachRow(unsafe message.assumingMemoryBound(to: UInt8.self).span)
    }
  }

  /// Receives all messages and gives up the COPY when `body` throws.
  ///
  /// - Returns: the rows that the server counted.
  @inline(__always)
  private func receiveAll(
    _ attempt: Attempt, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    do {
      while try unsafe receive(attempt, body) {}
    } catch {
      // Cancelling asks the server's address again, which is in vain when it is gone.
      if !isLost { makeCanceller().cancel() }
      abandonCopy()
      throw located(error, attempt)
    }
    return try finishCopy(attempt)
  }

  /// Runs `COPY … FROM STDIN (FORMAT binary)` with the rows that `body` writes.
  ///
  /// When `body` throws, the server is told to give up, none of the rows stays, and the connection
  /// can be used on. A row that the server refuses is heard of at the end: libpq keeps the server's
  /// word until everything is sent.
  ///
  /// - Parameters:
  ///   - sql: the COPY statement.
  ///   - body: writes the rows.
  /// - Returns: how many rows the server took.
  /// - Throws: what `body` throws, or `PostgresError`: the server's own, when it ended the COPY.
  package func copyIn(
    _ sql: String, body: (inout CopyWriter) throws -> Void
  ) throws -> Int {
    let attempt = Attempt("copy in", sql)
    let columnCount = try begin(sql, PGRES_COPY_IN, attempt)
    let sink = ServerSink(self, attempt)
    var writer = CopyWriter(columnCount: columnCount, sink: sink)
    do {
      try body(&writer)
      try writer.finish()
    } catch {
      if sink.hasEnded, let reason = serverReason(attempt) { throw reason }
      abandonCopy()
      throw located(error, attempt)
    }
    guard unsafe PQputCopyEnd(handle, nil) == 1 else {
      throw serverReason(attempt) ?? connectionError(attempt)
    }
    return try finishCopy(attempt)
  }

  /// Starts a COPY and checks its direction and format; returns its number of columns.
  private func begin(
    _ sql: String, _ expected: ExecStatusType, isBinary: Bool = true, _ attempt: Attempt
  ) throws(PostgresError) -> Int {
    try refuseZeroBytes(sql, attempt)
    guard let result = unsafe PQexec(handle, sql) else { throw connectionError(attempt) }
    let start = unsafe ResultHandle(owning: result)
    switch start.status {
    case expected:
      guard start.isBinary == isBinary else {
        abandonCopy()
        throw error(
          .misuse, "the COPY must \(isBinary ? "" : "not ")have FORMAT binary", attempt)
      }
      return start.columnCount
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      abandonCopy()
      throw error(.misuse, "the COPY goes the other way", attempt)
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      throw error(.misuse, "the statement is not a COPY with this program", attempt)
    default: throw error(from: start, attempt)
    }
  }

  /// Lends the next message; returns `false` at the end of the stream.
  @inline(__always)
  private func receive(
    _ attempt: Attempt, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    var buffer: UnsafeMutablePointer<CChar>? = nil
    let length = unsafe PQgetCopyData(handle, &buffer, 0)
    if length == -1 { return false }
    guard length > 0, let message = unsafe buffer else { throw connectionError(attempt) }
    defer { unsafe PQfreemem(message) }
    // Safe: libpq gives the length of the buffer it allocated; it is freed after the call.
    try unsafe body(UnsafeRawBufferPointer(start: message, count: Int(length)))
    return true
  }

  /// The error by which the server ended a COPY, after which the connection is idle.
  private func serverReason(_ attempt: Attempt) -> PostgresError? {
    do throws(PostgresError) {
      _ = try finishCopy(attempt)
      return nil
    } catch {
      return error
    }
  }

  /// Reads the outcome of a COPY whose data is through; returns the rows the server counted.
  private func finishCopy(_ attempt: Attempt) throws(PostgresError) -> Int {
    var failure: PostgresError?
    var rows = 0
    while let result = unsafe PQgetResult(handle) {
      let outcome = unsafe ResultHandle(owning: result)
      switch outcome.status {
      case PGRES_COMMAND_OK: rows = outcome.affectedRows
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        let isIdle = abandonCopy()
        failure = failure ?? connectionError(attempt, text: "the COPY did not end")
        if !isIdle, let failure { throw failure }
      default: failure = failure ?? error(from: outcome, attempt)
      }
    }
    if let failure { throw failure }
    return rows
  }

  /// Ends whatever COPY is going on, whichever way, and leaves the connection idle.
  ///
  /// - Returns: false when libpq doesn't get out of it, for want of memory for example.
  @discardableResult
  func abandonCopy() -> Bool {
    var failures = 0
    while let result = unsafe PQgetResult(handle) {
      switch unsafe ResultHandle(owning: result).status {
      case PGRES_COPY_IN, PGRES_COPY_BOTH:
        guard unsafe PQputCopyEnd(handle, "the sender gave up") == 1 else { return false }
      case PGRES_COPY_OUT:
        var buffer: UnsafeMutablePointer<CChar>? = nil
        var length = unsafe PQgetCopyData(handle, &buffer, 0)
        while length > 0 {
          unsafe PQfreemem(buffer)
          length = unsafe PQgetCopyData(handle, &buffer, 0)
        }
        // After the server's own error the next result says so; otherwise it is this one for ever.
        if length == -2 { failures += 1 }
        if failures > 1 { return false }
      default: break
      }
      if isLost { return false }
    }
    return true
  }

  /// Adds what was tried to an error of the encoder or decoder, which can't know it.
  private func located(_ error: any Error, _ attempt: Attempt) -> any Error {
    guard var error = error as? PostgresError, error.attempted.isEmpty else { return error }
    error.attempted = attempt.text(place: place, redaction: redaction)
    return error
  }
}

import CLibpq

/// What a transaction may do and see.
package enum TransactionMode: Sendable {
  /// Reads and writes; each statement sees what is committed when it begins.
  case readWrite
  /// Only reads, all of it in one snapshot.
  case repeatableReadReadOnly

  fileprivate var begin: String {
    switch self {
    case .readWrite: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
    case .repeatableReadReadOnly: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }
  }
}

extension Connection {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  ///
  /// - Parameters:
  ///   - mode: what the transaction may do.
  ///   - body: the work.
  /// - Returns: what `body` returns, after the COMMIT.
  /// - Throws: what `body` throws; `PostgresError` of kind `.commitUnknown` when the connection was
  ///   lost during COMMIT, of another kind when the server refused it (then nothing has changed);
  ///   `.misuse` inside another transaction.
  @discardableResult
  package func transaction<R>(
    _ mode: TransactionMode = .readWrite, _ body: () throws -> R
  ) throws -> R {
    guard unsafe PQtransactionStatus(handle) == PQTRANS_IDLE || isLost else {
      throw error(.misuse, "a transaction is already open", Attempt("begin a transaction", ""))
    }
    try execute(mode.begin)
    let value: R
    do {
      value = try body()
    } catch {
      // What went wrong first is what the caller must hear; a connection that can't roll back is
      // gone, and the server then rolls back by itself.
      if !isLost { _ = try? execute("ROLLBACK") }
      throw error
    }
    try commit()
    return value
  }

  /// Runs `body` behind a savepoint: when it throws, what it did is undone and the transaction
  /// can go on.
  ///
  /// - Parameters:
  ///   - name: the savepoint's name, any text.
  ///   - body: the work.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws, or `PostgresError`; that too when what `body` did can't be undone.
  @discardableResult
  package func savepoint<R>(_ name: String, _ body: () throws -> R) throws -> R {
    let quoted = try quoteIdentifier(name)
    try execute("SAVEPOINT \(quoted)")
    let value: R
    do {
      value = try body()
    } catch {
      // A caller that takes the error as expected must not go on with what was to be undone.
      if !isLost {
        try execute("ROLLBACK TO SAVEPOINT \(quoted)")
        try execute("RELEASE SAVEPOINT \(quoted)")
      }
      throw error
    }
    try execute("RELEASE SAVEPOINT \(quoted)")
    return value
  }

  private func commit() throws(PostgresError) {
    let attempt = Attempt("commit", "")
    do throws(PostgresError) {
      let result = try unsafe accept(PQexec(handle, "COMMIT"), attempt)
      // A transaction in which a statement failed is rolled back by COMMIT, without an error.
      guard result.command == "COMMIT" else {
        throw self.error(
          .server, "the server rolled back, since a statement in the transaction had failed",
          attempt)
      }
    } catch {
      guard isLost || error.sqlState == "08007" else { throw error }
      var error = error
      error.kind = .commitUnknown
      throw error
    }
  }
}

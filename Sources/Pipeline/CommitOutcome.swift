import Postgres

/// Finds out whether a transaction was committed whose COMMIT was not answered.
struct CommitOutcome {
  private let context: RunContext
  private static let tries = 60

  /// For a run's transaction.
  init(_ context: RunContext) { self.context = context }

  /// Returns when the transaction was committed.
  ///
  /// - Parameters:
  ///   - transaction: its id, as `pg_current_xact_id` gave it.
  ///   - lost: the error that COMMIT ended with.
  /// - Throws: `BatchError` (69) when it was not, or when nobody can tell after 60
  ///   tries, half a second apart.
  func resolve(_ transaction: String?, _ lost: PostgresError) throws {
    guard let transaction else { throw BatchError(lost, doing: "publish") }
    for _ in 0..<Self.tries {
      switch status(of: transaction) {
      case "committed": return
      case "aborted":
        throw BatchError(lost, doing: "publish: the transaction was rolled back")
      default: Pause.milliseconds(500)
      }
    }
    var error = BatchError(lost, doing: "publish: whether it was committed is not known")
    error.stillServed = "either the lists from before this run or all of its own"
    error.advice =
      "look at ncf.live when the server is back; the next run finds the truth by itself"
    throw error
  }

  /// nil while the server can't be asked.
  private func status(of transaction: String) -> String? {
    do {
      let connection = try context.connect(for: "outcome")
      return try connection.execute(
        SQL.Session.transactionStatus, [.text(transaction)])[row: 0, column: 0]
    } catch {
      return nil
    }
  }
}

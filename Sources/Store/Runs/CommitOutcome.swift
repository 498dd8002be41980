package import Jobs
package import Postgres
package import RunSupport

/// Finds out whether a transaction was committed whose COMMIT was not answered.
package struct CommitOutcome {
  private let context: RunContext
  /// Fewer than so many retries are not enough to give up a COMMIT: together about half a minute.
  private static let fewestRetries = 12

  /// For a run's transaction.
  package init(_ context: RunContext) { self.context = context }

  /// Asks until there is an answer.
  ///
  /// - Parameters:
  ///   - transaction: its id, as `pg_current_xact_id` gave it.
  ///   - lost: the error that COMMIT ended with.
  /// - Returns: whether it was committed; otherwise it was rolled back, and nothing has changed.
  /// - Throws: `BatchError` (69) when nobody can tell.
  package func wasCommitted(_ transaction: String?, _ lost: PostgresError) throws(BatchError)
    -> Bool
  {
    guard let transaction else { throw BatchError(lost, doing: "publish") }
    // Whoever asks the run to stop wants to know how it ended, too.
    var retrier = Retrier(
      context.request, interruption: Interruption(), observer: context.observer)
    retrier.policy.retries = max(retrier.policy.retries, Self.fewestRetries)
    do {
      return try retrier.attempt("ask whether the lists went live") {
        let connection = try context.connect(for: "outcome")
        let status = try connection.execute(SQL.Session.transactionStatus, transaction)
          .valueIfPresent(String.self)
        if status == "committed" || status == "aborted" { return status == "committed" }
        throw Retryable(
          BatchError(.temporary, "the server has not ended the transaction yet"))
      }
    } catch {
      var unknown = BatchError(lost, doing: "publish: whether it was committed is not known")
      unknown.stillServed = "either the lists from before this run or all of its own"
      unknown.advice =
        "look at ncf.live when the server is back; the next run finds the truth by itself"
      throw unknown
    }
  }
}

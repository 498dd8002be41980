package import Jobs
package import Postgres

extension BatchError {
  /// What a failure of the server or the connection means for the caller, by `FailureRule`.
  ///
  /// - Parameters:
  ///   - error: the failure.
  ///   - doing: the step it came from, in words such as "pull: read the source".
  package init(_ error: PostgresError, doing: String) {
    self.init(
      error.rule.exitCode, error.attempted.isEmpty ? doing : "\(doing) (\(error.attempted))",
      server: Server(sqlState: error.sqlState, message: error.message, hint: error.hint),
      advice: error.rule.advice)
  }

  /// What any failure means for the caller: one that is neither a `BatchError` nor the database's is a
  /// bug (70).
  ///
  /// - Parameters:
  ///   - error: the failure.
  ///   - doing: the step it came from.
  package init(_ error: any Error, doing: String) {
    switch Retryable.cause(of: error) {
    case let error as BatchError: self = error
    case let error as PostgresError: self.init(error, doing: doing)
    default: self.init(.software, "\(doing): \(error)", advice: Self.bugAdvice)
    }
  }

  /// Runs a step and turns what the server says into what the caller should know.
  ///
  /// - Throws: `BatchError`; errors that are none of the server's pass through as bugs (70).
  package static func mapping<R>(_ doing: String, _ body: () throws -> R) throws(BatchError) -> R {
    do {
      return try body()
    } catch {
      throw BatchError(error, doing: doing)
    }
  }
}

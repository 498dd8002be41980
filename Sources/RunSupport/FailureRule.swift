package import Jobs
package import Postgres

/// What a failure of the database means: whether a retry may succeed, the exit code, and what to do.
///
/// The one table of this program from failures to exit codes. A row holds for a kind of failure and the
/// SQLSTATEs that it lists; the first row that matches counts, and each kind ends with a row for the rest.
package struct FailureRule: Sendable, Equatable {
  /// Which SQLSTATEs of its kind a row is about.
  enum States: Sendable, Equatable {
    /// All of them, and failures without one.
    case any
    /// Failures that did not come from the server.
    case none
    /// Those that begin with one of these: a class of two characters, or a whole code.
    case beginning([String])

    /// Whether a SQLSTATE, or nil for none, is one of them.
    func contains(_ state: String?) -> Bool {
      switch self {
      case .any: true
      case .none: state == nil
      case .beginning(let prefixes): prefixes.contains { state?.hasPrefix($0) == true }
      }
    }
  }

  /// The kind of failure.
  let kind: PostgresError.Kind
  /// Which of that kind.
  let states: States
  /// What the process returns.
  package let exitCode: ExitCode
  /// What to do.
  package let advice: String
  /// Whether the same may succeed when it is tried again.
  package let mayPass: Bool

  private init(
    _ kind: PostgresError.Kind, of states: States = .any, _ exitCode: ExitCode, _ advice: String,
    mayPass: Bool = false
  ) {
    (self.kind, self.states, self.mayPass) = (kind, states, mayPass)
    (self.exitCode, self.advice) = (exitCode, advice)
  }

  private static let reach =
    "check that the server runs and can be reached; then start the run again"
  private static let again = "start the run again"
  private static let grant = "grant the role what it needs; jobs/roles.sql shows the least rights"
  private static let space = "free space or memory on the server; then start the run again"
  private static let rows =
    "find the rows that the server names and leave them out in source.query"
  private static let names = "check the names in the configuration against the database"

  /// The table.
  ///
  /// A database that was dropped (57P04) stays dropped. A COMMIT whose outcome is not known is not tried
  /// again before the outcome is.
  static let table = [
    FailureRule(.connection, of: .none, .unavailable, reach, mayPass: true),
    FailureRule(.connection, of: .beginning(["57P04"]), .unavailable, reach),
    FailureRule(
      .connection, of: .beginning(["08", "57P0", "53300"]), .unavailable, reach, mayPass: true),
    FailureRule(.connection, .unavailable, reach),
    FailureRule(.commitUnknown, .unavailable, reach),
    FailureRule(
      .authentication, .permission,
      "check the role and its password (PGPASSWORD, .pgpass or a service file)"),
    FailureRule(.permission, .permission, grant),
    FailureRule(.encryption, .configuration, names),
    FailureRule(.missingDatabase, .configuration, names),
    FailureRule(.configuration, .configuration, names),
    FailureRule(.missingObject, .configuration, names),
    FailureRule(
      .resultShape, .configuration,
      "run: ncf-batch migrate verify, and use the version of ncf-batch that wrote the row"),
    FailureRule(.cancelled, .temporary, again),
    FailureRule(.lockTimeout, .temporary, again),
    FailureRule(.conflict, .temporary, again, mayPass: true),
    FailureRule(.diskFull, .io, space),
    FailureRule(.dataShape, .data, rows),
    FailureRule(.constraint, .software, BatchError.bugAdvice),
    FailureRule(.misuse, .software, BatchError.bugAdvice),
    FailureRule(.server, of: .none, .unavailable, reach),
    FailureRule(.server, of: .beginning(["08", "57", "53300"]), .unavailable, reach),
    FailureRule(.server, of: .beginning(["53", "58"]), .io, space),
    FailureRule(.server, of: .beginning(["22"]), .data, rows),
    FailureRule(.server, of: .beginning(["23", "XX"]), .software, BatchError.bugAdvice),
    FailureRule(.server, of: .beginning(["40", "55"]), .temporary, again),
    FailureRule(.server, of: .beginning(["28"]), .permission, grant),
    FailureRule(.server, .configuration, names),
  ]
}

extension PostgresError {
  /// The row of `FailureRule` that this failure falls under.
  package var rule: FailureRule {
    let rules = FailureRule.table
    return rules.first { $0.kind == kind && $0.states.contains(sqlState) } ?? rules[rules.count - 1]
  }

  /// Whether it is the connection that failed, and not what was asked over it.
  package var isOfConnection: Bool { kind == .connection || kind == .commitUnknown }
}

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

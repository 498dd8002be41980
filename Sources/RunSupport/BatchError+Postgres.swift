package import Jobs
package import Postgres

extension BatchError {
  /// What a failure of the server or the connection means for the caller.
  ///
  /// - Parameters:
  ///   - error: the failure.
  ///   - doing: the step it came from, in words such as "pull: read the source".
  package init(_ error: PostgresError, doing: String) {
    let code = Self.exitCode(of: error)
    self.init(
      code, error.attempted.isEmpty ? doing : "\(doing) (\(error.attempted))",
      server: Server(sqlState: error.sqlState, message: error.message, hint: error.hint),
      advice: Self.advice(for: code, error))
  }

  /// Exit code of a failure, by its SQLSTATE and, where libpq gave none, by its kind.
  package static func exitCode(of error: PostgresError) -> ExitCode {
    switch error.kind {
    case .connection, .commitUnknown: return .unavailable
    case .authentication, .permission: return .permission
    case .encryption, .missingDatabase, .configuration, .missingObject, .resultShape:
      return .configuration
    case .cancelled, .lockTimeout, .conflict: return .temporary
    case .diskFull: return .io
    case .dataShape: return .data
    case .constraint, .misuse: return .software
    case .server: break
    }
    guard let state = error.sqlState else { return .unavailable }
    switch state.prefix(2) {
    case "08", "57": return .unavailable
    case "53": return state == "53300" ? .unavailable : .io
    case "58": return .io
    case "22": return .data
    case "23", "XX": return .software
    case "40", "55": return .temporary
    case "28": return .permission
    default: return .configuration
    }
  }

  private static func advice(for code: ExitCode, _ error: PostgresError) -> String? {
    switch code {
    case .unavailable: "check that the server runs and can be reached; then start the run again"
    case .permission:
      error.kind == .authentication
        ? "check the role and its password (PGPASSWORD, .pgpass or a service file)"
        : "grant the role what it needs; jobs/roles.sql shows the least rights"
    case .temporary: "start the run again"
    case .io: "free space or memory on the server; then start the run again"
    case .data: "find the rows that the server names and leave them out in source.query"
    case .configuration: "check the names in the configuration against the database"
    case .software: "this is a bug of ncf-batch; please report it with this message"
    case .success, .refused, .usage: nil
    }
  }

  /// Runs a step and turns what the server says into what the caller should know.
  ///
  /// - Throws: `BatchError`; errors that are none of the server's pass through as bugs (70).
  package static func mapping<R>(_ doing: String, _ body: () throws -> R) throws(BatchError) -> R {
    do {
      return try body()
    } catch let error as BatchError {
      throw error
    } catch let error as PostgresError {
      throw BatchError(error, doing: doing)
    } catch {
      throw BatchError(
        .software, "\(doing): \(error)",
        advice: "this is a bug of ncf-batch; please report it with this message")
    }
  }
}

extension PostgresError {
  /// Whether it is the connection that failed, and not what was asked over it.
  package var isOfConnection: Bool { kind == .connection || kind == .commitUnknown }
}

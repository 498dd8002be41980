package import Jobs
package import Postgres

/// What a server must be before a job trusts it.
package enum ServerCheck {
  /// The oldest server: `pg_current_xact_id` came with 13.
  static let oldest: Int32 = 130_000

  /// Refuses a server that is too old.
  ///
  /// - Throws: `BatchError`, exit code 78.
  package static func version(of connection: Connection) throws(BatchError) {
    try version(number: connection.serverVersion)
  }

  /// Refuses a server that is too old by its number, such as 150004.
  ///
  /// - Throws: `BatchError`, exit code 78.
  static func version(number: Int32) throws(BatchError) {
    guard number >= oldest else {
      throw BatchError(
        .configuration, "the server is PostgreSQL \(number / 10_000)",
        advice: "PostgreSQL \(oldest / 10_000) or newer is needed")
    }
  }

  /// Refuses a pooler that shares one server connection among clients between statements.
  ///
  /// Two connections that are open at once must be served by two processes; otherwise a lock of the
  /// session, which keeps runs apart, would not be ours.
  ///
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  package static func pooler(_ first: Connection, _ second: Connection) throws {
    let pids = try [first, second].map { connection in
      try connection.execute(SQL.Session.backendPID).value(Int.self)
    }
    guard pids[0] != pids[1] else {
      throw BatchError(
        .configuration, "a pooler in transaction mode stands between this job and the server",
        advice: "connect to the server itself, or to a pool in session mode")
    }
  }
}

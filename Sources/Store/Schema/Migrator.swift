package import Jobs
package import Migrations
package import Postgres
import RunSupport

/// Brings the schema `ncf` to what this program needs, forward only.
///
/// Each migration is one transaction. Two migrators at once take turns by an advisory lock that is
/// tried for, never waited for inside the server.
package struct Migrator {
  /// One migration against the database's ledger.
  package struct State: Sendable, Equatable {
    /// How a migration stands.
    package enum Standing: Sendable, Equatable {
      /// Applied with this very text.
      case applied(at: String, by: String)
      /// Not applied yet.
      case pending
      /// Applied with another text than this program has.
      case edited
      /// Not applied, though a later one is.
      case outOfOrder
      /// In the ledger, but unknown to this program: a newer version applied it.
      case unknown
    }

    /// Its number.
    package let number: Int
    /// Its file's name without extension.
    package let name: String
    /// How it stands.
    package let standing: Standing
  }

  private let parameters: ConnectionParameters
  private let migrations: [Migration]
  private let lockTries: Int

  /// A migrator for a database.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - migrations: in order of their numbers.
  ///   - lockTries: how often the lock is tried for, a fifth of a second apart.
  package init(
    _ parameters: ConnectionParameters, migrations: [Migration] = Migration.all,
    lockTries: Int = 300
  ) {
    (self.parameters, self.migrations, self.lockTries) = (parameters, migrations, lockTries)
  }

  /// Compares the program's migrations with the database's ledger, in order of number.
  ///
  /// - Throws: `BatchError`.
  package func status() throws(BatchError) -> [State] {
    try BatchError.mapping("migrate status") {
      try states(on: Connection(parameters, applicationName: "ncf-batch/migrate"))
    }
  }

  /// Refuses a database whose schema is not exactly what this program needs.
  ///
  /// - Throws: `BatchError`, exit code 78, naming the first migration that stands wrong.
  package func verify() throws(BatchError) {
    try BatchError.mapping("migrate verify") {
      try verify(on: Connection(parameters, applicationName: "ncf-batch/migrate"))
    }
  }

  /// Applies what is pending.
  ///
  /// - Parameter report: called after each migration's COMMIT.
  /// - Returns: the names of those applied, in order; empty when there was nothing to do.
  /// - Throws: `BatchError`; 78 for an edited or misplaced migration, 75 when another migrator holds
  ///   the lock all the while. Migrations before the one that failed stay applied.
  @discardableResult
  package func up(report: (String) -> Void = { _ in }) throws(BatchError) -> [String] {
    try BatchError.mapping("migrate up") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/migrate")
      try ServerCheck.version(of: connection)
      try lock(connection)
      var applied: [String] = []
      for state in try states(on: connection) {
        try Self.refuse(state, pendingIsWrong: false)
        guard state.standing == .pending,
          let migration = migrations.first(where: { $0.number == state.number })
        else { continue }
        try apply(migration, on: connection)
        applied.append(migration.name)
        report(migration.name)
      }
      try connection.unlockAdvisory(AdvisoryKey.migrations)
      return applied
    }
  }

  /// Connects, and refuses a server that is too old and a schema that is not what this program needs.
  ///
  /// - Parameter name: the connection's purpose, for the server's activity view.
  /// - Returns: the connection.
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  package func verifiedConnection(_ name: String) throws -> Connection {
    let connection = try Connection(parameters, applicationName: "ncf-batch/\(name)")
    try ServerCheck.version(of: connection)
    try verify(on: connection)
    return connection
  }

  /// Refuses a database whose schema is not exactly what this program needs.
  ///
  /// - Throws: `BatchError`, exit code 78; `PostgresError`.
  package func verify(on connection: Connection) throws {
    for state in try states(on: connection) { try Self.refuse(state, pendingIsWrong: true) }
  }

  private func apply(_ migration: Migration, on connection: Connection) throws {
    do {
      try connection.transaction {
        try connection.executeScript(migration.sql)
        try connection.execute(
          SQL.Migrations.record, migration.number, migration.name, migration.sql)
      }
    } catch let error as PostgresError {
      throw BatchError(error, doing: "apply migration \(migration.name)")
    }
  }

  private func lock(_ connection: Connection) throws {
    let taken = BatchError(
      .temporary, "another migrator is at work in this database",
      advice: "wait for it to end; then start this one again")
    try Retrier(RetryPolicy(tries: max(1, lockTries), pause: 200), Interruption()).wait(
      orThrow: taken
    ) { try connection.tryAdvisoryLock(AdvisoryKey.migrations) }
  }

  private func states(on connection: Connection) throws -> [State] {
    guard try connection.execute(SQL.Migrations.ledgerExists).value() else {
      return migrations.map { State(number: $0.number, name: $0.name, standing: .pending) }
    }
    var rows: [Int: Row] = [:]
    for row in try connection.execute(SQL.Migrations.applied) {
      rows[try row.decode("number")] = row
    }
    let last = rows.keys.max() ?? 0
    var states: [State] = []
    for migration in migrations {
      var standing = State.Standing.pending
      if let row = rows.removeValue(forKey: migration.number) {
        let sum: String = try connection.execute(SQL.Migrations.checksum, migration.sql).value()
        let isSame = try row.decode("sha256") == sum && row.decode("name") == migration.name
        standing =
          try isSame
          ? .applied(at: row.decode("applied_at"), by: row.decode("applied_by")) : .edited
      } else if migration.number < last {
        standing = .outOfOrder
      }
      states.append(State(number: migration.number, name: migration.name, standing: standing))
    }
    for (number, row) in rows.sorted(by: { $0.key < $1.key }) {
      states.append(State(number: number, name: try row.decode("name"), standing: .unknown))
    }
    return states
  }

  private static func refuse(_ state: State, pendingIsWrong: Bool) throws(BatchError) {
    let (what, advice): (String, String)
    switch state.standing {
    case .applied: return
    case .pending:
      guard pendingIsWrong else { return }
      (what, advice) = ("is pending", "run: ncf-batch migrate up")
    case .edited:
      what = "was applied with another text"
      advice = "use the version of ncf-batch that applied it, or a newer one"
    case .outOfOrder:
      what = "is missing, though a later one was applied"
      advice = "use the version of ncf-batch that applied the others, or restore a backup"
    case .unknown:
      what = "in the database is unknown to this program"
      advice = "a newer ncf-batch applied it: use that one"
    }
    throw BatchError(.configuration, "migration \(state.name) \(what)", advice: advice)
  }
}

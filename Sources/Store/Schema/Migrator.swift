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
      /// Applied by an earlier development version, in which its number had this name.
      case development(at: String, by: String)
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
  /// - Returns: a state for each migration; for a schema of an earlier development version, a state
  ///   for each row of the ledger.
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

  /// The names of the pending migrations, in order.
  ///
  /// - Throws: `BatchError`, exit code 78, naming the first migration that stands wrong otherwise.
  package func pending() throws(BatchError) -> [String] {
    var names: [String] = []
    for state in try status() {
      try Self.refuse(state, pendingIsWrong: false)
      if state.standing == .pending { names.append(state.name) }
    }
    return names
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
    let ledger = try connection.execute(SQL.Migrations.applied).decode(as: LedgerEntry.self)
    let ours = Dictionary(migrations.map { ($0.number, $0) }) { $1 }
    // A released migration keeps its number and its name.
    let isOfDevelopment = ledger.contains { entry in
      ours[entry.number].map { $0.name != entry.name } ?? false
    }
    var states = try ledger.map { entry in
      var standing = State.Standing.unknown
      if let migration = ours[entry.number], migration.name == entry.name {
        let sum: String = try connection.execute(SQL.Migrations.checksum, migration.sql).value()
        standing =
          entry.sha256 == sum ? .applied(at: entry.appliedAt, by: entry.appliedBy) : .edited
      } else if isOfDevelopment {
        standing = .development(at: entry.appliedAt, by: entry.appliedBy)
      }
      return State(number: entry.number, name: entry.name, standing: standing)
    }
    if isOfDevelopment { return states }
    let applied = Set(ledger.map(\.number))
    let last = applied.max() ?? 0
    for migration in migrations where !applied.contains(migration.number) {
      states.append(
        State(
          number: migration.number, name: migration.name,
          standing: migration.number < last ? .outOfOrder : .pending))
    }
    return states.sorted { $0.number < $1.number }
  }

  /// A row of `ncf.migrations`.
  private struct LedgerEntry: Decodable {
    let number: Int
    let name: String
    let sha256: String
    let appliedAt: String
    let appliedBy: String
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
      advice =
        "use the version of ncf-batch that applied it, or a newer one; a schema of a development "
        + "version is not upgraded: \(replacement)"
    case .outOfOrder:
      what = "is missing, though a later one was applied"
      advice = "use the version of ncf-batch that applied the others, or restore a backup"
    case .unknown:
      what = "in the database is unknown to this program"
      advice = "a newer ncf-batch applied it: use that one"
    case .development:
      throw BatchError(
        .configuration,
        "the schema ncf was made by an earlier development version of ncf-batch: this program has "
          + "no migration \(state.name)",
        advice: "\(replacement); or use the ncf-batch that made it")
    }
    throw BatchError(.configuration, "migration \(state.name) \(what)", advice: advice)
  }

  /// How to replace a schema that a development version made.
  private static let replacement =
    "for the demo run make clean; elsewhere run DROP SCHEMA ncf CASCADE (all runs, metrics, models, "
    + "trials and lists are lost), drop the tables of lists in any other output.schema, and run "
    + "ncf-batch migrate up"
}

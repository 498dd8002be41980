import Foundation
package import Postgres
import Synchronization

/// An empty database for one test.
///
/// It is dropped after this object is gone, once nobody is connected to it any more, and in any case
/// when the process ends: a connection may outlive the object.
package final class TestDatabase: Sendable {
  /// The database's name.
  package let name: String
  private let server: TestServer

  /// Creates the database.
  ///
  /// - Parameters:
  ///   - server: where; the tests' server when left out.
  ///   - tablespace: where its files lie; the server's own place when left out.
  /// - Throws: `PostgresError`, or `PrivateServer.NotStarted`.
  package init(on server: TestServer? = nil, tablespace: String? = nil) throws {
    self.server = try server ?? .current()
    name = "ncf_test_\(Self.uniqueSuffix())"
    // From template0, which nobody can be connected to, so that tests don't get in each other's way.
    try Connection(self.server.parameters(), applicationName: "tests")
      .execute(
        "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8'"
          + (tablespace.map { " TABLESPACE \($0)" } ?? ""))
    Leftovers.register(name, on: self.server)
  }

  deinit { Leftovers.sweep(released: name) }

  /// How to reach the database.
  package var parameters: ConnectionParameters { server.parameters(database: name) }

  /// PG* variables that lead another program to the database.
  package var environment: [String: String] {
    server.environment.merging(["PGDATABASE": name]) { $1 }
  }

  /// Opens a connection to the database.
  ///
  /// - Parameter applicationName: what the server's activity view shows.
  /// - Returns: a connection of its own.
  /// - Throws: `PostgresError`.
  package func connect(applicationName: String = "tests") throws -> Connection {
    try Connection(parameters, applicationName: applicationName)
  }

  /// Opens a connection to a database of its own in which a script has been run.
  ///
  /// - Parameter script: the script.
  /// - Returns: the connection.
  /// - Throws: `PostgresError`.
  package static func connection(_ script: String) throws -> Connection {
    let connection = try TestDatabase().connect()
    try connection.executeScript(script)
    return connection
  }

  /// Part of a name that no other test, process or machine uses.
  static func uniqueSuffix() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return "\(ProcessInfo.processInfo.processIdentifier)_\(digits)"
  }
}

/// The test databases that have not been dropped yet.
private enum Leftovers {
  struct Entry {
    let server: TestServer
    var isReleased = false
  }

  private static let entries = Mutex<[String: Entry]>([:])
  private static let atExit: Void = {
    atexit { Leftovers.dropAll() }
  }()

  static func register(_ name: String, on server: TestServer) {
    _ = atExit
    entries.withLock { $0[name] = Entry(server: server) }
  }

  /// Drops every database that no object stands for and nobody is connected to.
  static func sweep(released name: String) {
    let candidates = entries.withLock { entries in
      entries[name]?.isReleased = true
      return entries.filter { $0.value.isReleased }
    }
    for (name, entry) in candidates {
      guard let connection = try? Connection(entry.server.parameters(), applicationName: "tests"),
        let users = try? connection.execute(
          "SELECT 1 FROM pg_stat_activity WHERE datname = $1", [name]),
        users.rowCount == 0, entries.withLock({ $0.removeValue(forKey: name) }) != nil
      else { continue }
      drop(name, connection)
    }
  }

  static func dropAll() {
    for (name, entry) in entries.withLock({ $0 }) {
      if let connection = try? Connection(entry.server.parameters(), applicationName: "tests") {
        drop(name, connection)
      }
    }
  }

  private static func drop(_ name: String, _ connection: Connection) {
    _ = try? connection.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
  }
}

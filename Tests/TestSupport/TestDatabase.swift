import Foundation
package import Postgres

/// An empty database for one test, dropped with this object.
package final class TestDatabase: Sendable {
  /// The database's name.
  package let name: String
  private let server: TestServer

  /// Creates the database.
  ///
  /// - Parameter server: where; the tests' server when left out.
  /// - Throws: `PostgresError`, or `PrivateServer.NotStarted`.
  package init(on server: TestServer? = nil) throws {
    self.server = try server ?? .current()
    name = "ncf_test_\(Self.uniqueSuffix())"
    // From template0, which nobody can be connected to, so that tests don't get in each other's way.
    try Connection(self.server.parameters(), applicationName: "tests")
      .execute("CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'UTF8'")
  }

  deinit {
    // A database left behind harms nobody: the private server goes, and names are never reused.
    _ = try? Connection(server.parameters(), applicationName: "tests")
      .execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
  }

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

  /// Part of a name that no other test, process or machine uses.
  static func uniqueSuffix() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return "\(ProcessInfo.processInfo.processIdentifier)_\(digits)"
  }
}

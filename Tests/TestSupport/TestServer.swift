import Foundation
package import Postgres

/// The server that tests use: the one that PG* variables point at, or else a private one that is
/// started for this process.
package struct TestServer: Sendable {
  /// PG* variables that lead a program to the server.
  package let environment: [String: String]

  /// A server that PG* variables lead to.
  package init(environment: [String: String]) { self.environment = environment }

  /// The server in use.
  ///
  /// - Returns: the same one for the whole process.
  /// - Throws: `PrivateServer.NotStarted` when there is none and none can be started.
  package static func current() throws -> TestServer {
    if let configured { return configured }
    return TestServer(environment: try started.get().environment)
  }

  /// A server that asks members of the role `password_required` for their password.
  ///
  /// - Returns: the one in use when it does so, otherwise a private one.
  /// - Throws: `PostgresError` or `PrivateServer.NotStarted`.
  package static func askingForPasswords() throws -> TestServer {
    let server = try current()
    if let configured, configured.trustsEverybody {
      return TestServer(environment: try started.get().environment)
    }
    return server
  }

  /// How to reach a database of the server.
  ///
  /// - Parameter database: its name; the server's own first database when left out.
  /// - Returns: parameters that name host, port and user as far as they are known.
  package func parameters(database: String? = nil) -> ConnectionParameters {
    ConnectionParameters(
      database: database ?? environment["PGDATABASE"], host: environment["PGHOST"],
      port: environment["PGPORT"], user: environment["PGUSER"])
  }

  private static let configured: TestServer? = {
    let variables = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix("PG") }
    let points = ["PGHOST", "PGHOSTADDR", "PGSERVICE"].contains { variables[$0] != nil }
    return points ? TestServer(environment: variables) : nil
  }()

  private static let started = Result { try PrivateServer() }

  /// Whether a role that should need its password gets in without one.
  private var trustsEverybody: Bool {
    do {
      let admin = try Connection(parameters(), applicationName: "tests")
      let role = try PasswordRole(on: admin)
      defer { role.drop(on: admin) }
      var parameters = parameters()
      parameters.user = role.name
      _ = try Connection(parameters, applicationName: "tests")
      return true
    } catch {
      return (error as? PostgresError)?.kind != .authentication
    }
  }
}

/// A login role that has to give its password.
package struct PasswordRole: Sendable {
  /// The role's name.
  package let name: String
  /// Its password, found nowhere else: tests look for it in texts where it must not be.
  package let password: String

  /// Makes the role.
  ///
  /// - Parameter admin: a connection with the right to make roles.
  /// - Throws: `PostgresError`.
  package init(on admin: Connection) throws {
    let suffix = TestDatabase.uniqueSuffix()
    name = "ncf_test_role_\(suffix)"
    password = "canary-\(suffix)"
    // Made by whoever comes first; several tests may come at once.
    try admin.executeScript(
      """
      DO $$ BEGIN CREATE ROLE password_required NOLOGIN;
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
      CREATE ROLE \(name) LOGIN PASSWORD '\(password)' IN ROLE password_required;
      """)
  }

  /// Removes the role, which must own nothing any more.
  ///
  /// - Parameter admin: a connection with the right to drop roles.
  package func drop(on admin: Connection) {
    _ = try? admin.execute("DROP ROLE IF EXISTS \(name)")
  }
}

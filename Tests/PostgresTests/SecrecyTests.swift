import Formatting
import Foundation
import TestSupport
import Testing

@testable import Postgres

/// Everything an error could show.
private func texts(_ error: PostgresError) -> String {
  "\(error) | \(String(reflecting: error)) | \(error.message) | \(error.detail ?? "") "
    + "| \(error.hint ?? "") | \(error.attempted)"
}

struct SecrecyTests {
  /// A role that has to give its password, who may drop it, and how to connect as it.
  private func passwordRole() throws -> (PasswordRole, admin: Connection, ConnectionParameters) {
    let server = try TestServer.askingForPasswords()
    let admin = try Connection(server.parameters(), applicationName: "tests")
    let role = try PasswordRole(on: admin)
    var parameters = server.parameters()
    parameters.user = role.name
    return (role, admin, parameters)
  }

  @Test func aRightPasswordOpensAndAWrongOneIsAnAuthenticationErrorWithoutIt() throws {
    let (role, admin, server) = try passwordRole()
    defer { role.drop(on: admin) }
    var parameters = server
    parameters.database = "dbname=postgres password=\(role.password)"
    let connection = try Connection(parameters, applicationName: "tests")
    #expect(try connection.execute("SELECT current_user")[row: 0, column: 0] == role.name)

    for wrong in [
      "dbname=postgres password=wrong-\(role.password)",
      "postgresql:///postgres?password=wrong-\(role.password)",
      "postgresql://\(role.name):wrong-\(role.password)@/postgres",
    ] {
      parameters.database = wrong
      let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
      #expect(error.kind == .authentication)
      #expect(error.sqlState == "28P01")
      #expect(error.message.contains("password authentication failed for user \"\(role.name)\""))
      #expect(!texts(error).contains(role.password))
    }
  }

  @Test func aPasswordThatIsWantedAndNotThereIsNotPromptedFor() throws {
    let (role, admin, server) = try passwordRole()
    defer { role.drop(on: admin) }
    var parameters = server
    parameters.database = "dbname=postgres passfile=/nonexistent"
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(error.kind == .authentication)
    #expect(error.message.contains("no password supplied"))
  }

  @Test func aPasswordIsFoundInNoErrorOfAnyStatement() throws {
    let (role, admin, server) = try passwordRole()
    defer { role.drop(on: admin) }
    var parameters = server
    parameters.database = "dbname=postgres password=\(role.password)"
    let connection = try Connection(parameters, applicationName: "tests")
    for sql in [
      "SELECT '\(role.password)' FROM nowhere", "SELECT \"\(role.password)\"",
      "SELECT '\(role.password)'::int",
      "ALTER ROLE \(role.name) PASSWORD '\(role.password)' nonsense",
      "SELECT \(String(repeating: " ", count: 150))'\(role.password)' FROM nowhere",
      "DO $$ BEGIN RAISE EXCEPTION 'x' USING DETAIL = '\(role.password)', HINT = '\(role.password)'; END $$",
    ] {
      #expect(!texts(try failure { try connection.execute(sql) }).contains("canary"))
      #expect(!texts(try failure { try connection.executeScript(sql) }).contains("canary"))
      #expect(
        !texts(
          try failure {
            _ = try connection.describe(sql); throw hidden
          }
        ).contains("canary"))
      #expect(!texts(try failure { _ = try connection.copyOut(sql) { _ in } }).contains("canary"))
    }
  }

  private let hidden = PostgresError(kind: .misuse, message: "", attempted: "")

  @Test(arguments: [
    "postgresql://me:canary@host with space/db", "postgresql://me:canary@/db?no_such_option=1",
    "postgresql://me:canary%zz@/db", "password=canary canary dbname=x", "password='canary",
    "password=canary canary=1", "postgresql://me:can/canary@host/db",
    "postgresql://me:can@canary@nowhere.invalid/db",
    "postgresql://me:can?canary@nowhere.invalid/db",
    "postgresql://me:can#canary@nowhere.invalid/db", "postgresql://me:canary@[::1/db",
    "postgresql://me:canary@nowhere.invalid:port/db", "me:canary@nowhere.invalid",
    "host=nowhere.invalid password=canary sslpassword=canary",
    "postgresql:///x?sslpassword=canary&y",
    "host=/nonexistent password=canary", "host=/nonexistent sslmode=canary password=canary",
    "postgresql://me:can@ary@/canary?host=/nonexistent", "password=canary dbname=canary\0",
    "service=no_such_service password=canary", "PASSWORD=canary",
  ])
  func aConnectionStringGivesItsPasswordAwayInNoError(database: String) throws {
    var parameters = ConnectionParameters(database: database)
    if !database.contains("host") && !database.contains("@") { parameters.host = "/nonexistent" }
    if database.hasPrefix("me:") { parameters.host = "/nonexistent" }
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(!texts(error).contains("canary"))
    #expect(!error.message.isEmpty)
  }
}

import Foundation
import Postgres
import TestSupport
import Testing

/// Runs `body` and returns the error of the server or libpq that it must end with.
func failure<R>(_ body: () throws -> R) throws -> PostgresError {
  try #require(throws: PostgresError.self) { _ = try body() }
}

struct ConnectionTests {
  @Test func aSessionHasAnEmptySearchPathUTCTimesAndNoSilentPolicies() throws {
    let connection = try TestDatabase().connect()
    let result = try connection.execute(
      """
      SELECT current_setting('search_path') AS path, current_setting('TimeZone') AS zone,
        current_setting('row_security') AS security, current_setting('client_encoding') AS encoding,
        current_setting('DateStyle') AS dates, current_setting('bytea_output') AS bytea
      """
    ).row()
    #expect(try result.decode("path") == "")
    #expect(try result.decode("zone") == "UTC")
    #expect(try result.decode("security") == "off")
    #expect(try result.decode("encoding") == "UTF8")
    #expect(try result.decode("dates") == "ISO, YMD")
    #expect(try result.decode("bytea") == "hex")
  }

  @Test func theApplicationsNameIsShownUnlessTheUserGivesOne() throws {
    let database = try TestDatabase()
    let sql = "SELECT current_setting('application_name')"
    let plain = try database.connect(applicationName: "ncf-batch/7/pull")
    #expect(try plain.execute(sql)[row: 0, column: 0] == "ncf-batch/7/pull")

    var parameters = database.parameters
    parameters.database = "dbname=\(database.name) application_name=mine"
    let named = try Connection(parameters, applicationName: "ncf-batch/7/pull")
    #expect(try named.execute(sql)[row: 0, column: 0] == "mine")
  }

  @Test(arguments: ["dbname=%", "postgresql:///%", "%"])
  func aDatabaseMayBeGivenAsNameConnectionStringOrURI(form: String) throws {
    let database = try TestDatabase()
    var parameters = database.parameters
    parameters.database = form.replacingOccurrences(of: "%", with: database.name)
    let connection = try Connection(parameters, applicationName: "tests")
    #expect(
      try connection.execute("SELECT current_database()")[row: 0, column: 0] == database.name)
  }

  @Test func theServersVersionAndProcessAreThoseItReports() throws {
    let connection = try TestDatabase().connect()
    let result = try connection.execute(
      "SELECT current_setting('server_version_num'), pg_backend_pid()")
    #expect(result[row: 0, column: 0] == String(connection.serverVersion))
    #expect(result[row: 0, column: 1] == String(connection.backendPID))
  }

  @Test func aFunctionPlantedInPublicIsNotCalled() throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    try connection.executeScript(
      """
      CREATE TABLE public.victims (n int);
      CREATE FUNCTION public.length(text) RETURNS int LANGUAGE sql AS
        'INSERT INTO public.victims VALUES (1) RETURNING 666';
      """)
    #expect(try connection.execute("SELECT length($1::text)", ["abc"])[row: 0, column: 0] == "3")
    let count = try connection.execute("SELECT count(*) FROM public.victims")
    #expect(count[row: 0, column: 0] == "0")
  }

  @Test func noServerIsAConnectionError() throws {
    let nowhere = ConnectionParameters(
      database: "postgres", host: "/nonexistent-folder", port: "5432", user: "postgres")
    let error = try failure { _ = try Connection(nowhere, applicationName: "tests") }
    #expect(error.kind == .connection)
    #expect(error.sqlState == nil)
    #expect(error.attempted.contains("/nonexistent-folder"))
    #expect(error.message.contains("No such file or directory"))
  }

  @Test func aClosedPortIsAConnectionError() throws {
    // Port 1 is reserved and nothing listens there.
    let closed = ConnectionParameters(
      database: "postgres", host: "127.0.0.1", port: "1", user: "postgres")
    let error = try failure { _ = try Connection(closed, applicationName: "tests") }
    #expect(error.kind == .connection)
    #expect(error.message.contains("Connection refused"))
  }

  @Test func anUnknownDatabaseIsNamed() throws {
    var parameters = try TestServer.current().parameters()
    parameters.database = "no_such_database"
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(error.kind == .missingDatabase)
    #expect(error.sqlState == "3D000")
    #expect(error.message.contains("database \"no_such_database\" does not exist"))
    #expect(!error.message.contains("LOCATION"))
  }

  @Test func anUnknownRoleIsAnAuthenticationError() throws {
    var parameters = try TestServer.current().parameters()
    parameters.user = "no_such_role"
    let error = try failure { _ = try Connection(parameters, applicationName: "tests") }
    #expect(error.kind == .authentication)
    #expect(error.sqlState == "28000")
  }

  @Test(arguments: [
    "host=x port=notaport dbname=y", "sslmode=perhaps dbname=y", "service=no_such_service_here",
  ])
  func valuesThatLibpqCannotUseAreConfigurationErrors(database: String) throws {
    let error = try failure {
      _ = try Connection(ConnectionParameters(database: database), applicationName: "tests")
    }
    #expect(error.kind == .configuration)
    #expect(error.sqlState == nil)
  }

  @Test func aConnectionThatTheServerClosesIsNoticed() throws {
    let database = try TestDatabase()
    let victim = try database.connect()
    let killer = try database.connect()
    #expect(victim.isAlive)
    try killer.execute(
      "SELECT pg_terminate_backend($1, 10000)", [Int(victim.backendPID)])
    #expect(!victim.isAlive)
    let error = try failure { try victim.execute("SELECT 1") }
    #expect(error.kind == .connection)
    let again = try failure { try victim.execute("SELECT 1") }
    #expect(again.kind == .connection)
  }
}

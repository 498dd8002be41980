import Jobs
import Postgres
import TestSupport
import Testing

@testable import Store

/// The record of runs where the server, the database or the schema is missing.
struct RunHistoryTests {
  @Test func aServerThatIsNotThereIsSixtyNine() {
    let error = #expect(throws: BatchError.self) {
      try RunHistory(ConnectionParameters(database: "x", host: "/nonexistent")).list()
    }
    #expect(error?.exitCode == .unavailable)
  }

  @Test func aDatabaseThatIsNotThereIsSeventyEight() throws {
    var parameters = try TestServer.current().parameters()
    parameters.database = "ncf_test_nothing_of_this_name"
    let error = #expect(throws: BatchError.self) { try RunHistory(parameters).list() }
    #expect(error?.exitCode == .configuration)
  }

  @Test func aRecordOfRunsBeforeAnyMigrationIsSeventyEight() throws {
    let database = try TestDatabase()
    let error = #expect(throws: BatchError.self) { try RunHistory(database.parameters).list() }
    #expect(error?.exitCode == .configuration)
  }
}

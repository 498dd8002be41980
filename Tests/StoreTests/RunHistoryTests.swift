import Jobs
import Postgres
import TestSupport
import Testing

@testable import Store

/// The record of runs where the server, the database or the schema is missing.
struct RunHistoryTests {
  @Test func aServerThatIsNotThereIsSixtyNine() {
    expectFailure(.unavailable) {
      try RunHistory(ConnectionParameters(database: "x", host: "/nonexistent")).list()
    }
  }

  @Test func aDatabaseThatIsNotThereIsSeventyEight() throws {
    var parameters = try TestServer.current().parameters()
    parameters.database = "ncf_test_nothing_of_this_name"
    expectFailure(.configuration) { try RunHistory(parameters).list() }
  }

  @Test func aRecordOfRunsBeforeAnyMigrationIsSeventyEight() throws {
    let database = try TestDatabase()
    expectFailure(.configuration) { try RunHistory(database.parameters).list() }
  }
}

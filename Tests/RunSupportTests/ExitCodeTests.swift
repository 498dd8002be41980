import Jobs
import Postgres
import TestSupport
import Testing

@testable import RunSupport

struct ExitCodeTests {
  @Test(arguments: [
    ("08006", ExitCode.unavailable), ("57P01", .unavailable), ("57P03", .unavailable),
    ("53300", .unavailable), ("28P01", .permission), ("42501", .permission),
    ("3D000", .configuration), ("42P01", .configuration), ("42703", .configuration),
    ("42601", .configuration), ("53100", .io), ("53200", .io), ("58030", .io), ("22P02", .data),
    ("22012", .data), ("40001", .temporary), ("40P01", .temporary), ("55P03", .temporary),
    ("57014", .temporary), ("23505", .software), ("XX000", .software),
  ])
  func everyClassOfFailureHasItsCode(state: String, code: ExitCode) {
    let error = PostgresError(
      kind: PostgresError.Kind(sqlState: state), sqlState: state, message: "m", attempted: "a")
    #expect(BatchError(error, doing: "d").exitCode == code)
  }

  @Test func twoClientsServedByOneProcessGiveThePoolerAway() throws {
    let database = try TestDatabase()
    let (first, second) = (try database.connect(), try database.connect())
    try ServerCheck.pooler(first, second)
    let error = #expect(throws: BatchError.self) { try ServerCheck.pooler(first, first) }
    #expect(error?.exitCode == .configuration)
  }

  @Test func aServerThatIsTooOldIsRefused() {
    let error = #expect(throws: BatchError.self) { try ServerCheck.version(number: 120_022) }
    #expect(error?.exitCode == .configuration)
    #expect(error?.what == "the server is PostgreSQL 12")
  }
}

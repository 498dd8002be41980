import Jobs
import Postgres
import TestSupport
import Testing

@testable import RunSupport

struct ExitCodeTests {
  /// Codes, the exit code of each, and whether one that is met is tried again.
  private static let states: [(codes: [String?], code: ExitCode, mayPass: Bool)] = [
    (
      [
        nil, "08000", "08001", "08003", "08006", "08P01", "53300", "57P01", "57P02", "57P03",
        "57P05",
      ],
      .unavailable, true
    ),
    (["57P04", "25P03"], .unavailable, false), (["28000", "28P01", "42501"], .permission, false),
    (["3D000", "42P01", "42703", "42601", "0A000"], .configuration, false),
    (["53100", "53200", "58030"], .io, false), (["22P02", "22012"], .data, false),
    (["40001", "40P01"], .temporary, true), (["55P03", "57014"], .temporary, false),
    (["23505", "XX000"], .software, false),
  ]

  @Test(arguments: states.indices)
  func everyStateHasItsCodeAndIsTriedAgainOrNot(index: Int) {
    let (states, code, mayPass) = Self.states[index]
    for state in states {
      let error = PostgresError(
        kind: state.map { PostgresError.Kind(sqlState: $0) } ?? .connection, sqlState: state,
        message: "m", attempted: "a")
      #expect(BatchError(error, doing: "d").exitCode == code, "\(state ?? "none")")
      let decision = RetryPolicy(retries: 1).decide(error, failures: 1, random: 0)
      #expect(
        decision == (mayPass ? .retry(afterMilliseconds: 125) : .giveUp), "\(state ?? "none")")
    }
  }

  @Test func twoClientsServedByOneProcessGiveThePoolerAway() throws {
    let database = try TestDatabase()
    let (first, second) = (try database.connect(), try database.connect())
    try ServerCheck.pooler(first, second)
    expectFailure(.configuration) { try ServerCheck.pooler(first, first) }
  }

  @Test func aServerThatIsTooOldIsRefused() {
    let error = expectFailure(.configuration) { try ServerCheck.version(number: 120_022) }
    #expect(error?.what == "the server is PostgreSQL 12")
  }
}

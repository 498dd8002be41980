import Jobs
import Postgres
import Testing

@testable import RunSupport

/// What each kind of failure and each SQLSTATE means.
struct FailureRuleTests {
  typealias Row = (
    kind: PostgresError.Kind, state: String?, code: ExitCode, mayPass: Bool, advice: String
  )

  private static let reach =
    "check that the server runs and can be reached; then start the run again"
  private static let again = "start the run again"
  private static let grant = "grant the role what it needs; jobs/roles.sql shows the least rights"
  private static let space = "free space or memory on the server; then start the run again"
  private static let rows =
    "find the rows that the server names and leave them out in source.query"
  private static let names = "check the names in the configuration against the database"
  private static let bug = "this is a bug of ncf-batch; please report it with this message"

  static let expected: [Row] = [
    (.connection, nil, .unavailable, true, reach),
    (.connection, "08000", .unavailable, true, reach),
    (.connection, "08006", .unavailable, true, reach),
    (.connection, "53300", .unavailable, true, reach),
    (.connection, "57P01", .unavailable, true, reach),
    (.connection, "57P03", .unavailable, true, reach),
    (.connection, "57P05", .unavailable, true, reach),
    (.connection, "57P04", .unavailable, false, reach),
    (.connection, "25P03", .unavailable, false, reach),
    (.connection, "XX000", .unavailable, false, reach),
    (.commitUnknown, nil, .unavailable, false, reach),
    (.commitUnknown, "08007", .unavailable, false, reach),
    (
      .authentication, "28P01", .permission, false,
      "check the role and its password (PGPASSWORD, .pgpass or a service file)"
    ),
    (.permission, "42501", .permission, false, grant),
    (.encryption, nil, .configuration, false, names),
    (.missingDatabase, "3D000", .configuration, false, names),
    (.configuration, nil, .configuration, false, names),
    (.missingObject, "42P01", .configuration, false, names),
    (
      .resultShape, nil, .configuration, false,
      "run: ncf-batch migrate verify, and use the version of ncf-batch that wrote the row"
    ),
    (.cancelled, "57014", .temporary, false, again),
    (.lockTimeout, "55P03", .temporary, false, again),
    (.conflict, "40001", .temporary, true, again),
    (.conflict, "40P01", .temporary, true, again),
    (.diskFull, "53100", .io, false, space),
    (.dataShape, nil, .data, false, rows),
    (.constraint, "23505", .software, false, bug),
    (.misuse, nil, .software, false, bug),
    (.server, nil, .unavailable, false, reach),
    (.server, "08P01", .unavailable, false, reach),
    (.server, "57000", .unavailable, false, reach),
    (.server, "53300", .unavailable, false, reach),
    (.server, "53200", .io, false, space),
    (.server, "58030", .io, false, space),
    (.server, "22012", .data, false, rows),
    (.server, "23514", .software, false, bug),
    (.server, "XX001", .software, false, bug),
    (.server, "40003", .temporary, false, again),
    (.server, "55006", .temporary, false, again),
    (.server, "28000", .permission, false, grant),
    (.server, "42601", .configuration, false, names),
    (.server, "0A000", .configuration, false, names),
  ]

  @Test(arguments: expected.indices)
  func eachFailureHasItsRow(index: Int) {
    let row = Self.expected[index]
    let error = PostgresError(kind: row.kind, sqlState: row.state, message: "m", attempted: "a")
    #expect(error.rule.exitCode == row.code)
    #expect(error.rule.mayPass == row.mayPass)
    #expect(error.rule.advice == row.advice)
    let failure = BatchError(error, doing: "d")
    #expect(failure.exitCode == row.code && failure.advice == row.advice)
    let decision = RetryPolicy(retries: 1).decide(error, failures: 1, random: 0)
    #expect((decision != .giveUp) == row.mayPass)
  }

  @Test(arguments: PostgresError.Kind.allCases)
  func eachKindEndsWithARowForTheRest(kind: PostgresError.Kind) {
    #expect(FailureRule.table.last { $0.kind == kind }?.states == .any)
    #expect(Self.expected.contains { $0.kind == kind })
  }

  @Test func whatIsKnownNotToBeCommittedIsTriedAgainAndKeepsItsKind() {
    let lost = PostgresError(kind: .commitUnknown, message: "lost", attempted: "commit")
    let retrier = Retrier(RetryPolicy(tries: 3, pause: 0), Interruption())
    var tries = 0
    let error = #expect(throws: PostgresError.self) {
      try retrier.attempt {
        tries += 1
        try Retryable.commit { throw lost }
      }
    }
    #expect(tries == 3)
    #expect(error == lost)
  }

  @Test func aPolicyForLocksWaitsLongerEachTimeAndTriesTheKindsThatItNames() {
    let policy = RetryPolicy(tries: 3, pause: 120, step: 20, kinds: [.lockTimeout])
    let locked = PostgresError(kind: .lockTimeout, message: "m", attempted: "a")
    let decisions = (1...3).map { policy.decide(locked, failures: $0, random: 0) }
    #expect(
      decisions == [
        .retry(afterMilliseconds: 120), .retry(afterMilliseconds: 140), .giveUp,
      ])
    let gone = PostgresError(kind: .connection, message: "m", attempted: "a")
    #expect(policy.decide(gone, failures: 1, random: 0) == .giveUp)
  }

  @Test func aWaitEndsWithItsFailureOrWithARequestToStop() {
    let failure = BatchError(.temporary, "still busy")
    let interruption = Interruption()
    let retrier = Retrier(RetryPolicy(tries: 4, pause: 0), interruption)
    var asked = 0
    #expect(throws: failure) {
      try retrier.wait(orThrow: failure) {
        asked += 1
        return false
      }
    }
    #expect(asked == 4)
    interruption.request(reason: "SIGTERM")
    let error = #expect(throws: BatchError.self) {
      try retrier.wait(orThrow: failure) { false }
    }
    #expect(error?.what == "stopped by SIGTERM")
  }
}

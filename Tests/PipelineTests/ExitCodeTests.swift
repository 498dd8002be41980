import Parallelism
import Postgres
import TestSupport
import Testing

@testable import Pipeline

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

  @Test func aMessageSaysWhatWasTriedWhatWasSaidWhatIsServedAndWhatToDo() {
    let error = BatchError(
      .permission, "read app.events",
      server: BatchError.Server(sqlState: "42501", message: "permission denied", hint: "ask"),
      stillServed: "the lists of run 4", advice: "grant SELECT")
    #expect(
      error.description == """
        read app.events
        the server said: permission denied (SQLSTATE 42501)
        its hint: ask
        still served: the lists of run 4
        what to do: grant SELECT
        """)
  }

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

  @Test func twoClientsServedByOneProcessGiveThePoolerAway() throws {
    let database = try TestDatabase()
    let (first, second) = (try database.connect(), try database.connect())
    try ServerCheck.pooler(first, second)
    let error = #expect(throws: BatchError.self) { try ServerCheck.pooler(first, first) }
    #expect(error?.exitCode == .configuration)
  }

  @Test func anUnansweredCommitIsLookedUp() throws {
    let shop = try Shop()
    let connection = shop.connection
    let outcome = CommitOutcome(
      RunContext(
        job: shop.job(), request: RunRequest(), parameters: shop.database.parameters,
        interruption: Interruption(), observer: Recorder(), clock: MonotonicClock.seconds,
        pool: WorkerPool(threads: 1), runID: 1))
    let lost = PostgresError(kind: .commitUnknown, message: "lost", attempted: "commit")
    var committed: String?
    try connection.transaction {
      committed = try connection.execute(SQL.Session.currentTransaction)[row: 0, column: 0]
    }
    #expect(try outcome.wasCommitted(committed, lost))
    try connection.execute("BEGIN")
    let aborted = try connection.execute(SQL.Session.currentTransaction)[row: 0, column: 0]
    try connection.execute("ROLLBACK")
    #expect(try !outcome.wasCommitted(aborted, lost))
    let error = #expect(throws: BatchError.self) { try outcome.wasCommitted(nil, lost) }
    #expect(error?.exitCode == .unavailable)
  }
}

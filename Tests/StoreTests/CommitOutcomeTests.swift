import Parallelism
import Postgres
import RunSupport
import TestSupport
import Testing

@testable import Jobs
@testable import Store

/// Whether a commit that was not answered took place.
struct CommitOutcomeTests {
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
      committed = try connection.currentTransaction()
    }
    #expect(try outcome.wasCommitted(committed, lost))
    try connection.execute("BEGIN")
    let aborted = try connection.currentTransaction()
    try connection.execute("ROLLBACK")
    #expect(try !outcome.wasCommitted(aborted, lost))
    expectFailure(.unavailable) { try outcome.wasCommitted(nil, lost) }
  }
}

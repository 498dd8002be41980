import Interactions
import Parallelism
import Postgres
import RunSupport
import Source
import TestSupport
import Testing

@testable import Jobs

/// A table that several connections read gives what one connection reads.
struct PartedPullTests {
  private func pull(_ shop: Shop, _ change: (inout Job) -> Void) throws -> Dataset {
    let job = shop.job(change)
    try job.validate()
    return try BatchError.mapping("pull") {
      try PullStage(
        context: RunContext(
          job: job, request: RunRequest(), parameters: shop.database.parameters,
          interruption: Interruption(), observer: Recorder(), clock: MonotonicClock.seconds,
          pool: WorkerPool(threads: 1), runID: nil)
      ).run()
    }
  }

  @Test(arguments: [("bigint", "u - 30"), ("uuid", "md5('u' || u)::uuid"), ("text", "'u' || u")])
  func severalConnectionsReadWhatOneReads(type: String, expression: String) throws {
    let shop = try Shop(userType: type, user: expression)
    try shop.connection.execute(
      "INSERT INTO app.events (item_id, occurred_at) SELECT 1, now() FROM generate_series(1, 30)")
    let one = try pull(shop) { _ in }
    for connections in [2, 3, 7] {
      let several = try pull(shop) { $0.source.connections = connections }
      #expect(several.table == one.table)
      #expect(several.sequences == one.sequences)
      #expect(several.users == one.users)
      #expect(several.items == one.items)
      #expect(several.counts.rowsRead == one.counts.rowsRead)
      #expect(several.counts.rejectedText == one.counts.rejectedText)
      #expect(several.bytes == one.bytes)
    }
  }

  @Test func aSourceThatHasNoBlocksIsRefusedByName() throws {
    let shop = try Shop()
    try shop.connection.execute("CREATE VIEW app.seen AS SELECT * FROM app.events")
    expectFailure(.configuration, "app.seen") {
      try pull(shop) {
        $0.source.relation = .table("app.seen", columns: Job.Source.Columns())
        $0.source.connections = 2
      }
    }
    expectFailure(.configuration) {
      try pull(shop) {
        $0.source.relation = .query("SELECT * FROM app.events")
        $0.source.connections = 2
      }
    }
  }
}

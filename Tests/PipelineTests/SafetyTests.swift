import Operations
import Postgres
import RunSupport
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// What readers and other runs see while a run goes on, fails or is stopped.
struct SafetyTests {
  @Test func aReaderInAnOlderSnapshotKeepsTheWholeOldLists() throws {
    let shop = try Shop()
    try shop.run()
    let reader = try shop.database.connect()
    let digest = """
      SELECT count(*), md5(string_agg(r::text, ',' ORDER BY user_id, rank)), min(run_id)
      FROM ncf.recommendations AS r
      """
    try reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    let before = try shop.query(digest, on: reader)
    #expect(before.hasPrefix("300|"))
    let outcome = try shop.run(nil, RunRequest(force: true, seed: 99))
    #expect(outcome.status == .published)
    #expect(try shop.query(digest, on: reader) == before)
    try reader.execute("COMMIT")
    let after = try shop.query(digest, on: reader)
    #expect(after != before && after.hasPrefix("300|") && after.hasSuffix("|2"))
  }

  @Test func pendingMigrationsAreRefused() throws {
    let shop = try Shop()
    let name = try shop.query(
      """
      DELETE FROM ncf.migrations WHERE number = (SELECT max(number) FROM ncf.migrations)
      RETURNING name
      """)
    expectFailure(.configuration, "\(name) is pending") { try shop.run() }
  }

  @Test func aSecondRunIsToldWhoHoldsTheLock() throws {
    let shop = try Shop()
    let other = try Connection(shop.database.parameters, applicationName: "the first run")
    #expect(try other.tryAdvisoryLock(AdvisoryKey.job("default")))
    expectFailure(.temporary, "the first run", "\(other.backendPID)") { try shop.run() }
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "0")
    // Another job has a lock of its own.
    #expect(
      try shop.run(shop.job { ($0.name, $0.output.schema) = ("other", "other") }).status
        == .published)
  }

  @Test func aRunThatDiedIsMarkedByTheNext() throws {
    let shop = try Shop()
    try shop.connection.execute(
      """
      INSERT INTO ncf.runs (job, kind, host, versions, config, config_sha256, seed)
      VALUES ('default', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1),
        ('other', 'nightly', 'h', '{}', '{}', repeat('0', 64), 1)
      """)
    let recorder = Recorder()
    try shop.run(observer: recorder)
    try shop.expect(
      "SELECT status FROM ncf.runs ORDER BY run_id", gives: "abandoned\nrunning\npublished")
    #expect(recorder.warnings.contains { $0.contains("run 1 had died") })
  }

  @Test func theLaterOfTwoRunsIsNotUndoneByTheEarlier() throws {
    let shop = try Shop()
    try shop.run()
    let parameters = shop.database.parameters
    // While the run evaluates, the pointer moves.
    let recorder = Recorder { event in
      guard case .stageBegan(.evaluate) = event else { return }
      _ = try? Connection(parameters, applicationName: "tests")
        .execute("UPDATE ncf.live SET generation = generation + 1")
    }
    let error = expectFailure(.temporary) {
      try shop.run(nil, RunRequest(seed: 5), observer: recorder)
    }
    #expect(error?.stillServed == "the lists of run 1")
    try shop.expect("SELECT status, exit_code FROM ncf.runs WHERE run_id = 2", gives: "failed|75")
    try shop.expect("SELECT run_id, generation FROM ncf.live", gives: "1|2")
    try shop.expect("SELECT to_regclass('ncf.recommendations_run_2')", gives: "-")
    #expect(try shop.run().status == .published)
  }

  @Test func aRunMarkedAbandonedMeanwhileDoesNotPublish() throws {
    let shop = try Shop()
    let parameters = shop.database.parameters
    let recorder = Recorder { event in
      guard case .stageBegan(.publish) = event else { return }
      _ = try? Connection(parameters, applicationName: "tests")
        .execute("UPDATE ncf.runs SET status = 'abandoned', finished_at = now()")
    }
    expectFailure(.temporary, "run 1 is no longer marked running: a later run took over") {
      try shop.run(observer: recorder)
    }
    try shop.expect("SELECT count(*) FROM ncf.live", gives: "0")
    try shop.expect("SELECT status FROM ncf.runs", gives: "abandoned")
    try shop.expect("SELECT to_regclass('ncf.recommendations_run_1')", gives: "-")
  }

  @Test(arguments: [Stage.pull, .train, .evaluate, .publish])
  func aRequestToStopLeavesTheOldLists(stage: Stage) throws {
    let shop = try Shop()
    try shop.run()
    let before = try shop.lists()
    let interruption = Interruption()
    let recorder = Recorder { event in
      if case .stageBegan(stage) = event { interruption.request(reason: "SIGTERM") }
    }
    let error = expectFailure(.temporary) {
      try shop.run(observer: recorder, interruption: interruption)
    }
    #expect(error?.what == "run 2 was stopped by SIGTERM")
    try shop.expect(
      "SELECT status, exit_code, reason FROM ncf.runs WHERE run_id = 2",
      gives: "interrupted|75|run 2 was stopped by SIGTERM")
    #expect(try shop.lists() == before)
    try shop.expect("SELECT to_regclass('ncf.recommendations_run_2')", gives: "-")
  }

  @Test func aRequestToStopCancelsTheServersQuery() throws {
    let shop = try Shop()
    let interruption = Interruption()
    // The request comes when the server reports that the slow query has begun.
    let parameters = shop.database.parameters
    let waiting = try Connection(parameters, applicationName: "tests")
    try waiting.execute("SELECT pg_advisory_lock(42)")
    let job = shop.job {
      $0.source.relation = .query(
        """
        SELECT e.user_id, e.item_id, e.occurred_at
        FROM app.events AS e, (SELECT pg_advisory_lock_shared(42)) AS l
        """)
    }
    let watcher = Watcher(parameters: parameters, interruption: interruption)
    watcher.start()
    expectFailure(.temporary) { try shop.run(job, interruption: interruption) }
    try shop.expect("SELECT status FROM ncf.runs", gives: "interrupted")
  }

  @Test func aServerProcessThatIsKilledIsRecorded() throws {
    let shop = try Shop()
    let parameters = shop.database.parameters
    let recorder = Recorder { event in
      guard case .progress(.publish, _, _, _, _, _) = event else { return }
      _ = try? Connection(parameters, applicationName: "tests").execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'ncf-batch/%/publish'
        """)
    }
    // Each try is cut off, and only the first try is made again.
    let error = expectFailure(.unavailable) {
      try shop.run(nil, RunRequest(retries: 1), observer: recorder)
    }
    #expect(recorder.warnings.count { $0.contains("trying again") } == 1)
    #expect(error?.stillServed == "nothing: no run was ever published")
    try shop.expect("SELECT status, exit_code FROM ncf.runs", gives: "failed|69")
    try shop.expect("SELECT to_regclass('ncf.recommendations_run_1')", gives: "-")
    #expect(try shop.run().status == .published)
  }

  @Test func aLockThatIsHeldForAWhileDelaysPublishingOnly() throws {
    let shop = try Shop()
    try shop.run()
    let holder = Mutex<LockHolder?>(LockHolder(connection: try shop.database.connect()))
    let recorder = Recorder { event in
      switch event {
      case .stageBegan(.publish): holder.withLock { $0?.take() }
      case .notice(let text) where text.contains("trying again"): holder.withLock { $0 = nil }
      default: break
      }
    }
    #expect(try shop.run(observer: recorder).status == .published)
    #expect(recorder.notices.contains { $0.contains("trying again") })
    try shop.expect("SELECT run_id, generation FROM ncf.live", gives: "2|2")
  }

  /// Holds the lock that attaching a partition needs, until it is let go.
  private struct LockHolder: @unchecked Sendable {
    // Safe: only touched under the mutex that holds it.
    let connection: Connection

    func take() {
      _ = try? connection.executeScript(
        "BEGIN; LOCK TABLE ncf.recommendations_by_run IN SHARE UPDATE EXCLUSIVE MODE;")
    }
  }

  @Test func aLogWithoutUsableRowsEndsWithSixtyFive() throws {
    let shop = try Shop(events: false)
    expectFailure(.data) { try shop.run() }
    try shop.connection.execute("INSERT INTO app.events (user_id) VALUES (1), (2)")
    expectFailure(.data, "null_item 2") { try shop.run() }
    try shop.expect(
      "SELECT status, exit_code, rows_rejected FROM ncf.runs WHERE run_id = 2",
      gives: "failed|65|{\"null_item\": 2}")
  }

  @Test func aLogInWhichNobodyCanBeTestedEndsWithSixtyFive() throws {
    let shop = try Shop(events: false)
    try shop.add("SELECT u, u % 7, '2026-01-01' FROM generate_series(1, 30) AS u")
    expectFailure(.data) { try shop.run() }
    let forced = try shop.run(nil, RunRequest(force: true))
    #expect(forced.status == .published)
    #expect(forced.rowsPublished == 30 * 5)
  }

  @Test func oneUserAndOneItemEndWithAStatedResult() throws {
    let shop = try Shop(events: false)
    try shop.add("VALUES (1, 1, '2026-01-01')")
    expectFailure(.data) { try shop.run() }
    let forced = try shop.run(nil, RunRequest(force: true))
    #expect(forced.rowsPublished == 0)
  }

  @Test func idsOfAnotherTypeThanPublishedAreRefused() throws {
    let shop = try Shop()
    try shop.run()
    try shop.connection.execute("ALTER TABLE app.events ALTER item_id TYPE text")
    let error = expectFailure(.configuration, "item_id") { try shop.run() }
    #expect(error?.stillServed == "the lists of run 1")
  }

  @Test func aViewEditedByHandIsRefused() throws {
    let shop = try Shop()
    try shop.run()
    try shop.connection.execute(
      """
      CREATE OR REPLACE VIEW ncf.recommendations AS
      SELECT user_id, rank, item_id, score, source, run_id FROM ncf.recommendations_by_run
      """)
    expectFailure(.configuration, "ncf.recommendations") { try shop.run() }
    try shop.connection.execute("DROP VIEW ncf.recommendations")
    #expect(try shop.run().status == .published)
    try shop.expect("SELECT DISTINCT run_id FROM ncf.recommendations", gives: "3")
  }

  @Test func twoJobsDoNotShareAnOutputSchema() throws {
    let shop = try Shop()
    try shop.run()
    let (before, epochs) = (try shop.lists(), "SELECT count(*) FROM ncf.epochs")
    let learnt = try shop.value(epochs)
    expectFailure(.configuration, "the view ncf.item_vectors is not the one that this job") {
      try shop.run(shop.job { $0.name = "other" })
    }
    #expect(try shop.lists() == before)
    // It is refused before anything is learnt.
    #expect(try shop.value(epochs) == learnt)
  }

  @Test func namesThatAreHostileAreQuoted() throws {
    let shop = try Shop()
    let job = shop.job {
      $0.name = #"j'"; DROP TABLE app.events;--"#
      $0.output.schema = #"o"; DROP TABLE app.events;--"#
    }
    #expect(try shop.run(job).status == .published)
    let reader = ListReader(shop.database.parameters, schema: job.output.schema)
    #expect(try reader.list(.user, "7").count == 5)
    try shop.expect("SELECT count(*) FROM app.events", gives: "540")
    #expect(try RunHistory(shop.database.parameters).list(job: job.name).count == 1)
  }

  @Test func oldListsGoWhenNeitherNumberNorDaysKeepThem() throws {
    let shop = try Shop()
    let job = shop.job { ($0.output.keepRuns, $0.output.keepDays) = (2, 0) }
    for _ in 1...4 { #expect(try shop.run(job).status == .published) }
    try shop.expect(
      "SELECT DISTINCT run_id FROM ncf.recommendations_by_run ORDER BY 1", gives: "3\n4")
    try shop.expect("SELECT DISTINCT run_id FROM ncf.popular_by_run ORDER BY 1", gives: "3\n4")
    try shop.expect("SELECT run_id FROM ncf.models ORDER BY 1", gives: "3\n4")
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "4")
  }

  @Test func modelsThatWereNotPublishedAreKeptByTheSameRule() throws {
    let shop = try Shop()
    let job = shop.job { ($0.output.keepRuns, $0.output.keepDays) = (1, 0) }
    for _ in 1...2 { #expect(try shop.run(job, RunRequest(publish: false)).status == .trained) }
    try shop.expect("SELECT run_id FROM ncf.models ORDER BY 1", gives: "1\n2")
    #expect(try shop.run(job).status == .published)
    try shop.expect("SELECT run_id FROM ncf.models ORDER BY 1", gives: "2\n3")
  }

  @Test func retentionGivesUpRatherThanMakeAReaderWait() throws {
    let shop = try Shop()
    let job = shop.job { ($0.output.keepRuns, $0.output.keepDays) = (1, 0) }
    try shop.run(job)
    let reader = try shop.database.connect()
    try reader.execute("BEGIN")
    try reader.execute("SELECT count(*) FROM ncf.recommendations")
    let recorder = Recorder()
    #expect(try shop.run(job, observer: recorder).status == .published)
    #expect(recorder.notices.contains { $0.contains("lists of run 1 stay") })
    try reader.execute("COMMIT")
    #expect(try shop.run(job).status == .published)
    try shop.expect("SELECT DISTINCT run_id FROM ncf.recommendations_by_run", gives: "3")
  }

  @Test func readersOfRunsAndListsSeeWhatIsThere() throws {
    let shop = try Shop()
    try shop.run()
    let run = try #require(try RunHistory(shop.database.parameters).list().first)
    #expect(run.runID == 1 && run.status == .published && run.isLive && run.users == Shop.users)
    #expect((run.ndcg ?? 0) > 0)
    let list = try ListReader(shop.database.parameters).list(.user, "7")
    #expect(list.map(\.rank) == [1, 2, 3, 4, 5])
    #expect(list.allSatisfy { $0.runID == 1 && $0.source == "model" })
    #expect(try ListReader(shop.database.parameters).list(.user, "12345").isEmpty)
    expectFailure(.data) { _ = try ListReader(shop.database.parameters).list(.user, "x") }
  }
}

/// Retention beside those who change what is live.
struct RetentionTests {
  @Test func aRunThatBecomesLiveMeanwhileIsNotDropped() throws {
    let shop = try Shop()
    let job = shop.job { ($0.output.keepRuns, $0.output.keepDays) = (1, 0) }
    try shop.run(job)
    let parameters = shop.database.parameters
    // Published, but what is old has not been looked for yet.
    let recorder = Recorder { event in
      guard case .stageEnded(let record) = event, record.stage == .publish else { return }
      _ = try? Rollback(parameters, job: job).run()
    }
    #expect(try shop.run(job, observer: recorder).status == .published)
    try shop.expect("SELECT run_id, generation FROM ncf.live", gives: "1|3")
    try shop.expect("SELECT count(*), min(run_id) FROM ncf.recommendations", gives: "300|1")
  }

  @Test func aPointerThatIsBeingMovedHoldsRetentionOff() throws {
    let shop = try Shop()
    let job = shop.job { ($0.output.keepRuns, $0.output.keepDays) = (1, 0) }
    try shop.run(job)
    let mover = Mutex<Mover>(Mover(connection: try shop.database.connect()))
    let recorder = Recorder { event in
      guard case .stageEnded(let record) = event, record.stage == .publish else { return }
      mover.withLock { $0.begin() }
    }
    #expect(try shop.run(job, observer: recorder).status == .published)
    #expect(recorder.notices.contains { $0.contains("lists of run 1 stay") })
    try mover.withLock { try $0.commit() }
    try shop.expect("SELECT count(*), min(run_id) FROM ncf.recommendations", gives: "300|1")
  }

  /// Makes run 1 live in a transaction that stays open.
  private struct Mover: @unchecked Sendable {
    // Safe: only touched under the mutex that holds it.
    let connection: Connection

    func begin() {
      _ = try? connection.executeScript(
        "BEGIN; UPDATE ncf.live SET run_id = 1, generation = generation + 1;")
    }

    func commit() throws { try connection.execute("COMMIT") }
  }
}

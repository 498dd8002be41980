import Baselines
import Foundation
import NCF
import Pipeline
import Postgres
import RunSupport
import Store
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Runs that are stopped, and the runs that go on from them.
struct ResumptionTests {
  /// Where a run is stopped, and by what job.
  struct Stop: Sendable, CustomTestStringConvertible {
    var what: String
    /// The progress at which the stop is asked for; nil: when the stage begins.
    var progress: String?
    var stage = Stage.train
    var isFineTune = false
    var change: @Sendable (inout Job) -> Void

    var testDescription: String { what }

    init(
      _ what: String, at progress: String? = nil, stage: Stage = .train, isFineTune: Bool = false,
      _ change: @escaping @Sendable (inout Job) -> Void = { _ in }
    ) {
      (self.what, self.progress, self.stage) = (what, progress, stage)
      (self.isFineTune, self.change) = (isFineTune, change)
    }

    /// Whether an event is the moment.
    func isAt(_ event: RunEvent) -> Bool {
      switch event {
      case .progress(_, let what, _, _, _, _): progress.map { what.hasPrefix($0) } ?? false
      case .stageBegan(let stage): progress == nil && stage == self.stage
      default: false
      }
    }
  }

  private static let refit: @Sendable (inout Job) -> Void = { $0.training.refit = true }
  private static let factors: @Sendable (inout Job) -> Void = {
    $0.training.pretrain = .factors
    $0.training.refit = true
    $0.initial.methods = [.mf]
    $0.initial.settings[MFOptions.self].factors = 2
    $0.initial.settings[MFOptions.self].iterations = 4
  }
  private static let ials: @Sendable (inout Job) -> Void = {
    $0.training.pretrain = .factors
    $0.training.refit = true
    $0.initial.methods = [.ials]
    $0.initial.settings[ALSOptions.self].factors = 4
    $0.initial.settings[ALSOptions.self].iterations = 3
  }
  private static let features: @Sendable (inout Job) -> Void = {
    $0.users.features = "SELECT u AS user_id, u % 4 AS feature FROM generate_series(1, 30) AS u"
    $0.items.features = """
      SELECT item_id, 'kind ' || item_id % 5 AS feature, max(value) AS weight
      FROM app.events GROUP BY item_id
      """
  }
  static let stops = [
    Stop("GMF", at: "gmf epoch 2 ") { $0.training.averaging = 0.5 },
    Stop("MLP", at: "mlp epoch 1 "),
    Stop("joint training", at: "neumf epoch 2 ") { $0.training.averaging = 0.5 },
    Stop("refit of the GMF", at: "gmf again epoch 1 ", refit),
    Stop("refit of the joint model", at: "neumf again epoch 1 ", refit),
    Stop("factorisation by iALS", at: "ials, ", ials),
    Stop("MLP beside iALS", at: "mlp epoch 2 ", ials),
    Stop("factorisation of the refit", at: "ials again, ", ials),
    Stop("factorisation by gradient descent", at: "mf, ", factors),
    Stop("its refit", at: "mf again, ", factors),
    Stop("absorption", at: "absorb epoch 2 ", refit),
    Stop("evaluation", stage: .evaluate),
    Stop("publication", stage: .publish, refit),
    Stop("fine-tune", at: "finetune epoch 2 ", isFineTune: true),
    Stop("refit of a fine-tune", at: "finetune again epoch 1 ", isFineTune: true, refit),
    Stop("absorption after a fine-tune", at: "absorb epoch 1 ", isFineTune: true),
    Stop("joint training with features", at: "neumf epoch 2 ", features),
    Stop("fine-tune with features", at: "finetune epoch 2 ", isFineTune: true, features),
  ]

  private static let epochs = """
    SELECT phase, refit, epoch, loss, hr, ndcg, samples FROM ncf.epochs
    WHERE run_id = (SELECT max(run_id) FROM ncf.runs) ORDER BY phase, refit, epoch
    """
  private static let metrics = """
    SELECT model, split, protocol, metric, k, value, ci_low, ci_high, n FROM ncf.metrics
    WHERE run_id = (SELECT max(run_id) FROM ncf.runs) ORDER BY 1, 2, 3, 4, 5
    """

  /// Half an hour ago, the same in every shop.
  private static let recently = Int(Date().timeIntervalSince1970) - 1_800

  /// A shop, with a night before where the run is to be a fine-tune, and the job.
  private func shop(_ stop: Stop) throws -> (Shop, Job) {
    let shop = try Shop()
    let job = shop.job {
      $0.training.pretraining.epochs = 4
      $0.training.joint.optimizer = .adam
      $0.nightly.phase.epochs = 2
      if stop.isFineTune { $0.nightly.mode = .auto }
      stop.change(&$0)
    }
    if stop.isFineTune {
      try shop.run(job, RunRequest(force: true))
      try shop.connection.execute(
        """
        INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
        SELECT u, (u * 3) % 45 + 1, 'view', 4, to_timestamp(\(Self.recently))
        FROM generate_series(1, 30) AS u
        """)
    }
    return (shop, job)
  }

  /// Runs a job until a moment comes, and is stopped.
  private func interrupt(
    _ shop: Shop, _ job: Job, _ stop: Stop, threads: Int = 1
  ) throws -> Recorder {
    let interruption = Interruption()
    let recorder = Recorder { event in
      if stop.isAt(event) { interruption.request(reason: "SIGTERM") }
    }
    expectFailure(.temporary) {
      try shop.run(
        job, RunRequest(force: true, threads: threads), observer: recorder,
        interruption: interruption)
    }
    return recorder
  }

  /// What a run gave: lists, epochs and figures.
  private func result(_ shop: Shop) throws -> [String] {
    [try shop.lists(), try shop.query(Self.epochs), try shop.query(Self.metrics)]
  }

  @Test("A run that goes on gives what an uninterrupted one gives, to the bit", arguments: stops)
  func same(stop: Stop) throws {
    let (whole, job) = try shop(stop)
    try whole.run(job, RunRequest(force: true, threads: 2))
    let expected = try result(whole)
    #expect(!expected.contains(""))

    let (shop, _) = try shop(stop)
    let before = stop.isFineTune ? try shop.lists() : ""
    _ = try interrupt(shop, job, stop)
    if stop.isFineTune { #expect(try shop.lists() == before) }
    let stopped = try shop.query("SELECT max(run_id) FROM ncf.runs")
    let hasLeft = !stop.what.hasPrefix("factorisation by ")
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: (hasLeft ? "1" : "0"))
    let recorder = Recorder()
    let outcome = try shop.run(job, RunRequest(force: true, threads: 3), observer: recorder)
    #expect(outcome.status == .published)
    #expect(try result(shop) == expected)
    try shop.expect(
      "SELECT resumed_run_id FROM ncf.runs ORDER BY run_id DESC LIMIT 1",
      gives: (hasLeft ? stopped : "-"))
    #expect(
      recorder.notices.contains { $0.hasPrefix("goes on from run \(stopped)") } == hasLeft)
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
    try shop.expect(
      "SELECT count(*) FROM ncf.epochs WHERE run_id = \(outcome.runID ?? 0)",
      gives: "\(outcome.epochs.count)")
    let same = """
      SELECT count(DISTINCT watermark) FROM ncf.runs
      WHERE run_id >= \(stopped) OR run_id = \(outcome.runID ?? 0)
      """
    try shop.expect(same, gives: (hasLeft ? "1" : "2"))
  }

  private static let joint = Stop("joint training", at: "neumf epoch 2 ")
  private static let long = Stop("a long training", at: "neumf epoch 2 ") {
    // Longer than the first checkpoint takes to be due.
    $0.training.pretraining.epochs = 300
  }

  @Test("It may be stopped again and again")
  func again() throws {
    let (whole, job) = try shop(Self.joint)
    try whole.run(job, RunRequest(force: true))
    let expected = try result(whole)
    let (shop, _) = try shop(Self.joint)
    for (count, phase) in ["gmf epoch 3 ", "mlp epoch 2 ", "neumf epoch 1 ", "absorb"].enumerated()
    {
      _ = try interrupt(shop, job, Stop(phase, at: phase), threads: 1 + count % 3)
      try shop.expect("SELECT run_id, resumptions FROM ncf.checkpoints", gives: "\(count + 1)|0")
    }
    try shop.run(job, RunRequest(force: true))
    #expect(try result(shop) == expected)
    try shop.expect(
      "SELECT string_agg(resumed_run_id::text, ',' ORDER BY run_id) FROM ncf.runs", gives: "1,2,3,4"
    )
  }

  /// Runs a job by a clock on which every look takes ten seconds.
  @discardableResult
  private func run(_ shop: Shop, _ job: Job, _ recorder: Recorder) throws -> RunOutcome {
    let looks = Looks()
    return try Batch(
      job: job, request: RunRequest(force: true, threads: 2),
      parameters: shop.database.parameters,
      interruption: Interruption(), observer: recorder, clock: { looks.seconds }
    ).run()
  }

  private final class Looks: Sendable {
    private let count = Atomic<Int>(0)
    var seconds: Double { Double(10 * count.wrappingAdd(1, ordering: .relaxed).newValue) }
  }

  @Test("Events that came after the stop don't keep a run from going on")
  func live() throws {
    let (shop, job) = try shop(Self.joint)
    _ = try interrupt(shop, job, Self.joint)
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, (u * 3) % 45 + 1, 'view', 4, clock_timestamp() FROM generate_series(1, 70) AS u
      """)
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true), observer: recorder)
    #expect(recorder.notices.contains { $0.hasPrefix("goes on from run 1") })
    // The night after learns them.
    try shop.expect("SELECT DISTINCT users FROM ncf.runs", gives: "60")
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT users, rows_used > 540 FROM ncf.runs WHERE run_id = 3", gives: "70|t")
  }

  @Test(
    "Rows that were on their way at the stop don't keep a run from going on", arguments: [1, 3])
  func onTheirWay(connections: Int) throws {
    let (shop, job) = try shop(Self.joint)
    var parted = job
    parted.source.connections = connections
    func add(_ users: ClosedRange<Int>, _ ago: String) throws {
      try shop.connection.execute(
        """
        INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
        SELECT u, (u * 3) % 45 + 1, 'view', 4, clock_timestamp() - interval '\(ago)'
        FROM generate_series(\(users.lowerBound), \(users.upperBound)) AS u
        """)
    }
    try add(61...64, "10 minutes")
    _ = try interrupt(shop, parted, Self.joint)
    try add(65...70, "20 minutes")
    let recorder = Recorder()
    try shop.run(parted, RunRequest(force: true), observer: recorder)
    #expect(recorder.notices.contains { $0.hasPrefix("goes on from run 1") }, "\(recorder.notices)")
    try shop.expect(
      "SELECT users, rows_rejected FROM ncf.runs ORDER BY run_id",
      gives: "64|{}\n64|{\"future_time\": 6}")
    try shop.run(parted, RunRequest(force: true))
    try shop.expect("SELECT users FROM ncf.runs WHERE run_id = 3", gives: "70")
  }

  /// What is done between a stop and the next run, and what that run says of it.
  struct Change: Sendable, CustomTestStringConvertible {
    var what: String
    var sql: String?
    var job: (@Sendable (inout Job) -> Void)?
    var request: (@Sendable (inout RunRequest) -> Void)?
    var said: String

    var testDescription: String { what }
  }

  static let changes = [
    Change(
      what: "a row that came late",
      sql: "INSERT INTO app.events (user_id, item_id, occurred_at) VALUES (1, 44, '2026-01-05')",
      said: "rows of that time were added, changed or removed"),
    Change(
      what: "a row that was removed",
      sql: "DELETE FROM app.events WHERE ctid = (SELECT min(ctid) FROM app.events)",
      said: "rows of that time were added, changed or removed"),
    Change(
      what: "a damaged piece",
      sql: """
        UPDATE ncf.checkpoint_chunks SET data = set_byte(data, length(data) / 2,
          get_byte(data, length(data) / 2) # 1)
        WHERE ordinal = (SELECT max(ordinal) FROM ncf.checkpoint_chunks)
        """, said: "SHA-256"),
    Change(
      what: "a missing piece",
      sql: "DELETE FROM ncf.checkpoint_chunks", said: "SHA-256"),
    Change(
      what: "another configuration", job: { $0.training.negatives = 3 },
      said: "its configuration was another"),
    Change(
      what: "another seed", request: { $0.seed = 99 }, said: "its seed was another"),
    Change(
      what: "another mode", request: { $0.mode = .auto },
      said: "what was asked of it was another"),
    Change(
      what: "another version", request: { $0.version = "0.0.0" }, said: "another version"),
    Change(
      what: "three vain attempts", sql: "UPDATE ncf.checkpoints SET resumptions = 3",
      said: "3 runs went on from it and got no further"),
    Change(
      what: "too long a time",
      sql: "UPDATE ncf.checkpoints SET watermark = watermark - interval '13 hours'",
      said: "train.resume_within"),
  ]

  @Test("What can't be gone on from is said, and the run begins anew", arguments: changes)
  func anew(change: Change) throws {
    let (shop, job) = try shop(Self.joint)
    _ = try interrupt(shop, job, Self.joint)
    if let sql = change.sql { try shop.connection.execute(sql) }
    var other = job
    change.job?(&other)
    var request = RunRequest(force: true)
    change.request?(&request)
    let recorder = Recorder()
    let outcome = try shop.run(other, request, observer: recorder)
    #expect(outcome.status == .published)
    #expect(recorder.notices.contains { $0.contains(change.said) }, "\(recorder.notices)")
    try shop.expect("SELECT count(resumed_run_id) FROM ncf.runs", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
    // It read the log as of now, not as of then.
    try shop.expect("SELECT count(DISTINCT watermark) FROM ncf.runs", gives: "2")
    // As the same run without anything before it.
    let lists = try shop.lists()
    request.mode = .full
    let fresh = try shop.run(other, request)
    #expect(fresh.status == .published)
    #expect(try shop.lists() == lists)
  }

  @Test("Features that have changed since are no features to go on with")
  func otherFeatures() throws {
    let stop = Stop("features", at: "neumf epoch 2 ", Self.features)
    let (shop, job) = try shop(stop)
    _ = try interrupt(shop, job, stop)
    // What users did is the same; only the weights of the items' features are others.
    try shop.connection.execute("UPDATE app.events SET value = value + 1")
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true), observer: recorder)
    #expect(recorder.notices.contains { $0.contains("is not there as it was") })
    try shop.expect("SELECT count(resumed_run_id) FROM ncf.runs", gives: "0")
  }

  @Test("never begins anew, and leaves nothing behind")
  func never() throws {
    let (shop, job) = try shop(Self.joint)
    _ = try interrupt(shop, job, Self.joint)
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true, resume: .never), observer: recorder)
    try shop.expect("SELECT count(resumed_run_id) FROM ncf.runs", gives: "0")
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
    var other = job
    other.nightly.resume = .never
    _ = try interrupt(shop, other, Self.joint)
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
  }

  @Test("A run whose checkpoints can't be written says so once and comes to its end")
  func unwritable() throws {
    let (shop, job) = try shop(Self.long)
    try shop.connection.execute("ALTER TABLE ncf.checkpoints ADD CHECK (bytes < 0)")
    let recorder = Recorder()
    let outcome = try run(shop, job, recorder)
    #expect(outcome.status == .published)
    let said = recorder.warnings.filter { $0.contains("could not be written down") }
    #expect(said.count == 1)
    // And when it is asked to stop, it stops.
    _ = try interrupt(shop, job, Self.joint)
  }

  @Test("Checkpoints are written on the way and are gone at the end, a refused one's too")
  func onTheWay() throws {
    let (shop, job) = try shop(Self.long)
    let parameters = shop.database.parameters
    let seen = Mutex<Set<String>>([])
    let recorder = Recorder { event in
      guard case .progress(.train, _, _, _, _, _) = event else { return }
      let found = try? Connection(parameters, applicationName: "tests").execute(
        "SELECT c.progress FROM ncf.checkpoints AS c JOIN ncf.checkpoint_chunks USING (run_id)")
      guard let found, found.rowCount > 0, let text = found[row: 0, column: 0] else { return }
      _ = seen.withLock { $0.insert(text) }
    }
    try run(shop, job, recorder)
    #expect(!seen.withLock { $0.isEmpty })
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
    _ = try interrupt(shop, job, Stop("GMF", at: "gmf epoch 1 "))
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "1")
    var diverging = job
    diverging.training.pretraining.optimizer = .sgd
    diverging.training.pretraining.learningRate = 1e30
    #expect(try shop.run(diverging).status == .refused)
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")
  }

  @Test("Whoever is forgotten is forgotten by a training under way too")
  func forgotten() throws {
    let (shop, job) = try shop(Self.joint)
    _ = try interrupt(shop, job, Self.joint)
    _ = try Forgetting(shop.database.parameters, job: job).forget(["7"])
    try shop.expect("SELECT count(*) FROM ncf.checkpoints", gives: "0")

    try shop.connection.executeScript(
      "CREATE TABLE app.users AS SELECT DISTINCT user_id FROM app.events;")
    var present = job
    present.users.query = "SELECT user_id FROM app.users"
    present.users.forgetAbsent = true
    _ = try interrupt(shop, present, Self.joint)
    try shop.expect("SELECT run_id FROM ncf.checkpoints", gives: "2")
    // Nobody has gone: it goes on.
    _ = try interrupt(shop, present, Stop("absorption", at: "absorb"))
    try shop.expect("SELECT resumed_run_id FROM ncf.runs WHERE run_id = 3", gives: "2")
    try shop.connection.execute("DELETE FROM app.users WHERE user_id = 7")
    let parameters = shop.database.parameters
    let recorder = Recorder { event in
      if case .stageBegan(.split) = event {
        _ = try? Connection(parameters, applicationName: "tests").execute(
          "CREATE TABLE app.seen AS SELECT count(*) AS n FROM ncf.checkpoints")
      }
    }
    try shop.run(present, RunRequest(force: true), observer: recorder)
    try shop.expect("SELECT n FROM app.seen", gives: "0")
    try shop.expect("SELECT resumed_run_id FROM ncf.runs WHERE run_id = 4", gives: "-")
  }

  @Test("A backfill of ages goes on as of the moment that the stopped one counted them from")
  func backfill() throws {
    let (shop, job) = try shop(Self.joint)
    let whole = try Shop()
    let request = RunRequest(since: .age(Age(100, .year)), force: true)
    try whole.run(job, request)
    let interruption = Interruption()
    let recorder = Recorder { event in
      if Self.joint.isAt(event) { interruption.request(reason: "SIGTERM") }
    }
    #expect(throws: BatchError.self) {
      try shop.run(job, request, observer: recorder, interruption: interruption)
    }
    // A night in between has nothing to do with it.
    try shop.run(job, RunRequest(publish: false))
    try shop.run(job, request)
    try shop.expect(
      "SELECT kind, resumed_run_id FROM ncf.runs ORDER BY run_id",
      gives: "backfill|-\nnightly|-\nbackfill|1")
    #expect(try shop.lists() == whole.lists())
  }
}

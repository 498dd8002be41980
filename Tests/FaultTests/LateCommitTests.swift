import Interactions
import NCF
import Parallelism
import Postgres
import RunSupport
import Source
import Store
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline

extension FaultTests {
  /// Rows that are committed long after they were written, while nights go by.
  @Suite struct LateCommitTests {
    @Test("Rows committing late around the watermark: in the history at once, and learnt in time")
    func schedules() {
      let worlds = FaultSize.pick(4, full: 40)
      Trial.of("rows committing late, random schedules") { trial in
        for number in 0..<worlds {
          let world = try LateWorld(&trial.random)
          for broken in try world.nights() {
            trial.keeps(false, "world \(number): \(broken)")
          }
          for _ in 0..<LateWorld.rowCount { trial.tried() }
        }
      }
    }
  }
}

/// A log on which nights are run while transactions that have written a row stay open.
final class LateWorld: @unchecked Sendable {
  // Safe: a run tells its observer on the thread that runs it, which is this object's.

  /// When a row is committed, in a night of its own.
  private enum Moment: CaseIterable {
    /// Before the night's pull.
    case before
    /// When the night's snapshot has been read.
    case read
    /// While it trains.
    case train
    /// While it publishes.
    case publish
  }

  /// One row's course.
  private struct Late {
    let user, item: Int
    /// How many seconds before the first night it happened; nil: as it is written, later than all else.
    let age: Int?
    /// The night before which it is written, and that in which it is committed.
    let written, committed: Int
    let moment: Moment
    var connection: Connection?
    var wasTrained = false

    /// The first night that can know it.
    var visible: Int { moment == .before ? committed : committed + 1 }

    var text: String {
      "user \(user), item \(item), \(age.map { "\($0) s old" } ?? "new"), written before night "
        + "\(written), committed in night \(committed) (\(moment))"
    }
  }

  /// Schedules tried in a world.
  static let rowCount = 25
  private static let nightCount = 5
  private let database: TestDatabase
  private let admin: Connection
  private let job: Job
  private var rows: [Late]
  private var night = 0
  private var broken: [String] = []

  init(_ random: inout CounterRandom) throws {
    database = try TestDatabase(on: FaultServer.shared().asTestServer)
    admin = try database.connect()
    try Migrator(database.parameters).up()
    // Users 1 to 60 with ten items each, of 45; the first thirty items long ago.
    try admin.executeScript(
      """
      CREATE SCHEMA app;
      CREATE TABLE app.events (user_id bigint, item_id bigint, occurred_at timestamptz);
      INSERT INTO app.events
      SELECT u, i, now() - interval '10 days' + n * interval '1 hour'
      FROM generate_series(1, 60) AS u
      CROSS JOIN LATERAL (
        SELECT i, row_number() OVER (ORDER BY md5(u || ':' || i)) AS n
        FROM generate_series(1, 30) AS i ORDER BY md5(i || ':' || u) LIMIT 10) AS taken;
      INSERT INTO app.events
      SELECT 40 + u % 20, 31 + u % 15, now() - interval '10 days' FROM generate_series(1, 60) AS u;
      INSERT INTO app.events
      SELECT u, 30 + n, now() - interval '3 seconds' + n * interval '1 second'
      FROM generate_series(1, \(Self.rowCount)) AS u, generate_series(1, 2) AS n;
      """)
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 2)
    job = Job(
      source: Job.Source(relation: .table("app.events", columns: Job.Source.Columns())),
      method: .ncf, model: ModelSpec(gmfWidth: 4, tower: [], activation: .relu),
      training: TrainingOptions(
        pretrain: .parts, alpha: 0.5, negatives: 2, batch: 100, pretraining: phase,
        joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 1, patience: 1), seed: 7),
      nightly: Job.Nightly(fullEvery: 3), evaluation: Job.Evaluation(k: 5, sampled: 10),
      output: Job.Output(k: 5))
    rows = (1...Self.rowCount).map { user in
      let written = 1 + random.uniform(below: Self.nightCount)
      let committed = written + random.uniform(below: Self.nightCount + 1 - written)
      // Within the look-back of two days as often as beyond it.
      let age: Int? =
        switch random.uniform(below: 3) {
        case 0: nil
        case 1: 5 + random.uniform(below: 2 * 86_400 - 600)
        default: 2 * 86_400 + 600 + random.uniform(below: 2 * 86_400)
        }
      return Late(
        user: user, item: 33 + random.uniform(below: 13), age: age, written: written,
        committed: committed, moment: Moment.allCases[random.uniform(below: 4)])
    }
  }

  /// Runs the nights, and one that is trained in full on everything.
  ///
  /// - Returns: what was promised and not kept.
  func nights() throws -> [String] {
    for number in 1...Self.nightCount {
      night = number
      for index in rows.indices where rows[index].written == number { try write(index) }
      try commit(.before)
      try run(RunRequest(force: true))
      // A night that had nothing to do has passed no stage.
      for moment in Moment.allCases { try commit(moment) }
    }
    // Newer ones take the place of what is held out.
    try admin.execute(
      """
      INSERT INTO app.events
      SELECT u, n, clock_timestamp() + n * interval '1 microsecond'
      FROM generate_series(1, \(Self.rowCount)) AS u, generate_series(31, 32) AS n
      """)
    // In another second than all else, since those of one second are in the order of a hash.
    try admin.execute("SELECT pg_sleep(1.1)")
    try admin.execute(
      """
      INSERT INTO app.events
      SELECT u, 45 + n, clock_timestamp() + n * interval '1 microsecond'
      FROM generate_series(1, \(Self.rowCount)) AS u, generate_series(1, 2) AS n
      """)
    night = Self.nightCount + 1
    try run(RunRequest(mode: .full, force: true))
    for row in rows where !row.wasTrained { broken.append("never learnt: \(row.text)") }
    return broken
  }

  private func write(_ index: Int) throws {
    let connection = try database.connect()
    try connection.execute("BEGIN")
    let row = rows[index]
    try connection.execute(
      """
      INSERT INTO app.events
      SELECT $1, $2, CASE WHEN $3::integer IS NULL THEN clock_timestamp()
        ELSE (SELECT max(occurred_at) FROM app.events WHERE item_id = 32)
          - $3::integer * interval '1 second' END
      """,
      [row.user, row.item, row.age])
    rows[index].connection = connection
  }

  private func commit(_ moment: Moment) throws {
    for index in rows.indices where rows[index].committed == night && rows[index].moment == moment {
      try rows[index].connection?.execute("COMMIT")
      rows[index].connection = nil
    }
  }

  private func run(_ request: RunRequest) throws {
    let listener = Listener { [self] event in
      do {
        switch event {
        case .reached(.read):
          // Nothing is committed but by this object, so this sees what the run's snapshot has.
          try look(request)
          try commit(.read)
        case .stageBegan(.train): try commit(.train)
        case .stageBegan(.publish): try commit(.publish)
        default: return
        }
      } catch {
        broken.append("night \(night): \(error)")
      }
    }
    let outcome = try Batch(
      job: job, request: request, parameters: database.parameters, interruption: Interruption(),
      observer: listener
    ).run()
    guard outcome.status == .published else { return }
    let listed = try admin.execute(
      "SELECT user_id, item_id FROM ncf.recommendations WHERE item_id > 32")
    let lists = Set(
      (0..<listed.rowCount).map {
        "\(listed[row: $0, column: 0] ?? "") \(listed[row: $0, column: 1] ?? "")"
      })
    for row in rows where row.visible <= night && lists.contains("\(row.user) \(row.item)") {
      broken.append("night \(night) lists what the user has: \(row.text)")
    }
  }

  /// Does what the run does up to its training, and holds what it would learn against what it must.
  private func look(_ request: RunRequest) throws {
    let context = RunContext(
      job: job, request: request, parameters: database.parameters, interruption: Interruption(),
      observer: Listener { _ in }, clock: { 0 }, pool: WorkerPool(threads: 1), runID: nil)
    let seen = try LivePointer.read(job: job.name, slot: Job.mainSlot, on: admin)
    let found = try ParentSearch(context: context, seen: seen).run()
    let pulled = try PullStage(context: context, beginsAtSince: found.isNone).run()
    let course = try NightCourse(RunInputs(found, pulled), context)
    let divided = SplitStage(news: course.learnt).run(pulled)
    let lesson = course.lesson(divided, context)?.0
    for index in rows.indices where rows[index].visible <= night {
      let row = rows[index]
      guard let user = pulled.users.index(of: "\(row.user)"),
        let item = pulled.items.index(of: "\(row.item)"),
        pulled.table.history.contains(user: user, item: UInt32(item)),
        pulled.excluded.contains(user: user, item: UInt32(item))
      else {
        broken.append("night \(night) does not know it: \(row.text)")
        continue
      }
      let isHeldOut = !divided.split.isTraining(user: user, item: UInt32(item))
      guard !isHeldOut, !row.wasTrained else { continue }
      switch course.plan {
      case .full:
        rows[index].wasTrained = divided.split.training.contains(user: user, item: UInt32(item))
        if !rows[index].wasTrained {
          broken.append("night \(night), in full, does not learn it: \(row.text)")
        }
      case .finetune:
        let learns = lesson?.positives.items.contains(user: user, item: UInt32(item)) ?? false
        rows[index].wasTrained = learns
        let isRecent = row.age.map { $0 < 2 * 86_400 } ?? true
        if isRecent, !learns {
          broken.append("night \(night), within the look-back, does not learn it: \(row.text)")
        }
      case .skip:
        if row.age.map({ $0 < 2 * 86_400 }) ?? true {
          broken.append("night \(night) is skipped and does not learn it: \(row.text)")
        }
      }
    }
  }

  /// Hands a run's events to a closure.
  private struct Listener: RunObserver {
    let hear: @Sendable (RunEvent) -> Void

    init(_ hear: @escaping @Sendable (RunEvent) -> Void) { self.hear = hear }

    func observe(_ event: RunEvent) { hear(event) }
  }
}

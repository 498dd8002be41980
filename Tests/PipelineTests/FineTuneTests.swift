import Baselines
import Interactions
import NCF
import Postgres
import Ranking
import Recommenders
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline
@testable import Store

/// Nights that go on from each other, on a server.
struct FineTuneTests {
  private static let auto: @Sendable (inout Job) -> Void = { $0.nightly = Job.Nightly() }

  /// Adds what came in during a day: each of some users takes an item of their group.
  private func add(_ shop: Shop, users: ClosedRange<Int>, item: String = "(u * 3) % 45 + 1") throws
  {
    try shop.connection.execute(
      """
      INSERT INTO app.events (user_id, item_id, event_type, value, occurred_at)
      SELECT u, \(item), 'view', 4, clock_timestamp()
      FROM generate_series(\(users.lowerBound), \(users.upperBound)) AS u
      """)
  }

  /// How the runs trained, one a line.
  private func courses(_ shop: Shop) throws -> String {
    try shop.query(
      "SELECT run_id, kind, status, mode, parent_run_id FROM ncf.runs ORDER BY run_id")
  }

  @Test func nothingNewIsSkippedAndChangesNothing() throws {
    let shop = try Shop()
    let job = shop.job(Self.auto)
    try shop.run(job)
    let lists = try shop.lists()
    let outcome = try shop.run(job)
    #expect(outcome.status == .skipped)
    #expect(outcome.exitCode == .success)
    #expect(outcome.reason == "nothing new since run 1")
    #expect(try courses(shop) == "1|nightly|published|full|-\n2|nightly|skipped|-|1")
    try shop.expect(
      "SELECT exit_code, reason, rows_new FROM ncf.runs WHERE run_id = 2",
      gives: "0|nothing new since run 1|0")
    try shop.expect("SELECT run_id, generation FROM ncf.live", gives: "1|1")
    #expect(try shop.lists() == lists)
    // Another configuration is something new; being asked to train is, too.
    #expect(
      try shop.run(
        shop.job {
          Self.auto(&$0); $0.output.k = 4
        }
      ).status == .published)
    #expect(try shop.run(job, RunRequest(mode: .full)).status == .published)
  }

  @Test func aFineTuneGivesNewUsersAndItemsRowsAndKeepsTheOthers() throws {
    let shop = try Shop()
    let job = shop.job(Self.auto)
    try shop.run(job)
    // Ten users take something; a new user takes four things, and a new item is taken by three.
    try add(
      shop, users: 1...10,
      item:
        "(SELECT min(i) FROM generate_series(1, 45) AS i WHERE NOT EXISTS (SELECT FROM app.events AS e WHERE e.user_id = u AND e.item_id = i))"
    )
    try shop.connection.executeScript(
      """
      INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT 500, i, clock_timestamp() + i * interval '1 microsecond' FROM generate_series(3, 12, 3) AS i;
      INSERT INTO app.events (user_id, item_id, occurred_at)
        SELECT u, 100, clock_timestamp() FROM generate_series(21, 27, 3) AS u;
      """)
    let outcome = try shop.run(job, RunRequest(force: true))
    #expect(outcome.status == .published)
    #expect(try courses(shop) == "1|nightly|published|full|-\n2|nightly|published|finetune|1")
    // 10 + 4 + 3 rows; each known user's old validation item is now trained on, and two of the new's.
    try shop.expect(
      "SELECT rows_new, rows_late, positives_new, users, items FROM ncf.runs WHERE run_id = 2",
      gives: "17|0|15|61|46")
    try shop.expect("SELECT count(*) FROM ncf.recommendations WHERE user_id = 500", gives: "5")
    #expect(
      Set(outcome.epochs.map(\.phase)) == ["finetune", "absorb"])
    let stored = try #require(try ModelStore(on: shop.connection).load(run: 2))
    #expect(stored.users.index(of: "500") != nil)
    #expect(stored.items.index(of: "100") != nil)
  }

  @Test func aFineTuneStartsFromTheCurveOfItsParentAndAFullTrainingDoesNot() throws {
    let shop = try Shop()
    let job = shop.job(Self.auto)
    func scores(_ run: Int) -> String {
      """
      SELECT mode, scores ->> 'kind', (scores ->> 'weight')::integer - (scores ->> 'tested')::integer,
        scores ->> 'scale' FROM ncf.runs WHERE run_id = \(run)
      """
    }
    try shop.run(job)
    try shop.expect(scores(1), gives: "full|rank|20|-")
    try shop.expect("SELECT scores ->> 'tested' FROM ncf.runs WHERE run_id = 1", gives: "60")
    let stored = try #require(try ModelStore(on: shop.connection).load(run: 1)?.calibration)
    #expect(stored.weight == 80)
    try shop.expect(
      "SELECT (scores ->> 'slope')::float8 = \(stored.curve.slope) FROM ncf.runs WHERE run_id = 1",
      gives: "t")
    try add(shop, users: 1...10)
    try shop.run(job, RunRequest(force: true))
    // All that the parent counts for: its tested users and the 20 of its own prior.
    try shop.expect(scores(2), gives: "finetune|rank|80|-")
    try shop.run(job, RunRequest(mode: .full, force: true))
    try shop.expect(scores(3), gives: "full|rank|20|-")
  }

  @Test func whatIsStoredHasNotAbsorbedAndWhatIsPublishedHas() throws {
    let (with, without) = (try Shop(), try Shop())
    for (shop, absorbs) in [(with, true), (without, false)] {
      try shop.run(
        shop.job {
          Self.auto(&$0)
          $0.nightly.absorbHoldout = absorbs
        })
    }
    func stored(_ shop: Shop) throws -> Model? {
      guard case .network(let model) = try ModelStore(on: shop.connection).load(run: 1)?.model
      else { return nil }
      return model
    }
    let model = try #require(try stored(with))
    #expect(try stored(without) == model)
    #expect(try with.lists() != without.lists())
    try with.expect(
      "SELECT count(*) > 0, count(ndcg) FROM ncf.epochs WHERE phase = 'absorb'", gives: "t|0")
  }

  @Test func theSameParentAndDataGiveTheSameListsWithAnyNumberOfThreads() throws {
    var lists: [String] = []
    for threads in [1, 3] {
      let shop = try Shop()
      let job = shop.job {
        Self.auto(&$0)
        $0.source.lookback = Age(10, .year)
      }
      try shop.run(job, RunRequest(threads: threads))
      try shop.add(
        """
        SELECT u, 60, timestamptz '2026-01-03' + u * interval '1 minute'
        FROM generate_series(1, 62) AS u
        """)
      try shop.run(job, RunRequest(force: true, threads: threads))
      try shop.expect("SELECT mode FROM ncf.runs WHERE run_id = 2", gives: "finetune")
      lists.append(try shop.lists())
    }
    #expect(lists[0] == lists[1])
  }

  @Test func aRowThatArrivesLateIsLearntWithinTheLookbackAndExcludedAtOnceBeyondIt() throws {
    for (lookback, news, late) in [(Age(10, .year), 3, 0), (Age(1, .hour), 0, 3)] {
      let shop = try Shop()
      let job = shop.job {
        Self.auto(&$0)
        $0.source.lookback = lookback
      }
      try shop.run(job)
      try shop.add(
        """
        SELECT user_id, item_id, timestamptz '2026-01-01 00:30Z'
        FROM ncf.recommendations WHERE user_id <= 3 AND rank = 1
        """)
      let outcome = try shop.run(job, RunRequest(force: true))
      #expect(outcome.status == .published)
      try shop.expect(
        """
        SELECT count(*) FROM ncf.recommendations AS r JOIN app.events AS e
        USING (user_id, item_id)
        """, gives: "0")
      try shop.expect(
        "SELECT rows_new, rows_late FROM ncf.runs WHERE run_id = 2", gives: "\(news)|\(late)")
    }
  }

  @Test func whatForcesAFullTraining() throws {
    let shop = try Shop()
    let job = shop.job {
      Self.auto(&$0)
      $0.nightly.fullEvery = 3
    }
    func night(_ job: Job, _ request: RunRequest = RunRequest(force: true)) throws -> String {
      try add(shop, users: 1...60, item: "1000 + (SELECT count(*) FROM ncf.runs) % 40")
      try shop.run(job, request)
      return try shop.query(
        "SELECT mode || ': ' || mode_reason FROM ncf.runs ORDER BY run_id DESC LIMIT 1")
    }
    #expect(try night(job) == "full: no earlier night to go on from")
    #expect(try night(job) == "finetune: run 1 goes on")
    #expect(try night(job) == "finetune: run 2 goes on")
    #expect(try night(job) == "full: train.full_every: 3 nights have passed")
    var other = job
    other.model.tower = [8, 4]
    #expect(try night(other) == "full: the model is of another shape than run 4's")
    other.source.minInteractions = 2
    #expect(try night(other) == "full: the source is another than run 5's")
    other.evaluation.seed = 2
    #expect(try night(other) == "full: evaluate.seed is another than run 6's")
    try shop.add(
      """
      SELECT u, i, clock_timestamp() FROM generate_series(200, 210) AS u, generate_series(1, 3) AS i
      """)
    #expect(
      try night(other)
        == "full: 18.3 % more users than run 7 knows, above train.max_growth")
    try shop.connection.execute("UPDATE ncf.model_chunks SET data = substr(data, 1, 1000)")
    #expect(
      try night(other).hasPrefix("full: the stored model of run 8 can't be used: its SHA-256"))
    var baseline = job
    baseline.method = .baseline(.itemknn)
    #expect(try night(baseline) == "full: itemknn is always trained in full")
  }

  @Test func afterAnEarlierVersionTheNightTrainsInFullAndSaysWhy() throws {
    let shop = try Shop()
    let job = shop.job(Self.auto)
    try shop.run(job)
    let store = ModelStore(on: shop.connection)
    let older = try #require(try store.file(run: 1)).withoutAxes
    try shop.connection.transaction { try store.replace(run: 1, with: older) }
    try add(shop, users: 1...60)
    let reason =
      "the stored model of run 1 can't be used: the tensor user.gmf declares no axis, "
      + "as in files of earlier versions: train anew with --mode full"
    expectFailure(.configuration, reason) { try shop.run(job, RunRequest(mode: .finetune)) }
    let recorder = Recorder()
    try shop.run(job, RunRequest(force: true), observer: recorder)
    try shop.expect(
      "SELECT status, mode, mode_reason FROM ncf.runs WHERE run_id = 3",
      gives: "published|full|\(reason)")
    #expect(recorder.warnings.contains { $0.contains("of the live run 1 can't be used") })
    try add(shop, users: 1...60, item: "(u * 7) % 45 + 1")
    try shop.run(job, RunRequest(force: true))
    try shop.expect("SELECT mode FROM ncf.runs WHERE run_id = 4", gives: "finetune")
  }

  @Test func aFineTuneThatIsAskedForAndCannotBeIsSeventyEight() throws {
    let shop = try Shop()
    let request = RunRequest(mode: .finetune)
    expectFailure(.configuration, "no earlier night to go on from") {
      try shop.run(shop.job(Self.auto), request)
    }
    try shop.expect("SELECT status FROM ncf.runs", gives: "failed")
    expectFailure(.configuration, "--mode finetune") {
      try shop.run(shop.job { $0.method = .baseline(.ials) }, request)
    }
    try shop.expect("SELECT count(*) FROM ncf.runs", gives: "1")
  }

  @Test func aRefitAndAFineTuneAreTestedWithTheValidationItems() throws {
    let shop = try Shop()
    let job = shop.job {
      Self.auto(&$0)
      $0.training.refit = true
    }
    try shop.run(job)
    try add(shop, users: 1...30, item: "101")
    let outcome = try shop.run(job, RunRequest(force: true))
    try shop.expect(
      "SELECT phase, refit, count(*) FROM ncf.epochs WHERE run_id = 2 GROUP BY 1, 2 ORDER BY 1, 2",
      gives: "absorb|f|2\nfinetune|f|3\nfinetune|t|2")
    func models(_ split: MetricRow.Split) -> Set<String> {
      Set(outcome.metrics.filter { $0.split == split }.map(\.model))
    }
    #expect(models(.validation) == ["neumf", "itempop", "live"])
    #expect(models(.test) == ["neumf", "itempop", "live", "parent"])
    // The model that is stored is the one before it: its figures are those of 'parent'.
    try add(shop, users: 1...1, item: "101")
    let next = try shop.run(shop.job { $0.training.refit = true }, RunRequest(force: true))
    func ndcg(_ outcome: RunOutcome, _ model: String) -> [Double] {
      outcome.metrics.filter {
        $0.model == model && $0.split == .test && $0.proto == .full
          && $0.metric == .ndcg
      }.map(\.value)
    }
    #expect(ndcg(next, "live") == ndcg(outcome, "parent"))
  }
}

/// What a night decides, and what is held out of it, without a server.
struct LineageTests {
  private func decide(
    _ mode: RunRequest.Mode = .auto, _ change: (inout TrainingPlan.Question) -> Void = { _ in }
  ) throws -> TrainingPlan {
    var question = TrainingPlan.Question(
      mode: mode, isBackfill: false, noParent: nil, obstacle: nil, isNothingNew: false, parent: 4,
      userGrowth: 0.01, itemGrowth: 0.01, nights: 2)
    change(&question)
    return try TrainingPlan.decide(question, Job.Nightly())
  }

  @Test func thePlanFollowsTheRules() throws {
    #expect(try decide() == .finetune(reason: "run 4 goes on"))
    #expect(try decide(.full) { $0.isNothingNew = true } == .full(reason: "asked for"))
    #expect(try decide { $0.noParent = "none" } == .full(reason: "none"))
    #expect(try decide { $0.obstacle = "other" } == .full(reason: "other"))
    let skip = TrainingPlan.skip(reason: "nothing new since run 4")
    #expect(try decide { $0.isNothingNew = true } == skip)
    #expect(try decide(.finetune) { $0.isNothingNew = true } == skip)
    #expect(try decide { ($0.isNothingNew, $0.obstacle) = (true, "ials") } == skip)
    for nights in [6, 7] {
      #expect(
        try decide { $0.nights = nights }
          == .full(reason: "train.full_every: 7 nights have passed"))
    }
    #expect(
      try decide { $0.itemGrowth = 0.2 }
        == .full(reason: "20.0 % more items than run 4 knows, above train.max_growth"))
    // Who asks for a fine-tune gets it, and so does a backfill with a parent.
    for (mode, isBackfill) in [(RunRequest.Mode.finetune, false), (.auto, true)] {
      #expect(
        try decide(mode) { ($0.nights, $0.userGrowth, $0.isBackfill) = (50, 9, isBackfill) }
          == .finetune(reason: "run 4 goes on"))
    }
    expectFailure(.configuration) { try decide(.finetune) { $0.noParent = "none" } }
  }

  @Test func whatTheModelHasLearntIsNotHeldOut() {
    var columns = InteractionColumns()
    for (user, count) in [(0, 4), (1, 4), (2, 4)] {
      for item in 0..<count {
        columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(10 * item))
      }
    }
    let table = InteractionTable(
      columns: columns, users: .identity(3), items: .identity(4), userCount: 3, itemCount: 4)
    // User 1's second latest has been learnt, user 2's latest.
    let split = HoldoutSplit(table, UserSequences(firstEventsOf: table)) { user, row in
      (user == 1 && table.items[row] == 2) || (user == 2 && table.items[row] == 3)
    }
    #expect(split.test == [3, 3, -1])
    #expect(split.validation == [2, -1, -1])
    #expect(split.training.items == [0, 1, 0, 1, 2, 0, 1, 2, 3])
    #expect(split.testUsers == [0, 1])
    #expect(split.beforeTest.items == [0, 1, 2, 0, 1, 2, 0, 1, 2, 3])
  }

  @Test func newRowsBeginWhereTheirNeighboursLie() {
    let model = Model(
      spec: ModelSpec(gmfWidth: 3, tower: [4, 2]), userCount: 3, itemCount: 3, seed: 1)
    // Known users 0 and 2 change places; user 1 is new and has the items of the first two.
    let positives = UserItems(lists: [[0, 1], [0], [0, 2], []])
    let grown = model.grown(
      users: [2, -1, 0, -1], items: [1, 0, 2, -1], positives: positives, seed: 9)
    func row(_ model: Model, _ name: String, _ index: Int) -> [Float] {
      let tensor = model.tensors.first { $0.name == name }
      let width = tensor?.shape.last ?? 0
      return Array((tensor?.floats ?? [])[index * width..<(index + 1) * width])
    }
    for part in ["gmf", "mlp"] {
      #expect(row(grown, "user.\(part)", 0) == row(model, "user.\(part)", 2))
      #expect(row(grown, "user.\(part)", 2) == row(model, "user.\(part)", 0))
      #expect(row(grown, "item.\(part)", 1) == row(model, "item.\(part)", 0))
      let mean = zip(row(model, "user.\(part)", 0), row(model, "user.\(part)", 2)).map {
        ($0 + $1) / 2
      }
      for (own, wanted) in zip(row(grown, "user.\(part)", 1), mean) {
        #expect(abs(own - wanted) < 1e-6)
      }
      // Nothing is known of user 3 and item 3: they are as in a fresh model.
      let fresh = Model(spec: model.spec, userCount: 4, itemCount: 4, seed: 9)
      #expect(row(grown, "user.\(part)", 3) == row(fresh, "user.\(part)", 3))
      #expect(row(grown, "item.\(part)", 3) == row(fresh, "item.\(part)", 3))
    }
    #expect(row(grown, "tower.0.weight", 0) == row(model, "tower.0.weight", 0))
  }
}

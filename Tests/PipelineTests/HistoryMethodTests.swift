import Baselines
import Interactions
import NCF
import Recommenders
import RunSupport
import Source
import Store
import SyntheticData
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline

/// Jobs whose model knows the order of what users did.
struct HistoryMethodTests {
  /// The item of event n of user u.
  ///
  /// Users follow two series of fifty items each in turn, and after six events begin at other places of both.
  /// What comes next follows from the item before the last one, and from little else.
  private static let item = """
    n % 2 * 50 + (n % 6 / 2
      + ('x' || left(md5(u || ' ' || n % 2 || ' ' || n / 6), 4))::bit(16)::integer) % 50
    """

  private static func shop() throws -> Shop {
    let shop = try Shop(events: false)
    try shop.add(
      """
      SELECT u, \(item), timestamptz '2026-01-01 00:00Z' + n * interval '1 hour'
      FROM generate_series(1, 400) AS u, generate_series(1, 21 + u % 2) AS n
      """)
    return shop
  }

  /// The share of users whose next item in the series is among the first three of the list.
  private static let next = """
    SELECT count(*) FILTER (WHERE rank <= 3) / 400.0 FROM ncf.recommendations AS r
    JOIN (SELECT u, 22 + u % 2 AS n FROM generate_series(1, 400) AS u) AS s ON s.u = r.user_id
    WHERE item_id = \(item)
    """

  private static func job(_ shop: Shop, _ change: (inout HistoryOptions) -> Void = { _ in }) -> Job
  {
    shop.job {
      $0.method = .baseline(.history)
      var options = HistoryOptions(width: 32, dropout: 0.1, ials: ALSOptions(factors: 0))
      change(&options)
      $0.baselines[.history] = options
    }
  }

  @Test func `the lists of a night begin with what comes next`() throws {
    for factors in [0, 8] {
      let shop = try Self.shop()
      let job = Self.job(shop) { $0.ials.factors = factors }
      let outcome = try shop.run(job, RunRequest(force: true, threads: 2))
      #expect(outcome.status == .published)
      let share = try #require(try shop.value(Self.next).flatMap { Double($0) })
      #expect(share > 0.6, "\(factors) factors beside")
      let rows = outcome.metrics.filter { $0.model == "history" && $0.metric == .ndcg && $0.k == 5 }
      let ndcg = rows.first { $0.split == .test && $0.proto == .full }
      #expect(try #require(ndcg).value > 0.5)
      // Each epoch was judged, and with a factorisation beside it the share.
      let epochs = outcome.epochs.filter { $0.phase == "history" }
      #expect(epochs.count > 5 && epochs.allSatisfy { $0.ndcg > 0 })
      #expect(outcome.epochs.contains { $0.phase == "share" } == (factors > 0))
    }
  }

  @Test func `iALS alone does not know what comes next`() throws {
    let shop = try Self.shop()
    try shop.run(
      shop.job {
        $0.method = .baseline(.ials)
        $0.baselines[ALSOptions.self].factors = 16
      }, RunRequest(force: true, threads: 2))
    let share = try #require(try shop.value(Self.next).flatMap { Double($0) })
    #expect(share < 0.3)
  }

  @Test func `the same log, settings and seed give the same lists with any number of threads`()
    throws
  {
    let lists = try [1, 2, 3].map { threads in
      let shop = try Self.shop()
      try shop.run(
        Self.job(shop) { $0.ials.factors = 8 }, RunRequest(force: true, threads: threads))
      return try shop.lists()
    }
    #expect(!lists[0].isEmpty)
    #expect(lists[1] == lists[0] && lists[2] == lists[0])
  }

  @Test func `a night that was stopped comes to the same lists when it is run again`() throws {
    let whole = try Self.shop()
    try whole.run(Self.job(whole), RunRequest(force: true, threads: 2))
    let shop = try Self.shop()
    let interruption = Interruption()
    let recorder = Recorder { event in
      if case .progress(.train, _, _, 4, _, _) = event { interruption.request(reason: "SIGTERM") }
    }
    expectFailure(.temporary) {
      try shop.run(
        Self.job(shop), RunRequest(force: true, threads: 2), observer: recorder,
        interruption: interruption)
    }
    try shop.run(Self.job(shop), RunRequest(force: true, threads: 2))
    #expect(try shop.lists() == whole.lists())
  }

  @Test func `a refit repeats the chosen epochs and the share with the validation items`() throws {
    let shop = try Self.shop()
    let job = Self.job(shop) { $0.ials.factors = 8 }
    var again = job
    again.training.refit = true
    let once = try shop.run(job, RunRequest(publish: false))
    let twice = try shop.run(again, RunRequest(publish: false))
    func values(_ outcome: RunOutcome, _ split: MetricRow.Split) -> [Double] {
      outcome.metrics.filter { $0.model == "history" && $0.split == split }.map(\.value)
    }
    #expect(values(once, .validation) == values(twice, .validation))
    #expect(values(once, .test) != values(twice, .test))
    let repeated = twice.epochs.filter(\.isRefit)
    let judged = twice.epochs.filter { $0.phase == "history" && !$0.isRefit }
    let best = judged.max { $0.ndcg < $1.ndcg }
    #expect(repeated.count { $0.phase == "history" } == best?.epoch)
    #expect(repeated.allSatisfy { $0.ndcg.isNaN })
  }

  @Test func `a search chooses it where order tells what comes next`() throws {
    let shop = try Self.shop()
    let job = shop.job {
      $0.method = .auto
      $0.training.pretraining.epochs = 3
    }
    let outcome = try shop.run(job, RunRequest(force: true, threads: 2))
    let choice = try #require(outcome.choice)
    #expect(choice.name == "History", "\(choice.trials.map { ($0.words, $0.ndcgOfOthers) })")
    let trials = choice.trials.filter { $0.words.hasPrefix("History") }
    #expect(trials.map { $0.words.contains("ials_factors 0") } == [true, false, true, false])
    let share = try #require(try shop.value(Self.next).flatMap { Double($0) })
    #expect(share > 0.6)
  }

  @Test func `by the clock nothing later changes a bit of the tested model`() throws {
    let world = PlantedWorld(
      users: 300, items: 80, eventsPerUser: 30, days: 60, endingAt: 1_767_225_600, seed: 5)
    let nights = SimulatedNights(world) { job in
      job.method = .baseline(.history)
      job.baselines[.history] = HistoryOptions(width: 16, ials: ALSOptions(factors: 8))
      job.evaluation.split = .clock
      job.evaluation.horizon = .age(Age(7, .day))
      job.source.events = ["view": 1]
    }
    let night = try nights.night(nights.pull(days: 60))
    let clock = try #require(night.divided.clock)
    let other = try nights.night(
      nights.pull(days: 60, from: Int(clock.cut)) { ($0 * 7 + 3) % 81 })
    #expect(night.divided.split.test != other.divided.split.test)
    #expect(night.trained.model.tensors == other.trained.model.tensors)
    // What is published has learnt what came later.
    #expect(night.published.tensors != other.published.tensors)
    let history = try #require(night.trained.history)
    #expect(history.epochs > 0 && history.beside != nil)
  }
}

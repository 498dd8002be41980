import Baselines
import Interactions
import Jobs
import NCF
import Postgres
import RunSupport
import SyntheticData
import TestSupport
import Testing

@testable import Pipeline
@testable import Source

@Suite("Nights that are replayed")
struct ReplayTests {
  private static let world = PlantedWorld(
    users: 300, items: 90, eventsPerUser: 40, days: 60, endingAt: 1_767_225_600, seed: 9)
  private static let day = 86_400
  private static let first = world.beginning + 25 * day
  private static let moments = (0..<5).map { UInt32(first + $0 * 7 * day) }

  private static func nights(
    threads: Int = 2, _ change: (inout Job) -> Void = { _ in }
  ) -> SimulatedNights {
    SimulatedNights(world, threads: threads) { job in
      job.training.pretraining.epochs = 4
      job.training.joint.epochs = 2
      job.nightly.fullEvery = 4
      job.evaluation.rivals = false
      change(&job)
    }
  }

  private static func replay(
    _ nights: SimulatedNights, _ log: Dataset? = nil
  ) -> NightReplay {
    var request = RunRequest(threads: nights.threads)
    request.isReplay = true
    let context = RunContext(
      job: nights.job, request: request, parameters: .init(), interruption: Interruption(),
      observer: Recorder(), clock: { 0 }, pool: nights.context.pool, runID: nil)
    return NightReplay(
      context, log ?? nights.pull(days: 60, isForNights: true), first: moments[0], k: 10)
  }

  private static func evening(_ replay: NightReplay, _ index: Int) -> NightReplay.Evening {
    replay.evening(moments[index], until: moments[index] + UInt32(7 * day))
  }

  private static func run(_ replay: NightReplay, _ indices: Range<Int>) throws -> [ReplayedNight] {
    try indices.map { try replay.night(evening(replay, $0)) }
  }

  @Test("Nights chain as recorded runs do: in full first, then fine-tuned, and in full again")
  func chain() throws {
    let nights = try Self.run(Self.replay(Self.nights()), 0..<5)
    #expect(
      nights.map(\.course.status) == [.published, .published, .published, .published, .published])
    #expect(nights.map(\.course.mode) == [.full, .finetune, .finetune, .finetune, .full])
    for night in nights {
      #expect(night.judged.users.count > 100)
      #expect(night.listed > 200)
      #expect((night.coverage ?? 0) > 0.2)
      let means = try #require(night.judged.means)
      // Ten items of ninety in any order have about .05.
      #expect(means.ndcg > 0.09, "\(means)")
      #expect(night.rivals.map(\.rival) == ["itempop"])
    }
  }

  @Test("A stopped chain goes on with the same bits")
  func restored() throws {
    for change in [
      { _ in },
      { (job: inout Job) in
        job.evaluation.split = .clock
        job.evaluation.horizon = .age(Age(7, .day))
      },
    ] as [(inout Job) -> Void] {
      let simulated = Self.nights { job in
        job.nightly.maxGrowth = 1
        change(&job)
      }
      let whole = Self.replay(simulated)
      let nights = try Self.run(whole, 0..<4)
      let again = Self.replay(simulated)
      try again.restore((0..<3).map { (Self.moments[$0], nights[$0].course) })
      #expect(again.lists != nil)
      let last = try again.night(Self.evening(again, 3))
      #expect(last == nights[3])
      #expect(last.course.mode == .finetune, "\(nights.map(\.reason))")
      #expect(again.lists == whole.lists)
    }
  }

  @Test("Any number of threads gives the same nights")
  func threads() throws {
    let one = try Self.run(Self.replay(Self.nights(threads: 1)), 0..<2)
    #expect(try Self.run(Self.replay(Self.nights(threads: 3)), 0..<2) == one)
  }

  @Test("Nothing after a night's moment changes its lists", arguments: [false, true])
  func nothingLater(ages: Bool) throws {
    // Of networks and fine-tunes; and of weights by age.
    let nights = Self.nights {
      if ages { ($0.source.halfLife, $0.method) = (Age(20, .day), .baseline(.itemknn)) }
    }
    let cut = Int(Self.moments[1])
    let whole = Self.replay(nights, nights.pull(days: 60, isForNights: true))
    let other = Self.replay(
      nights, nights.pull(days: 60, from: cut, isForNights: true) { ($0 * 7 + 3) % 90 })
    #expect(whole.vocabularies.users == other.vocabularies.users)
    #expect(whole.vocabularies.items == other.vocabularies.items)
    let expected = try Self.run(whole, 0..<2)
    let judged = try Self.run(other, 0..<2)
    #expect(judged.map(\.course.status) == [.published, .published])
    #expect(whole.lists == other.lists)
    // Judged they are by what is later.
    #expect(expected[1].judged != judged[1].judged)
    // The next night knows it.
    _ = try Self.run(whole, 2..<3)
    _ = try Self.run(other, 2..<3)
    #expect(whole.lists != other.lists)
  }

  @Test("A night's lists are those that publishing would make of the log of then")
  func published() throws {
    let nights = Self.nights()
    let replay = Self.replay(nights)
    _ = try Self.run(replay, 0..<1)
    let pulled = nights.pull(days: 25)
    let night = try nights.night(pulled)
    let listed = pulled.withPopularLists(below: ColdLimit(nights.context.job).interactions)
    let lists = try NightLists(night.published, listed, replay.vocabularies, nights.context)
    #expect(replay.lists == lists)
    #expect(lists.count == pulled.users.count)
  }

  @Test("New items are those that a user has not met before, in the order of time")
  func newItems() {
    let nights = Self.nights()
    let log = nights.pull(days: 60, isForNights: true)
    let (begin, end) = (Int(Self.moments[2]), Int(Self.moments[3]))
    // The same by going over the world.
    var known: [Int: Set<Int>] = [:]
    var taken: [Int: [(second: Int, item: Int)]] = [:]
    Self.world.events(days: 0..<60) { user, item, second in
      if second < begin { known[user, default: []].insert(item) }
      if second >= begin, second < end { taken[user, default: []].append((second, item)) }
    }
    var expected: [Int: [(second: Int, item: Int)]] = [:]
    for (user, events) in taken {
      var firsts: [Int: Int] = [:]
      for (second, item) in events where known[user]?.contains(item) != true {
        firsts[item] = min(firsts[item] ?? .max, second)
      }
      if !firsts.isEmpty {
        expected[user] = firsts.map { ($0.value, $0.key) }.sorted { $0 < $1 }
      }
    }
    let found = log.newItems(from: UInt32(begin), until: UInt32(end))
    let (users, items) = log.vocabularies
    #expect(found.users.count == expected.count && found.users.count > 100)
    for (user, own) in zip(found.users, found.items) {
      let wanted = expected[Int(users.text(at: Int(user))) ?? -1] ?? []
      let ids = own.map { Int(items.text(at: Int($0))) ?? -1 }
      #expect(Set(ids) == Set(wanted.map(\.item)))
      // Items of one second are in an order of their own.
      let seconds = Dictionary(uniqueKeysWithValues: wanted.map { ($0.item, $0.second) })
      let times = ids.map { seconds[$0] ?? 0 }
      #expect(times == times.sorted())
    }
  }

  @Test("Lists are judged by the first new item, and by all of them")
  func judging() throws {
    let lists: [UInt32: [Int32]] = [1: [5, 6, 7], 2: [8, 9, 4], 4: [1, 2, 3]]
    let taken = NewItems(
      users: [1, 2, 3, 4], items: [[6, 5, 99], [1], [5], [3, 2]])
    let judged = JudgedLists(taken, k: 2) { lists[$0].map { $0[...] } }
    #expect(judged.users == [1, 2, 4])
    #expect(judged.ranks == [2, nil, nil])
    #expect(judged.hits == [2, 0, 1] && judged.taken == [3, 1, 2])
    let means = try #require(judged.means)
    #expect(abs(means.hr - 1.0 / 3) < 1e-12)
    #expect(abs(means.ndcg - 0.6309297535714575 / 3) < 1e-12)
    #expect(abs(means.recall - (2.0 / 3 + 0.5) / 3) < 1e-12)
    #expect(means.hits == 1)
    // A rival without a list for a user has missed.
    let rival = JudgedLists(taken, k: 2, only: [1, 3]) { $0 == 1 ? [6, 5] : nil }
    #expect(rival.users == [1, 3] && rival.ranks == [1, nil])
    #expect(JudgedLists(NewItems(users: [], items: []), k: 2) { _ in nil }.means == nil)
  }

  @Test("What a chain goes back to is the last published full night and what is published after it")
  func lineage() {
    func course(_ status: RunStatus, _ mode: TrainingMode?) -> ReplayedNight.Course {
      .init(status: status, mode: mode)
    }
    let courses = [
      course(.published, .full), course(.published, .finetune), course(.refused, .full),
      course(.published, .finetune), course(.skipped, nil), course(.refused, .finetune),
    ]
    #expect(NightReplay.lineage(courses) == [0, 1, 3])
    #expect(NightReplay.lineage(courses + [course(.published, .full)]) == [6])
    #expect(NightReplay.lineage([course(.failed, nil)]).isEmpty)
  }

  @Test("A method that the log chooses is searched for by trials, and kept until a search is due")
  func searched() throws {
    let nights = Self.nights {
      $0.method = .auto
      $0.auto.trials = 8
      $0.auto.every = Age(14, .day)
    }
    let replay = Self.replay(nights)
    let all = try Self.run(replay, 0..<4)
    // Fourteen days are not more than fourteen days.
    #expect(all.map { $0.course.choice != nil } == [true, false, false, true])
    // Seconds are in the trials of a choice, so that only the rest is compared.
    let again = Self.replay(nights)
    try again.restore((0..<2).map { (Self.moments[$0], all[$0].course) })
    let third = try again.night(Self.evening(again, 2))
    #expect(third.judged == all[2].judged && third.method == all[2].method)
  }

  @Test("A window ends at each night's moment")
  func window() {
    let nights = Self.nights()
    var log = nights.pull(days: 60, isForNights: true)
    let begins = Self.first - 10 * Self.day
    log.times.lower = Int64(begins) * 1_000_000
    for index in 0..<3 {
      let night = log.asOf(Self.moments[index], first: Self.moments[0])
      let seconds = night.sequences.seconds
      #expect(Int(seconds.min() ?? 0) >= begins + index * 7 * Self.day)
      #expect((seconds.max() ?? .max) < Self.moments[index])
      #expect(night.counts.users == night.users.count)
    }
  }
}

import Baselines
import Interactions
import NCF
import Parallelism
import Synchronization
import SyntheticData
import Testing

@testable import Recommenders

/// The choice of a method on a log.
struct MethodSearchTests {
  private struct Stop: Error {}

  private static let network = Method.Network(
    spec: ModelSpec(gmfWidth: 8, tower: [16, 8]),
    options: TrainingOptions(
      pretrain: .factors, alpha: 0.9, negatives: 4, batch: 256,
      pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.001, epochs: 1, patience: 1),
      joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 1, patience: 1), seed: 1))

  /// A log of users with tastes.
  private static let tastes = split(users: 400, items: 120) { users, items, append in
    PlantedWorld(
      users: users, items: items, eventsPerUser: 15, days: 60, endingAt: 1_700_000_000, seed: 5
    ).events(days: 0..<60, append)
  }

  private static func split(
    users: Int, items: Int, _ events: (Int, Int, (Int, Int, Int) -> Void) -> Void
  ) -> HoldoutSplit {
    var columns = InteractionColumns()
    events(users, items) { user, item, second in
      columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(second))
    }
    let table = InteractionTable(
      columns: columns, users: .identity(users), items: .identity(items), userCount: users,
      itemCount: items)
    return HoldoutSplit(table, UserSequences(firstEventsOf: table))
  }

  private func search(
    _ split: HoldoutSplit, items: Int, trials: Int? = nil, threads: Int = 2,
    report: @escaping (SearchEvent) throws -> Void = { _ in }
  ) throws -> MethodChoice {
    try MethodSearch(
      MethodTraining.Data(TrainingLog(positives: split.training, itemCount: items)),
      network: Self.network, validation: MethodSearch.Validation(items: split.validation),
      limits: MethodSearch.Limits(seconds: .infinity, trials: trials), k: 10, seed: 1,
      pool: WorkerPool(threads: threads), clock: { 0 }, report: report
    ).run()
  }

  @Test("Where users have tastes, what is chosen ranks better than popularity")
  func tastes() throws {
    let choice = try search(Self.tastes, items: 120)
    #expect(choice.method != Method(ItemPopOptions()))
    let popular = try #require(choice.trials.first { $0.settings == "ItemPop" })
    #expect(choice.ndcg > popular.ndcgOfOthers)
    #expect(choice.validatedUsers == Self.tastes.validation.count { $0 >= 0 })
    // Every rung was climbed.
    for title in ["ItemKNN", "iALS", "EASE", "NeuMF from"] {
      #expect(choice.trials.contains { $0.settings.hasPrefix(title) }, "\(title)")
    }
    let networks = choice.trials.filter { $0.settings.hasPrefix("NeuMF from") }
    #expect(networks.map { $0.settings.contains("dropout 0.2") } == [false, true, false])
  }

  @Test("The choice is the same with any number of threads")
  func threads() throws {
    func settings(_ choice: MethodChoice) -> [String] {
      choice.trials.map { "\($0.settings) \($0.ndcg) \($0.ndcgOfOthers)" }
    }
    let one = try search(Self.tastes, items: 120, threads: 1)
    let three = try search(Self.tastes, items: 120, threads: 3)
    #expect(one.method == three.method && settings(one) == settings(three))
  }

  @Test("A choice survives its JSON")
  func json() throws {
    let choice = try search(Self.tastes, items: 120, trials: 6)
    #expect(choice.trials.count == 6 && !choice.skipped.isEmpty)
    #expect(try MethodChoice(json: choice.json()) == choice)
  }

  @Test("Among random events, and with few users, popularity is chosen")
  func nothing() throws {
    var random = CounterRandom(seed: 9, stream: 1)
    let noise = Self.split(users: 300, items: 60) { users, items, append in
      for user in 0..<users {
        for event in 0..<8 { append(user, random.uniform(below: items), 1_700_000_000 + event) }
      }
    }
    #expect(try search(noise, items: 60, trials: 12).method == Method(ItemPopOptions()))
    let few = Self.split(users: 40, items: 12) { users, items, append in
      for user in 0..<users {
        for event in 0..<4 { append(user, (user + event * 3) % items, event) }
      }
    }
    let choice = try search(few, items: 12)
    #expect(choice.method == Method(ItemPopOptions()))
    #expect(choice.trials.count == 1 && choice.skipped.count == 1)
  }

  @Test("An error of the listener ends the search")
  func stopped() {
    #expect(throws: Stop.self) {
      _ = try search(Self.tastes, items: 120) { event in
        if case .ended = event { throw Stop() }
      }
    }
  }

  /// Trials in memory.
  private final class Memory: SearchMemory {
    var oneIn: Int?
    var trials: [String: FinishedTrial] = [:]

    func trial(_ key: String) throws -> FinishedTrial? {
      try trials[key].map { try FinishedTrial(json: $0.json()) }
    }

    func keep(_ trial: FinishedTrial, key: String) { trials[key] = trial }
  }

  @Test("Finished trials are taken over, and the choice is the same")
  func memory() throws {
    let memory = Memory()
    func choice(_ threads: Int) throws -> (MethodChoice, trained: Int) {
      var trained = 0
      let search = MethodSearch(
        MethodTraining.Data(TrainingLog(positives: Self.tastes.training, itemCount: 120)),
        network: Self.network, validation: MethodSearch.Validation(items: Self.tastes.validation),
        limits: MethodSearch.Limits(seconds: .infinity), k: 10, seed: 1,
        pool: WorkerPool(threads: threads), clock: { 0 }
      ) { if case .began = $0 { trained += 1 } }
      search.memory = memory
      return (try search.run(), trained)
    }
    let first = try choice(1)
    #expect(first.trained == first.0.trials.count && memory.trials.count == first.trained)
    for key in memory.trials.keys.sorted().prefix(3) { memory.trials[key] = nil }
    let second = try choice(2)
    #expect(second.trained == 3)
    #expect(second.0 == first.0)
  }

  @Test("Where a fit takes too long, trials learn a sample of users and the best two methods all")
  func sample() throws {
    let large = Self.split(users: 4_500, items: 120) { users, items, append in
      PlantedWorld(
        users: users, items: items, eventsPerUser: 15, days: 60, endingAt: 1_700_000_000, seed: 5
      ).events(days: 0..<60, append)
    }
    // A pass over some users seems to take minutes, everything else no time.
    let looks = Mutex(0)
    var samples: [Int] = []
    let choice = try MethodSearch(
      MethodTraining.Data(TrainingLog(positives: large.training, itemCount: 120)),
      network: Self.network, validation: MethodSearch.Validation(items: large.validation),
      limits: MethodSearch.Limits(seconds: 10_000, trials: 8), k: 10, seed: 1,
      pool: WorkerPool(threads: 2),
      clock: {
        looks.withLock {
          $0 += 1
          return $0 <= 2 ? 0 : 200 + 0.001 * Double($0)
        }
      }
    ) { if case .sampled(let oneIn) = $0 { samples.append(oneIn) } }.run()
    let oneIn = try #require(samples.first)
    #expect(samples.count == 1 && oneIn > 1)
    let sizes = choice.trials.map(\.oneIn)
    #expect(sizes.prefix(8).allSatisfy { $0 == oneIn })
    #expect(sizes.dropFirst(8) == [1, 1, 1])
    #expect(choice.trials.suffix(3).contains { $0.ndcgOfOthers == choice.ndcg })
  }

  @Test("Random settings of the network follow the ladder where a search is to go on")
  func draws() throws {
    let search = MethodSearch(
      MethodTraining.Data(TrainingLog(positives: Self.tastes.training, itemCount: 120)),
      network: Self.network, validation: MethodSearch.Validation(items: Self.tastes.validation),
      limits: MethodSearch.Limits(seconds: .infinity, trials: 52), k: 10, seed: 1,
      pool: WorkerPool(threads: 2), clock: { 0 })
    search.drawsOn = true
    let choice = try search.run()
    #expect(choice.trials.count == 52)
    #expect(choice.trials.count { $0.settings.hasPrefix("NeuMF") } > 3)
  }

  /// A search whose best methods are measured in windows, each of the log of tastes with some validation items.
  private func search(windows items: [[Int32]], threads: Int = 2) throws -> MethodChoice {
    let data = MethodTraining.Data(TrainingLog(positives: Self.tastes.training, itemCount: 120))
    return try MethodSearch(
      data, network: Self.network,
      validation: MethodSearch.Validation(items: Self.tastes.validation),
      windows: items.map { items in { (data, MethodSearch.Validation(items: items)) } },
      limits: MethodSearch.Limits(seconds: .infinity, trials: 10), k: 10, seed: 1,
      pool: WorkerPool(threads: threads), clock: { 0 }
    ).run()
  }

  @Test("The best methods are measured in windows, up to one with few users")
  func windows() throws {
    let usual = Self.tastes.validation
    let few = usual.indices.map { $0 < 20 ? usual[$0] : -1 }
    let choice = try search(windows: [usual, few, usual])
    let windows = choice.trials.map(\.window)
    #expect(windows.prefix(10).allSatisfy { $0 == 0 })
    #expect(windows.dropFirst(10).allSatisfy { $0 == 1 } && (2...5).contains(windows.count - 10))
    // What is measured twice alike has the same figures.
    for trial in choice.trials where trial.window == 1 {
      let first = try #require(choice.trials.first { $0.settings == trial.settings })
      #expect(first.ndcg == trial.ndcg && first.ndcgOfOthers == trial.ndcgOfOthers)
    }
    #expect(try search(windows: [usual, few], threads: 1).method == choice.method)
  }

  @Test("One window in which all users take the same item does not choose the popular list")
  func oddWindow() throws {
    let counts = Self.tastes.training.items.reduce(into: [UInt32: Int]()) {
      $0[$1, default: 0] += 1
    }
    let top = counts.keys.sorted { (-(counts[$0] ?? 0), $0) < (-(counts[$1] ?? 0), $1) }
    let odd = Self.tastes.validation.indices.map { user in
      top.first { !Self.tastes.training.contains(user: user, item: $0) }.map { Int32($0) } ?? -1
    }
    let usual = Self.tastes.validation
    let popular = Method(ItemPopOptions())
    #expect(try search(windows: [odd, odd, odd]).method == popular)
    #expect(try search(windows: [odd, usual, usual]).method != popular)
  }
}

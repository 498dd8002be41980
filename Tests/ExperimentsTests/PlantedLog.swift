import Experiments
import Interactions
import NCF
import Parallelism
import Recommenders
import SyntheticData

/// A small log with tastes in it, and what trials on it need.
enum PlantedLog {
  static let pool = WorkerPool(threads: 2)

  static func table(users: Int = 150, items: Int = 80, seed: UInt64 = 7) -> InteractionTable {
    let world = PlantedWorld(
      users: users, items: items, eventsPerUser: 20, days: 60, endingAt: 1_700_000_000, seed: seed)
    var columns = InteractionColumns()
    world.events(days: 0..<60) { user, item, second in
      columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(second))
    }
    return InteractionTable(
      columns: columns, users: .identity(users), items: .identity(items),
      userCount: users, itemCount: items)
  }

  static let data = data(table())

  /// A log of first events, judged in some way.
  static func data(
    _ table: InteractionTable, known: KnownNegatives? = nil, features: ContentFeatures? = nil,
    sampled: Int = 40, k: Int = 10
  ) -> ExperimentData {
    ExperimentData(
      table: table, sequences: UserSequences(firstEventsOf: table), known: known,
      features: features, sampled: sampled, k: k)
  }

  static let training = TrainingOptions(
    pretrain: .parts, alpha: 0.5, negatives: 4, batch: 100,
    pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 4, patience: 4),
    joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 2, patience: 2), seed: 1)

  static func settings(
    seeds: [UInt64] = [1], factors: [Int] = [4], isQuick: Bool = true,
    published: Published? = nil
  ) -> ExperimentSettings {
    ExperimentSettings(
      seeds: seeds, factors: factors, isQuick: isQuick, training: training, published: published)
  }

  static func runner(
    _ data: ExperimentData = data, pool: WorkerPool = pool,
    report: @escaping (TrialEvent) throws -> Void = { _ in }
  ) -> TrialRunner {
    TrialRunner(data: data, pool: pool, clock: { 0 }, report: report)
  }

  static func book(
    _ store: any TrialStore = MemoryStore(), report: @escaping (BookEvent) throws -> Void = { _ in }
  ) -> TrialBook {
    TrialBook(store: store, clock: { 0 }, report: report, runner: runner())
  }

  /// A trial of a small network.
  static func network(
    epochs: Int = 3, purpose: Trial.Purpose = .test, refit: Bool = false, seed: UInt64 = 1
  ) -> Trial {
    var options = training
    options.pretrain = .none
    options.pretraining.epochs = epochs
    return Trial(
      .network(Method.Network(spec: ModelSpec(gmfWidth: 4, tower: [8, 4]), options: options)),
      seed: seed, purpose: purpose, refit: refit)
  }
}

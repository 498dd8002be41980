import Baselines
import Interactions
import NCF
import Parallelism
import Ranking
import Testing

/// Quality where no real data is at hand: planted tastes must be found.
@Suite struct PlantedQualityTests {
  static let tastes = PlantedTastes(users: 1_000, items: 500, eventsPerUser: 40, seed: 7)
  static let pool = WorkerPool(threads: 2)

  /// How much better than ItemPop's a pre-trained NeuMF's HR@10 (1 + 99) must be.
  static let margin = 0.10

  @Test func preTrainedNeuMFBeatsItemPopByTheMargin() throws {
    let split = Self.tastes.split
    let model = try Self.train(pretrain: true, seed: 1)
    let popular = ItemPop(positives: split.training, itemCount: 500)
    let ours = Self.hitRatio(NeuralScorer(model, pool: Self.pool))
    let theirs = Self.hitRatio(popular)
    #expect(ours > theirs + Self.margin, "NeuMF \(ours), ItemPop \(theirs)")
    let paired = PairedTest(
      Self.fullRanks(NeuralScorer(model, pool: Self.pool)).values(.ndcg, k: 10),
      Self.fullRanks(popular).values(.ndcg, k: 10))
    #expect(try #require(paired).firstIsBetter < 0.01)
  }

  @Test func theBestEpochOfEachPhaseIsKept() throws {
    var records: [EpochRecord] = []
    let model = try Self.train(pretrain: true, seed: 3) { records.append($0) }
    for phase in [Phase.gmf, .mlp, .neumf] {
      let own = records.filter { $0.phase == phase.rawValue }
      #expect(
        own.map(\.epoch) == Array((phase == .neumf ? 0 : 1)..<(phase == .neumf ? 0 : 1) + own.count)
      )
      let best = own.map(\.ndcg).max()
      #expect(own.last(where: \.isBest)?.ndcg == best)
    }
    let kept = Self.validation(NeuralScorer(model, pool: Self.pool))
    #expect(kept.ndcg == records.filter { $0.phase == Phase.neumf.rawValue }.map(\.ndcg).max())
  }

  @Test func trainingStopsWhereItIsToldTo() {
    struct Stop: Error {}
    var calls = 0
    #expect(throws: Stop.self) {
      _ = try Self.train(
        ModelSpec(gmfWidth: 8, tower: [16, 8]), Self.options(pretrain: true, seed: 1),
        TrainingWatcher(
          judge: { _ in (0, 0) },
          progress: { _ in
            calls += 1
            if calls == 3 { throw Stop() }
          }))
    }
    #expect(calls == 3)
  }

  @Test func aLossThatIsNotFiniteEndsTheTraining() {
    var options = Self.options(pretrain: false, seed: 1)
    options.pretraining = PhaseOptions(
      optimizer: .sgd, learningRate: 1e30, epochs: 3, patience: 3)
    #expect(throws: TrainingError.self) {
      _ = try Self.train(
        ModelSpec(gmfWidth: 8, tower: [16, 8]), options, TrainingWatcher(judge: { _ in (0, 0) }))
    }
  }

  @Test(arguments: [
    ModelSpec(gmfWidth: 8, tower: []), ModelSpec(gmfWidth: 0, tower: [32, 16, 8]),
    ModelSpec(gmfWidth: 8, tower: [32, 16, 8]),
  ])
  func everyShapeLearnsFromNothing(spec: ModelSpec) throws {
    let model = try Self.train(spec, pretrain: false, seed: 1)
    let ours = Self.hitRatio(NeuralScorer(model, pool: Self.pool))
    let theirs = Self.hitRatio(ItemPop(positives: Self.tastes.split.training, itemCount: 500))
    #expect(ours > theirs + 0.05, "\(spec): \(ours), ItemPop \(theirs)")
  }

  static func options(pretrain: Bool, seed: UInt64) -> TrainingOptions {
    TrainingOptions(
      pretrain: pretrain ? .parts : .none, alpha: 0.5, negatives: 4, batch: 256,
      pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.003, epochs: 20, patience: 4),
      joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 5, patience: 2), seed: seed)
  }

  static func train(
    _ spec: ModelSpec = ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8]), pretrain: Bool,
    seed: UInt64, epoch: @escaping (EpochRecord) -> Void = { _ in }
  ) throws -> Model {
    try train(
      spec, options(pretrain: pretrain, seed: seed),
      TrainingWatcher(judge: { validation($0) }, epoch: epoch))
  }

  private static func train(
    _ spec: ModelSpec, _ options: TrainingOptions, _ observer: TrainingWatcher
  ) throws -> Model {
    try TrainingRun(
      positives: tastes.split.training, userCount: 1_000, itemCount: 500, options: options,
      pool: pool, clock: { 0 }, observer: observer
    ).train(spec).model
  }

  static func validation(_ scorer: NeuralScorer) -> (hr: Double, ndcg: Double) {
    let split = tastes.split
    let candidates = Candidates.drawn(
      99, users: split.testUsers, outside: split.beforeTest, itemCount: 500, seed: 1, pool: pool)
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: split.validation, candidates: candidates, pool: pool)
    return (ranks.estimate(.hr, k: 10)?.value ?? 0, ranks.estimate(.ndcg, k: 10)?.value ?? 0)
  }

  static func hitRatio(_ scorer: some Scorer) -> Double {
    let split = tastes.split
    let candidates = Candidates.drawn(
      99, users: split.testUsers, outside: tastes.table.history, itemCount: 500, seed: 2,
      pool: pool)
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: split.test, candidates: candidates, pool: pool)
    return ranks.estimate(.hr, k: 10)?.value ?? 0
  }

  static func fullRanks(_ scorer: some Scorer) -> HoldoutRanks {
    HoldoutRanks.full(
      scorer, holdout: tastes.split.test, leavingOut: tastes.split.beforeTest, pool: pool)
  }
}

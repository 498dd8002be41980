import Foundation
import Interactions
import Parallelism
import Ranking
import Testing

@testable import NCF

/// A joint model that starts from a matrix factorisation, averaging, and the refit.
@Suite struct FactorStartTests {
  static let tastes = PlantedTastes(users: 300, items: 200, eventsPerUser: 30, seed: 5)

  static func factors(biases: Bool) -> MatrixFactors {
    var random = CounterRandom(seed: 3, stream: 3)
    func draw(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.gaussian()) * 0.4 } }
    return MatrixFactors(
      width: 6, userCount: 300, itemCount: 200, users: draw(1_800), items: draw(1_200),
      userBiases: biases ? draw(300) : [], itemBiases: biases ? draw(200) : [])
  }

  @Test(arguments: [true, false]) func plainFactorsScoreAsTheDotProduct(biases: Bool) {
    let factors = Self.factors(biases: biases)
    let model = Model(factors: factors)
    #expect(model.spec == .matrixFactorization(width: biases ? 8 : 6))
    let plain = PlainModel(model)
    for user in 0..<300 {
      for item in [0, 7, 199] {
        #expect(
          abs(plain.logit(user: user, item: item) - factors.score(user: user, item: item)) < 1e-12)
      }
    }
  }

  @Test(arguments: [true, false], [8, 11])
  func theFusedStartRanksAsTheFactorsDo(biases: Bool, width: Int) throws {
    var options = Self.options
    options.alpha = 1
    options.joint.epochs = 0
    let factors = Self.factors(biases: biases)
    let model = try Self.train(
      ModelSpec(gmfWidth: width, tower: [16, 8]), options, factors: factors
    ).model
    let plain = PlainModel(model)
    var scale: Double?
    for user in stride(from: 0, to: 300, by: 17) {
      for item in 1..<200 {
        let ours = plain.logit(user: user, item: item) - plain.logit(user: user, item: 0)
        let theirs = factors.score(user: user, item: item) - factors.score(user: user, item: 0)
        if abs(theirs) < 0.05 { continue }
        if scale == nil { scale = ours / theirs }
        #expect(abs(ours / theirs - (scale ?? 0)) < 1e-4)
      }
    }
    #expect((scale ?? 0) > 0)
  }

  @Test func logisticRegressionFindsTheScaleThatMadeTheLabels() {
    var random = CounterRandom(seed: 1, stream: 9)
    let samples = (0..<200_000).map { _ in
      let score = 3 + random.gaussian()
      return (score, random.uniform() < 1 / (1 + exp(-(1.7 * score - 6))))
    }
    let (scale, offset) = Model.logisticRegression(samples)
    #expect(abs(scale - 1.7) < 0.03 && abs(offset + 6) < 0.1)
    let apart = Model.logisticRegression([(0, false), (1, true), (2, true)])
    #expect(apart.scale.isFinite && apart.scale > 0)
    #expect(Model.logisticRegression([(1, true), (1, false)]).scale > 0)
  }

  @Test func aRefitOnTheSamePositivesIsTheModelThatWasChosen() throws {
    for averaging in [Float(0), 0.5] {
      var options = Self.options
      options.averaging = averaging
      options.dropout = 0.2
      options.sampling = .popularity(power: 0.5)
      options.pretrain = .parts
      var records: [EpochRecord] = []
      let spec = ModelSpec(gmfWidth: 8, tower: [16, 8])
      let chosen = try Self.train(spec, options) { records.append($0) }
      for phase in Phase.allCases {
        let best = records.last { $0.phase == phase.rawValue && $0.isBest }?.epoch
        #expect(chosen.epochs[phase] == best)
      }
      for threads in [1, 4] {
        let refit = try Self.run(options, threads: threads).refit(spec, epochs: chosen.epochs)
        #expect(refit == chosen.model)
      }
    }
  }

  @Test func theMeanOfEpochsIsWhatIsKept() throws {
    var options = Self.options
    options.pretrain = .none
    options.averaging = 0.75
    options.pretraining.epochs = 2
    let spec = ModelSpec(gmfWidth: 8, tower: [16, 8])
    let mean = try Self.run(options).refit(spec, epochs: [.neumf: 2])
    options.averaging = 0
    let first = try Self.run(options).refit(spec, epochs: [.neumf: 1])
    let second = try Self.run(options).refit(spec, epochs: [.neumf: 2])
    #expect(mean == first.averaged(with: second, keeping: 0.75))
    #expect(abs(mean.users[0] - 0.75 * first.users[0] - 0.25 * second.users[0]) < 1e-7)
  }

  /// What was trained for one model is taken for another, and told of as if it had been trained.
  @Test func aKnownPartIsThePartThatTrainingGives() throws {
    var options = Self.options
    options.pretrain = .parts
    let both = ModelSpec(gmfWidth: 8, tower: [16, 8])
    let parts = TrainedParts()
    var alone: [EpochRecord] = []
    let gmf = try Self.run(options, parts: parts) { alone.append($0) }.train(both.gmfOnly)
    #expect(gmf.model == (try Self.run(options).train(both.gmfOnly)).model)
    var (told, expected): ([EpochRecord], [EpochRecord]) = ([], [])
    let joint = try Self.run(options, parts: parts) { told.append($0) }.train(both)
    let fresh = try Self.run(options) { expected.append($0) }.train(both)
    #expect(joint.model == fresh.model && joint.epochs == fresh.epochs)
    #expect(told.map(\.ndcg) == expected.map(\.ndcg) && told.map(\.phase) == expected.map(\.phase))
    // The first phase was not trained again: its records are those of the GMF alone.
    #expect(told.prefix(alone.count).map(\.loss) == alone.map(\.loss))
    // Another seed is another part.
    options.seed = 2
    #expect(try Self.run(options, parts: parts).train(both.gmfOnly).model != gmf.model)
  }

  static var options: TrainingOptions {
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 3, patience: 2)
    return TrainingOptions(
      pretrain: .factors, alpha: 0.5, negatives: 4, batch: 256, pretraining: phase,
      joint: PhaseOptions(optimizer: .sgd, learningRate: 0.01, epochs: 2, patience: 2), seed: 1)
  }

  static func train(
    _ spec: ModelSpec, _ options: TrainingOptions, factors: MatrixFactors? = nil,
    epoch: @escaping (EpochRecord) -> Void = { _ in }
  ) throws -> TrainedModel {
    try run(options, factors: factors, epoch: epoch).train(spec)
  }

  static func run(
    _ options: TrainingOptions, threads: Int = 2, factors: MatrixFactors? = nil,
    parts: TrainedParts? = nil, epoch: @escaping (EpochRecord) -> Void = { _ in }
  ) -> TrainingRun {
    let pool = WorkerPool(threads: threads)
    let split = tastes.split
    return TrainingRun(
      positives: split.training, userCount: 300, itemCount: 200, options: options, pool: pool,
      clock: { 0 },
      observer: TrainingWatcher(
        judge: { scorer in
          let ranks = HoldoutRanks.full(
            scorer, holdout: split.validation, leavingOut: split.training, pool: pool)
          return (
            ranks.estimate(.hr, k: 10)?.value ?? 0, ranks.estimate(.ndcg, k: 10)?.value ?? 0
          )
        }, epoch: epoch),
      factors: factors.map { factors in { factors } }, parts: parts)
  }
}

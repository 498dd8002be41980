import Baselines
import Interactions
import NCF
import Parallelism
import Ranking
import Testing

@testable import Recommenders

/// A network that starts from a factorisation, on a log where the tower learns what misleads.
///
/// Each user takes some items of a group of twelve, and some of twenty popular ones in between. What is held
/// out is always of the group: a tower that ranks by popularity lowers the quality of the whole catalogue's
/// ranking, and raises that among a few drawn items, which hardly ever are the popular ones.
struct JoinedNetworkTests {
  private struct Log {
    static let (groups, size, popular, users) = (50, 12, 20, 600)
    let items = groups * size + popular
    var training: [[UInt32]] = []
    var held: [Int32] = []

    init() {
      for user in 0..<Self.users {
        var random = CounterRandom(seed: 11, stream: UInt64(user))
        var own = (0..<Self.size).map { UInt32(user % Self.groups * Self.size + $0) }
        for place in own.indices.dropLast() {
          own.swapAt(place, place + random.uniform(below: own.count - place))
        }
        held.append(Int32(own[5]))
        var taken = Array(own.prefix(5))
        for item in 0..<Self.popular where random.uniform(below: 100) < 40 {
          taken.append(UInt32(Self.groups * Self.size + item))
        }
        training.append(taken)
      }
    }

    var lists: UserItems { UserItems(lists: training) }
  }

  /// Judges epochs by a closure.
  private struct Watcher: MethodObserver {
    let figures: @Sendable (any Scorer) -> (hr: Double, ndcg: Double)

    func validate(_ scorer: NeuralScorer) -> (hr: Double, ndcg: Double) { figures(scorer) }
    func judge(_ baseline: FittedModel) -> (hr: Double, ndcg: Double)? { nil }
    func epochEnded(_ epoch: EpochRecord) {}
    func progressed(_ progress: StepProgress) {}
  }

  private static let log = Log()
  private static let pool = WorkerPool(threads: 2)
  private static let start = ALSOptions(
    factors: 32, regularization: 10, alpha: 10, iterations: 10)
  private static let validation = CatalogueValidation(
    holdout: log.held, known: log.lists, itemCount: log.items, k: 10, seed: 1, pool: pool)

  private static func train(
    _ method: Method, by figures: @escaping @Sendable (any Scorer) -> (hr: Double, ndcg: Double)
  ) throws -> Double {
    let data = MethodTraining.Data(TrainingLog(positives: log.lists, itemCount: log.items))
    let training = MethodTraining(
      data, pool: pool, clock: { 0 }, observer: Watcher(figures: figures))
    let scorer = try training.train(method.seeded(1)).model.scorer(pool: pool)
    return validation.figures(scorer) {}.ndcg
  }

  private static func network(alpha: Float?) -> Method {
    let options = TrainingOptions(
      pretrain: .factors, alpha: alpha, negatives: 8, batch: 256,
      pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 2),
      joint: PhaseOptions(optimizer: .sgd, learningRate: 0.02, epochs: 3, patience: 2), seed: 1)
    return .network(
      Method.Network(
        spec: ModelSpec(gmfWidth: 32, tower: [16, 8]), options: options,
        start: [BaselineSetup(start)]))
  }

  @Test("A network ranks the whole catalogue at least as well as what it starts from")
  func atLeastAsGood() throws {
    let start = try Self.train(Method(Self.start)) { _ in (0, 0) }
    let joined = try Self.train(Self.network(alpha: nil)) {
      Self.validation.figures($0) {}
    }
    #expect(joined >= start)
    // With half of the say for the tower, and epochs chosen among drawn items, it does not.
    let candidates = Candidates.drawn(
      99, users: (0..<UInt32(Log.users)).map { $0 }, outside: Self.log.lists,
      itemCount: Self.log.items, seed: 2, pool: Self.pool)
    let former = try Self.train(Self.network(alpha: 0.5)) { scorer in
      let ranks = HoldoutRanks.sampled(
        scorer, holdout: Self.log.held, candidates: candidates, pool: Self.pool)
      return (0, ranks.estimate(.ndcg, k: 10)?.value ?? 0)
    }
    #expect(former < start)
  }
}

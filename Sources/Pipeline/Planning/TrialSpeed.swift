import Baselines
import Interactions
import Jobs
import NCF
import Ranking
import Recommenders
import RunSupport
import Source

/// How fast this machine trains and scores this job's model on this job's data, by trying.
struct TrialSpeed {
  /// Samples of the network trained in a second; 0 when the job trains none.
  let samplesPerSecond: Double
  /// Seconds that the baseline, or the factorisation which the network starts from, would take.
  let factorSeconds: Double
  /// Pairs of user and item scored and ranked in a second.
  let pairsPerSecond: Double

  /// Trains and scores for a fraction of a second each.
  ///
  /// - Throws: `BatchError` when interrupted.
  init(_ context: RunContext, pulled: Pulled, divided: Divided) throws {
    let job = context.job
    let trial = Trial(context: context, divided: divided, itemCount: pulled.table.itemCount)
    samplesPerSecond =
      job.method == .ncf ? try trial.samplesPerSecond(job.model, job.training) : 0
    factorSeconds = try trial.factorSeconds()
    let scored = try trial.scored()
    let scorer = scored.scorer(pool: context.pool)
    let users = (0..<UInt32(min(scorer.userCount, 256))).map { $0 }
    let clock = context.clock
    let began = clock()
    var times = 0
    repeat {
      try context.interruption.check()
      _ = topK(
        scorer, users: users, k: job.output.k, history: pulled.excluded, pool: context.pool)
      times += 1
    } while clock() - began < 0.2
    let pairs = Double(times * users.count) * Double(pulled.table.itemCount)
    pairsPerSecond = pairs / max(clock() - began, 1e-9)
  }
}

/// Short trainings, and what they say of long ones.
private struct Trial {
  let context: RunContext
  let divided: Divided
  let itemCount: Int

  private var job: Job { context.job }
  private var positives: UserItems { divided.split.training }

  /// The first users, with some ten thousand interactions of theirs: enough to tell the speed.
  private var sample: UserItems {
    let end = positives.offsets.lastIndex { $0 <= 50_000 } ?? 0
    let users = max(1, min(end, positives.userCount))
    return UserItems(
      offsets: Array(positives.offsets[...users]),
      items: Array(positives.items[..<positives.offsets[users]]))
  }

  /// Trains a network for half a second at most.
  func samplesPerSecond(_ spec: ModelSpec, _ options: TrainingOptions) throws -> Double {
    struct Enough: Error {}
    let trainer = Trainer(
      Model(
        spec: spec, userCount: positives.userCount, itemCount: itemCount, seed: context.seed),
      positives: positives, options: options, phase: options.pretraining, seed: context.seed,
      pool: context.pool)
    let samples = Double(positives.count * options.groupSize)
    let (clock, interruption) = (context.clock, context.interruption)
    var (share, seconds) = (0.0, 0.0)
    let start = clock()
    do {
      _ = try trainer.run(epoch: 1) { fraction in
        try interruption.check()
        (share, seconds) = (fraction, clock() - start)
        if seconds > 0.5 { throw Enough() }
      }
    } catch is Enough {}
    return seconds > 0 ? share * samples / seconds : 0
  }

  /// Seconds of all iterations, from one on a sample and how the work grows.
  func factorSeconds() throws -> Double {
    if let options = job.baselines.factorization(job.method) { return try factorSeconds(options) }
    switch job.method {
    case .itemknn: return try seconds(work: Self.pairs, tried: Self.pairs) { _ = neighbours($0) }
    case .ncf where job.training.pretrain == .factors:
      return try job.initial.methods.reduce(0) {
        try $0 + factorSeconds(job.initial.options(of: $1))
      }
    default: return 0
    }
  }

  private func factorSeconds(_ options: any FactorizationOptions) throws -> Double {
    var once = options
    once.iterations = 1
    let (tried, whole) = (once, options)
    func work(_ options: any FactorizationOptions, _ positives: UserItems) -> Double {
      options.work(
        interactions: Double(positives.count), users: Double(positives.userCount),
        items: Double(itemCount))
    }
    return try seconds(work: { work(whole, $0) }, tried: { work(tried, $0) }) {
      _ = try tried.factorize(
        $0, weights: [], itemCount: itemCount, pool: context.pool, report: { _ in })
    }
  }

  /// A model of the job's shape, to be scored; its parameters don't matter.
  func scored() throws -> PublishedModel {
    if job.method == .itemknn { return .neighbours(neighbours(sample)) }
    let spec = job.width.map { ModelSpec.matrixFactorization(width: $0) } ?? job.model
    return .network(
      Model(spec: spec, userCount: positives.userCount, itemCount: itemCount, seed: context.seed))
  }

  private func neighbours(_ positives: UserItems) -> ItemKNN {
    ItemKNN(
      positives: positives, weights: [], itemCount: itemCount, options: job.baselines.itemknn,
      pool: context.pool)
  }

  /// Pairs of items that users have together.
  private static func pairs(_ positives: UserItems) -> Double {
    (0..<positives.userCount).reduce(0) { sum, user in
      let count = Double(positives.range(of: user).count)
      return sum + count * count
    }
  }

  /// Seconds of everything, from what is tried on a sample.
  ///
  /// - Parameters:
  ///   - work: how much a log takes.
  ///   - tried: how much what is tried takes.
  ///   - body: what is tried.
  /// - Returns: as many seconds more as there is more work.
  /// - Throws: `BatchError` when interrupted; what `body` throws.
  private func seconds(
    work: (UserItems) -> Double, tried: (UserItems) -> Double,
    _ body: (UserItems) throws -> Void
  ) throws -> Double {
    try context.interruption.check()
    let sample = sample
    let start = context.clock()
    try body(sample)
    let seconds = context.clock() - start
    return seconds * work(positives) / max(tried(sample), 1)
  }
}

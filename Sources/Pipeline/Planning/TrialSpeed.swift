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
  let baselineSeconds: Double
  /// Seconds that the simple methods beside the model would take to fit, all of them once.
  let rivalSeconds: Double
  /// Pairs of user and item scored and ranked in a second.
  let pairsPerSecond: Double

  /// Trains and scores for a fraction of a second each.
  ///
  /// - Throws: `BatchError` when interrupted.
  init(
    _ context: RunContext, pulled: Dataset, divided: Divided, rivals: SimpleRivals? = nil
  ) throws {
    let job = context.job
    let trial = Trial(context: context, divided: divided, itemCount: pulled.table.itemCount)
    samplesPerSecond =
      job.method == .ncf ? try trial.samplesPerSecond(job.model, job.training) : 0
    baselineSeconds = try trial.baselineSeconds()
    rivalSeconds = try (rivals?.setups ?? []).reduce(0) { try $0 + trial.seconds($1.setup.options) }
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

  /// Seconds of all passes of the job's baseline, or of what its network starts from.
  func baselineSeconds() throws -> Double {
    if let baseline = job.baseline { return try seconds(baseline) }
    guard job.training.pretrain == .factors else { return 0 }
    return try job.initial.setups.reduce(0) { try $0 + seconds($1.options) }
  }

  /// A model of the job's shape, to be scored; its parameters don't matter.
  func scored() throws -> PublishedModel {
    if job.neighbours != nil, let baseline = job.baseline {
      return PublishedModel(
        .baseline(try baseline.fit(log(sample), pool: context.pool, report: { _ in })))
    }
    let spec = job.width.map { ModelSpec.matrixFactorization(width: $0) } ?? job.model
    return .network(
      Model(spec: spec, userCount: positives.userCount, itemCount: itemCount, seed: context.seed))
  }

  private func log(_ positives: UserItems) -> TrainingLog {
    TrainingLog(
      positives: positives, itemCount: itemCount, events: divided.dataset.sequences)
  }

  /// Seconds of a baseline: those of one pass on a sample, times the growth of the work.
  func seconds(_ options: some BaselineOptions) throws -> Double {
    try context.interruption.check()
    var once = options
    once.passes = 1
    let tried = log(sample)
    let start = context.clock()
    _ = try once.fit(tried, pool: context.pool, report: { _ in })
    let seconds = context.clock() - start
    return seconds * options.work(on: log(positives)) / max(once.work(on: tried), 1)
  }
}

import Interactions
import NCF
import Ranking

/// How fast this machine trains and scores this job's shape on this job's data, by trying.
struct TrialSpeed {
  /// Samples trained in a second.
  let samplesPerSecond: Double
  /// Pairs of user and item scored and ranked in a second.
  let pairsPerSecond: Double

  /// Trains and scores for a fraction of a second each.
  ///
  /// - Throws: `BatchError` when interrupted.
  init(_ context: RunContext, pulled: Pulled, divided: Divided) throws {
    struct Enough: Error {}
    let job = context.job
    let positives = divided.split.training
    let model = Model(
      spec: job.model, userCount: pulled.table.userCount, itemCount: pulled.table.itemCount,
      seed: context.seed)
    let trainer = Trainer(
      model, positives: positives, negatives: job.training.negatives, batch: job.training.batch,
      phase: job.training.pretraining, seed: context.seed, pool: context.pool)
    let samples = Double(positives.count * (job.training.negatives + 1))
    let clock = context.clock
    let interruption = context.interruption
    var (share, seconds) = (0.0, 0.0)
    let start = clock()
    do {
      _ = try trainer.run(epoch: 1) { fraction in
        try interruption.check()
        (share, seconds) = (fraction, clock() - start)
        if seconds > 0.5 { throw Enough() }
      }
    } catch is Enough {}
    samplesPerSecond = seconds > 0 ? share * samples / seconds : 0

    let scorer = NeuralScorer(model, pool: context.pool)
    let users = (0..<UInt32(min(pulled.table.userCount, 256))).map { $0 }
    let began = clock()
    var times = 0
    repeat {
      try interruption.check()
      _ = topK(
        scorer, users: users, k: job.output.k, history: divided.history, pool: context.pool)
      times += 1
    } while clock() - began < 0.2
    let pairs = Double(times * users.count) * Double(pulled.table.itemCount)
    pairsPerSecond = pairs / max(clock() - began, 1e-9)
  }
}

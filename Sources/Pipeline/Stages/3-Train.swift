import Interactions
import NCF
import Ranking

/// A trained model and how it came about.
struct Trained {
  /// The best epoch's parameters.
  let model: Model
  /// Every epoch of every phase.
  let epochs: [EpochRecord]
  /// Candidates of the validation items, drawn once.
  let validationCandidates: UserItems
}

/// Stage 3: learn it.
///
/// In: training positives and validation items. Out: the model of the best epoch, chosen on
/// validation by the sampled protocol; test items are never looked at. Durable: the epochs, as
/// `record` writes them.
struct TrainStage {
  /// The run.
  let context: RunContext
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRecord) throws -> Void

  /// Trains.
  ///
  /// - Throws: `BatchError` when interrupted; whatever `record` throws.
  func run(_ divided: Divided, itemCount: Int) throws -> Trained {
    let split = divided.split
    let k = context.job.evaluation.k
    let candidates = Candidates.drawn(
      context.job.evaluation.sampled, users: split.testUsers, outside: divided.beforeTest,
      itemCount: itemCount, seed: context.seed &+ 1, pool: context.pool)
    var options = context.job.training
    options.seed = context.seed
    var epochs: [EpochRecord] = []
    let start = context.clock()
    let run = TrainingRun(
      positives: split.training,
      weights: context.job.source.events == nil ? [] : split.trainingWeights,
      userCount: split.training.userCount, itemCount: itemCount, options: options,
      pool: context.pool, clock: context.clock,
      validate: { scorer in
        let ranks = HoldoutRanks.sampled(
          scorer, holdout: split.validation, candidates: candidates, pool: context.pool)
        return (
          hr: ranks.estimate(.hr, k: k)?.value ?? 0, ndcg: ranks.estimate(.ndcg, k: k)?.value ?? 0
        )
      },
      report: { event in
        try context.interruption.check()
        switch event {
        case .epoch(let epoch):
          epochs.append(epoch)
          try record(epoch)
          context.observer.observe(.epoch(epoch))
        case .progress(let phase, let epoch, let total, let fraction, let rate):
          context.observer.observe(
            .progress(
              .train, what: "\(phase) epoch \(epoch) of \(total)", fraction: fraction,
              done: Int((context.clock() - start) * rate), perSecond: rate, unit: "samples"))
        }
      })
    let model = try run.train(context.job.model).model
    return Trained(model: model, epochs: epochs, validationCandidates: candidates)
  }
}

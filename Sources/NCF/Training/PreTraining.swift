package import Interactions
package import Parallelism

/// What trains on what, and who watches: the parts of a training that every phase shares.
package struct TrainingRun {
  /// Each user's training positives.
  package let positives: UserItems
  /// The weight of each positive's loss, in their order; empty for 1.
  package let weights: [Float]
  /// How many users get an embedding.
  package let userCount: Int
  /// How many items get an embedding.
  package let itemCount: Int
  /// The settings.
  package let options: TrainingOptions
  /// The threads.
  package let pool: WorkerPool
  /// Seconds on a clock that never goes back.
  package let clock: () -> Double
  /// Judges a model on the validation items.
  package let validate: (NeuralScorer) throws -> (hr: Double, ndcg: Double)
  /// Hears of epochs and progress; throws to stop.
  package let report: (TrainingEvent) throws -> Void

  /// Names the parts.
  package init(
    positives: UserItems, weights: [Float] = [], userCount: Int, itemCount: Int,
    options: TrainingOptions, pool: WorkerPool, clock: @escaping () -> Double,
    validate: @escaping (NeuralScorer) throws -> (hr: Double, ndcg: Double),
    report: @escaping (TrainingEvent) throws -> Void
  ) {
    self.positives = positives
    self.weights = weights
    self.userCount = userCount
    self.itemCount = itemCount
    self.options = options
    self.pool = pool
    self.clock = clock
    self.validate = validate
    self.report = report
  }

  /// Trains a model of a shape, with pre-training where the shape has two parts and it is asked for.
  ///
  /// GMF and MLP are trained each by itself, joined with alpha [13], and the joint model is trained
  /// further. Of every phase the epoch with the best validation NDCG is kept, the fused start
  /// included.
  ///
  /// - Parameter spec: must have no `problem`.
  /// - Returns: the model of the best epoch.
  /// - Throws: `TrainingError` when a loss is not finite; what `validate` and `report` throw.
  package func train(_ spec: ModelSpec) throws -> Model {
    guard options.pretrain, spec.gmfWidth > 0, !spec.tower.isEmpty else {
      return try phase(.neumf, from: fresh(spec), options.pretraining, isFused: false)
    }
    let gmf = try phase(.gmf, from: fresh(spec.gmfOnly), options.pretraining, isFused: false)
    let mlp = try phase(.mlp, from: fresh(spec.mlpOnly), options.pretraining, isFused: false)
    let fused = Model(fusing: gmf, mlp, alpha: options.alpha)
    return try phase(.neumf, from: fused, options.joint, isFused: true)
  }

  private func fresh(_ spec: ModelSpec) -> Model {
    Model(spec: spec, userCount: userCount, itemCount: itemCount, seed: options.seed)
  }

  /// Trains until the epochs or the patience run out; gives the best epoch's model.
  private func phase(
    _ phase: Phase, from start: Model, _ settings: PhaseOptions, isFused: Bool
  ) throws -> Model {
    let place = UInt64(Phase.allCases.firstIndex(of: phase) ?? 0)
    let trainer = Trainer(
      start, positives: positives, weights: weights, negatives: options.negatives,
      batch: options.batch, phase: settings,
      seed: mixed(options.seed &+ place), pool: pool)
    var best = start
    var bestNDCG = -Double.infinity
    if isFused {
      let figures = try validate(NeuralScorer(start, pool: pool))
      bestNDCG = figures.ndcg
      try report(
        .epoch(
          EpochRecord(
            phase: phase, epoch: 0, loss: .nan, hr: figures.hr, ndcg: figures.ndcg, seconds: 0,
            samplesPerSecond: 0, isBest: true)))
    }
    var sinceBest = 0
    for epoch in stride(from: 1, through: settings.epochs, by: 1) {
      let (model, record) = try run(
        epoch, of: settings.epochs, phase, trainer, bestNDCG: bestNDCG)
      try report(.epoch(record))
      if record.isBest {
        best = model
        bestNDCG = record.ndcg
        sinceBest = 0
      } else {
        sinceBest += 1
        if sinceBest >= settings.patience { break }
      }
    }
    return best
  }

  /// Trains one epoch and validates it.
  private func run(
    _ epoch: Int, of epochs: Int, _ phase: Phase, _ trainer: Trainer, bestNDCG: Double
  ) throws -> (Model, EpochRecord) {
    let began = clock()
    let total = Double(positives.count * (options.negatives + 1))
    let figures = try trainer.run(epoch: epoch) { fraction in
      let seconds = max(clock() - began, 1e-9)
      try report(
        .progress(
          phase: phase, epoch: epoch, epochs: epochs, fraction: fraction,
          samplesPerSecond: fraction * total / seconds))
    }
    let seconds = clock() - began
    let model = trainer.model
    guard figures.loss.isFinite, model.isFinite else {
      throw TrainingError(phase: phase, epoch: epoch)
    }
    let validation = try validate(NeuralScorer(model, pool: pool))
    let record = EpochRecord(
      phase: phase, epoch: epoch, loss: figures.loss, hr: validation.hr, ndcg: validation.ndcg,
      seconds: seconds, samplesPerSecond: Double(figures.samples) / max(seconds, 1e-9),
      isBest: validation.ndcg > bestNDCG)
    return (model, record)
  }
}

/// Trains a model: `TrainingRun` in one call.
///
/// - Parameters:
///   - positives: each user's training positives.
///   - userCount: how many users get an embedding.
///   - itemCount: how many items get an embedding.
///   - spec: the shape.
///   - options: the settings.
///   - pool: the threads.
///   - clock: seconds on a clock that never goes back.
///   - validate: judges a model on the validation items.
///   - report: hears of epochs and progress; throws to stop.
/// - Returns: the model of the best epoch.
/// - Throws: `TrainingError`, and what `validate` and `report` throw.
package func train(
  positives: UserItems, userCount: Int, itemCount: Int, spec: ModelSpec, options: TrainingOptions,
  pool: WorkerPool, clock: () -> Double,
  validate: (NeuralScorer) throws -> (hr: Double, ndcg: Double),
  report: (TrainingEvent) throws -> Void
) throws -> Model {
  try withoutActuallyEscaping(clock) { clock in
    try withoutActuallyEscaping(validate) { validate in
      try withoutActuallyEscaping(report) { report in
        try TrainingRun(
          positives: positives, userCount: userCount, itemCount: itemCount, options: options,
          pool: pool, clock: clock, validate: validate, report: report
        ).train(spec)
      }
    }
  }
}

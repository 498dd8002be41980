package import Interactions
package import Parallelism

/// A trained model and how long it took to get there.
package struct TrainedModel: Sendable {
  /// The best epoch's parameters.
  package let model: Model
  /// Which epoch was kept of each phase; 0 is the fused start.
  package let epochs: [Phase: Int]

  /// Names the parts.
  package init(model: Model, epochs: [Phase: Int]) {
    self.model = model
    self.epochs = epochs
  }
}

/// What trains on what, and who watches: the parts of a training that every phase shares.
package struct TrainingRun {
  /// Each user's training positives.
  package let positives: UserItems
  /// The weight of each positive's loss, in their order; empty for 1.
  package let weights: [Float]
  /// What users have spoken against; nil when nobody has.
  package let known: KnownNegatives?
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
  /// Where the GMF part starts when `options.pretrain` is `factors`.
  package let factors: MatrixFactors?
  /// Parts that other models with these positives have in common with this one; nil for none.
  package let parts: TrainedParts?
  /// What is never drawn as a negative, when the positives are some of what is known; nil: they are all.
  package let rejected: UserItems?
  /// Content features of all users and items; nil for none.
  package let features: ContentFeatures?

  /// Names the parts.
  package init(
    positives: UserItems, weights: [Float] = [], known: KnownNegatives? = nil, userCount: Int,
    itemCount: Int,
    options: TrainingOptions, pool: WorkerPool, clock: @escaping () -> Double,
    validate: @escaping (NeuralScorer) throws -> (hr: Double, ndcg: Double),
    report: @escaping (TrainingEvent) throws -> Void, factors: MatrixFactors? = nil,
    parts: TrainedParts? = nil, rejected: UserItems? = nil, features: ContentFeatures? = nil
  ) {
    self.positives = positives
    self.weights = weights
    self.known = known
    self.userCount = userCount
    self.itemCount = itemCount
    self.options = options
    self.pool = pool
    self.clock = clock
    self.validate = validate
    self.report = report
    self.factors = factors
    self.parts = parts
    self.rejected = rejected
    self.features = features
  }

  /// Trains a model of a shape, with pre-training where it is asked for.
  ///
  /// For `parts`, where the shape has two, GMF and MLP are trained each by itself; for `factors` the
  /// GMF is the factorisation, with its scale fitted, and the MLP, if there is one, is trained. They
  /// are joined with alpha [13], and the joint model is trained further. Of every phase the epoch with
  /// the best validation NDCG is kept, the fused start included.
  ///
  /// - Parameter spec: must have no `problem`, nor the options with it.
  /// - Returns: the model of the best epoch, and which epochs were kept.
  /// - Throws: `TrainingError` when a loss is not finite; what `validate` and `report` throw.
  package func train(_ spec: ModelSpec) throws -> TrainedModel { try course(spec, fixed: nil) }

  /// Trains for a known number of epochs in each phase, without looking at validation items.
  ///
  /// With the positives of a run that held some out and the held-out ones added, this is the refit:
  /// same seeds, same schedule. It reports progress, not epochs.
  ///
  /// - Parameters:
  ///   - spec: must have no `problem`, nor the options with it.
  ///   - epochs: how many for each phase, as `TrainedModel.epochs` has them; a phase that is missing
  ///     is not trained.
  /// - Returns: the model after the last epoch.
  /// - Throws: `TrainingError` when a loss is not finite; what `report` throws.
  package func refit(_ spec: ModelSpec, epochs: [Phase: Int]) throws -> Model {
    try course(spec, fixed: epochs).model
  }

  /// Trains a model further, for a fixed number of epochs; the last one is kept.
  ///
  /// No epoch is chosen on validation: what was trained on has been learnt, and the next night relies
  /// on that.
  ///
  /// - Parameters:
  ///   - model: where training starts; of this run's users and items.
  ///   - phase: what the epochs are called.
  ///   - settings: optimiser, rate and epochs; patience is not looked at.
  ///   - isValidated: whether each epoch, and the start as epoch 0, is judged.
  /// - Returns: the model after the last epoch.
  /// - Throws: `TrainingError` when a loss is not finite; what `validate` and `report` throw.
  package func goOn(
    from model: Model, _ phase: Phase, _ settings: PhaseOptions, isValidated: Bool
  ) throws -> Model {
    func judged(_ model: Model) throws -> (hr: Double, ndcg: Double) {
      isValidated ? try validate(NeuralScorer(model, pool: pool)) : (hr: .nan, ndcg: .nan)
    }
    func tell(_ epoch: Int, _ model: Model, loss: Double, seconds: Double, samples: Int) throws {
      let (hr, ndcg) = try judged(model)
      try report(
        .epoch(
          EpochRecord(
            phase: phase, epoch: epoch, loss: loss, hr: hr, ndcg: ndcg, seconds: seconds,
            samples: samples, samplesPerSecond: Double(samples) / max(seconds, 1e-9),
            isBest: false)))
    }
    if isValidated { try tell(0, model, loss: .nan, seconds: 0, samples: 0) }
    if positives.count == 0 { return model }
    let trainer = trainer(phase, from: model, settings)
    for epoch in stride(from: 1, through: settings.epochs, by: 1) {
      let (figures, seconds) = try trained(epoch, of: settings.epochs, phase, trainer)
      let model = trainer.model
      guard model.isFinite else { throw TrainingError(phase: phase, epoch: epoch) }
      try tell(
        epoch, model, loss: figures.loss, seconds: seconds, samples: figures.samples)
    }
    return trainer.model
  }

  private func course(_ spec: ModelSpec, fixed: [Phase: Int]?) throws -> TrainedModel {
    precondition(
      options.problem(with: spec) == nil, options.problem(with: spec) ?? "options can't be used")
    var chosen: [Phase: Int] = [:]
    func trained(
      _ phase: Phase, _ start: Model, _ settings: PhaseOptions, isFused: Bool = false
    ) throws -> Model {
      let part = try part(
        phase, from: start, settings, epochs: fixed.map { $0[phase] ?? 0 }, isFused: isFused)
      if fixed == nil { chosen[phase] = part.epoch }
      return part.model
    }
    var start: Model
    switch options.pretrain {
    case .parts where spec.gmfWidth > 0 && !spec.tower.isEmpty:
      start = try trained(.gmf, fresh(spec.gmfOnly), options.pretraining)
    case .factors:
      guard let factors else { preconditionFailure("no factors to start from") }
      start = Model(
        fitting: factors, spec: spec.gmfOnly, positives: positives, options: options)
      if let features { start = start.fitting(features) }
    default:
      let model = try trained(.neumf, fresh(spec), options.pretraining)
      return TrainedModel(model: model, epochs: chosen)
    }
    if !spec.tower.isEmpty {
      let mlp = try trained(.mlp, fresh(spec.mlpOnly), options.pretraining)
      start = Model(fusing: start, mlp, alpha: options.alpha)
    }
    let model = try trained(.neumf, start, options.joint, isFused: true)
    return TrainedModel(model: model, epochs: chosen)
  }

  private func fresh(_ spec: ModelSpec) -> Model {
    if let features {
      return Model(spec: spec, features: features, positives: positives, seed: options.seed)
    }
    return Model(spec: spec, userCount: userCount, itemCount: itemCount, seed: options.seed)
  }

  /// Trains a phase, unless it is of a single part and known already.
  private func part(
    _ phase: Phase, from start: Model, _ settings: PhaseOptions, epochs: Int?, isFused: Bool
  ) throws -> TrainedParts.Part {
    func train() throws -> TrainedParts.Part {
      let began = clock()
      if let epochs {
        let model = try run(phase, from: start, settings, epochs: epochs, isFused: isFused)
        return TrainedParts.Part(
          model: model, epoch: epochs, records: [], seconds: clock() - began)
      }
      return try self.phase(phase, from: start, settings, isFused: isFused)
    }
    guard let parts, !isFused, start.layout.spec.isSinglePart else { return try train() }
    var isKnown = true
    let part = try parts.part(start.layout.spec, options, epochs: epochs) {
      isKnown = false
      return try train()
    }
    if isKnown {
      for record in part.records { try report(.epoch(record.told(of: phase))) }
    }
    return part
  }

  private func trainer(_ phase: Phase, from start: Model, _ settings: PhaseOptions) -> Trainer {
    // A part by itself draws what it draws as pre-training.
    let place = UInt64(Phase.allCases.firstIndex(of: start.layout.spec.ownPhase) ?? 0)
    return Trainer(
      start, positives: positives, weights: weights, known: known, rejected: rejected,
      features: features, options: options,
      phase: settings, seed: mixed(options.seed &+ place), pool: pool)
  }

  /// Trains until the epochs or the patience run out; gives the best epoch's model and its number.
  private func phase(
    _ phase: Phase, from start: Model, _ settings: PhaseOptions, isFused: Bool
  ) throws -> TrainedParts.Part {
    let began = clock()
    var records: [EpochRecord] = []
    func tell(_ record: EpochRecord) throws {
      records.append(record)
      try report(.epoch(record))
    }
    let trainer = trainer(phase, from: start, settings)
    var best = (model: start, epoch: 0, ndcg: -Double.infinity)
    if isFused {
      let figures = try validate(NeuralScorer(start, pool: pool))
      best.ndcg = figures.ndcg
      try tell(
        EpochRecord(
          phase: phase, epoch: 0, loss: .nan, hr: figures.hr, ndcg: figures.ndcg, seconds: 0,
          samples: 0, samplesPerSecond: 0, isBest: true))
    }
    var mean = isFused && options.averaging > 0 ? start : nil
    for epoch in stride(from: 1, through: settings.epochs, by: 1) {
      let (model, record) = try validated(
        epoch, of: settings.epochs, phase, trainer, mean: &mean, bestNDCG: best.ndcg)
      try tell(record)
      if record.isBest {
        best = (model, epoch, record.ndcg)
      } else if epoch - best.epoch >= settings.patience {
        break
      }
    }
    return TrainedParts.Part(
      model: best.model, epoch: best.epoch, records: records, seconds: clock() - began)
  }

  /// Trains a number of epochs, unseen.
  private func run(
    _ phase: Phase, from start: Model, _ settings: PhaseOptions, epochs: Int, isFused: Bool
  ) throws -> Model {
    if epochs == 0 { return start }
    let trainer = trainer(phase, from: start, settings)
    var mean = isFused && options.averaging > 0 ? start : nil
    for epoch in 1...epochs {
      _ = try trained(epoch, of: epochs, phase, trainer)
      average(trainer, into: &mean)
    }
    return mean ?? trainer.model
  }

  /// Takes an epoch's weights into the running mean, if there is to be one.
  private func average(_ trainer: Trainer, into mean: inout Model?) {
    if options.averaging == 0 { return }
    let model = trainer.model
    mean = mean.map { $0.averaged(with: model, keeping: options.averaging) } ?? model
  }

  /// Trains one epoch; gives its figures and seconds.
  private func trained(
    _ epoch: Int, of epochs: Int, _ phase: Phase, _ trainer: Trainer
  ) throws -> (figures: Trainer.EpochFigures, seconds: Double) {
    let began = clock()
    let total = Double(positives.count * (options.negatives + 1))
    let figures = try trainer.run(epoch: epoch) { fraction in
      let seconds = max(clock() - began, 1e-9)
      try report(
        .progress(
          phase: phase, epoch: epoch, epochs: epochs, fraction: fraction,
          samplesPerSecond: fraction * total / seconds))
    }
    guard figures.loss.isFinite else { throw TrainingError(phase: phase, epoch: epoch) }
    return (figures, clock() - began)
  }

  /// Trains one epoch and validates it, or the running mean with it.
  private func validated(
    _ epoch: Int, of epochs: Int, _ phase: Phase, _ trainer: Trainer, mean: inout Model?,
    bestNDCG: Double
  ) throws -> (Model, EpochRecord) {
    let (figures, seconds) = try trained(epoch, of: epochs, phase, trainer)
    average(trainer, into: &mean)
    let model = mean ?? trainer.model
    guard model.isFinite else { throw TrainingError(phase: phase, epoch: epoch) }
    let validation = try validate(NeuralScorer(model, pool: pool))
    let record = EpochRecord(
      phase: phase, epoch: epoch, loss: figures.loss, hr: validation.hr, ndcg: validation.ndcg,
      seconds: seconds, samples: figures.samples,
      samplesPerSecond: Double(figures.samples) / max(seconds, 1e-9),
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
        ).train(spec).model
      }
    }
  }
}

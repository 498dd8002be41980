import Baselines
import Interactions
import NCF
import Ranking

/// Judges scorers on the validation items by the sampled protocol.
struct Validation {
  /// The run.
  let context: RunContext
  /// Each user's validation item, -1 for users without.
  let holdout: [Int32]
  /// What it is ranked among, drawn once.
  let candidates: UserItems

  /// Hit ratio and NDCG at `evaluate.k`.
  func figures(_ scorer: some Scorer) -> (hr: Double, ndcg: Double) {
    let k = context.job.evaluation.k
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: holdout, candidates: candidates, pool: context.pool)
    return (
      hr: ranks.estimate(.hr, k: k)?.value ?? 0, ndcg: ranks.estimate(.ndcg, k: k)?.value ?? 0
    )
  }
}

/// One training from end to end: the one that validation judges, or the refit after it.
struct TrainingCourse {
  /// Epochs that were chosen on validation, for a refit to repeat.
  struct Chosen {
    /// Of the network's phases.
    var network: [Phase: Int] = [:]
    /// Of the plain matrix factorisation that the GMF part starts from.
    var factors: [Phase: Int] = [:]
  }

  /// The run.
  let context: RunContext
  /// What is learnt from.
  let positives: Positives
  /// What users have spoken against; baselines take it as an item like any other.
  let known: KnownNegatives?
  /// The size of the catalogue.
  let itemCount: Int
  /// Judges, by items that are not among `positives`, unless this is a refit; nil judges nothing.
  let validation: Validation?
  /// What is never drawn as a negative, when the positives are some of what is known.
  var rejected: UserItems?
  /// Content features of the users and items, for a network; nil for none.
  var features: ContentFeatures?
  /// What a baseline's iterations are called; nil: by its own name.
  var phaseName: String?
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRow) throws -> Void

  private var job: Job { context.job }
  private var userCount: Int { positives.items.userCount }

  /// Trains what the job's method says.
  ///
  /// - Parameter chosen: how many epochs each phase gets in a refit; filled in otherwise.
  /// - Returns: the network of the best epochs, or the baseline.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; what `record` throws.
  func run(_ chosen: inout Chosen) throws -> PublishedModel {
    job.method == .ncf ? .network(try network(&chosen)) : try baseline(job.method)
  }

  // MARK: - Networks

  private func network(_ chosen: inout Chosen) throws -> Model {
    let factors = job.training.pretrain == .factors ? try startingFactors(&chosen) : nil
    return try train(
      job.model, job.training, factors: factors, phase: nil, epochs: &chosen.network)
  }

  /// The factorisation that the GMF part starts from.
  private func startingFactors(_ chosen: inout Chosen) throws -> MatrixFactors {
    switch job.initial.method {
    case .ials: return try ials(job.initial.ials)
    case .bpr: return try bpr(job.initial.bpr)
    case .mf:
      let (spec, options) = job.plain
      let model = try train(
        spec, options, factors: nil, phase: job.initial.method.rawValue, epochs: &chosen.factors)
      return try MatrixFactors(plain: model)
    }
  }

  /// Trains a network, or repeats its chosen epochs.
  private func train(
    _ spec: ModelSpec, _ options: TrainingOptions, factors: MatrixFactors?, phase: String?,
    epochs: inout [Phase: Int]
  ) throws -> Model {
    let run = training(options, factors: factors, phase: phase, isRepeated: positives.isRefit)
    if positives.isRefit { return try run.refit(spec, epochs: epochs) }
    let trained = try run.train(spec)
    epochs = trained.epochs
    return trained.model
  }

  /// Trains a network further, for as many epochs as the job says.
  ///
  /// - Parameters:
  ///   - model: where it starts; of the users and items of `positives`.
  ///   - phase: what the epochs are called.
  /// - Returns: the model after the last epoch.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; what `record` throws.
  func goOn(from model: Model, _ phase: Phase) throws -> Model {
    try training(job.training, factors: nil, phase: nil, isRepeated: false)
      .goOn(from: model, phase, job.nightly.phase, isValidated: validation != nil)
  }

  /// A training of a network on the positives, told of and recorded.
  private func training(
    _ options: TrainingOptions, factors: MatrixFactors?, phase: String?, isRepeated: Bool
  ) -> TrainingRun {
    var options = options
    options.seed = context.seed
    let start = context.clock()
    var began = start
    return TrainingRun(
      positives: positives.items, weights: positives.weights, known: known, userCount: userCount,
      itemCount: itemCount, options: options, pool: context.pool, clock: context.clock,
      validate: { validation?.figures($0) ?? (hr: .nan, ndcg: .nan) },
      report: { event in
        try context.interruption.check()
        switch event {
        case .epoch(let epoch):
          try write(EpochRow(epoch, phase: phase, isRefit: positives.isRefit))
        case .progress(let name, let epoch, let total, let fraction, let rate):
          let name = phase ?? name.rawValue
          let done = (Double(epoch - 1) + fraction) / Double(max(1, total))
          context.observer.observe(
            .progress(
              .train, what: "\(title(name)) epoch \(epoch) of \(total)",
              fraction: done, done: Int((context.clock() - start) * rate), perSecond: rate,
              unit: "samples"))
          // A refit has no epochs to tell of but these.
          if isRepeated, fraction >= 1 {
            let now = context.clock()
            try write(
              EpochRow(
                repeated: name, epoch: epoch, seconds: now - began,
                samples: positives.items.count * (options.negatives + 1), samplesPerSecond: rate))
            began = now
          }
        }
      }, factors: factors, rejected: rejected, features: features)
  }

  // MARK: - Baselines

  /// Trains a baseline once more, under another name than its own, without being judged.
  ///
  /// - Parameter phase: what its iterations are called.
  /// - Returns: the baseline.
  /// - Throws: `BatchError` when interrupted; what `record` throws.
  func again(phase: String) throws -> PublishedModel {
    var course = self
    course.phaseName = phase
    return try course.baseline(job.method)
  }

  private func baseline(_ method: Job.Method) throws -> PublishedModel {
    let options = job.baselines
    let factors: MatrixFactors
    switch method {
    case .ncf: throw BatchError(.software, "a network is no baseline")
    case .itempop: factors = try popularity()
    case .bpr: factors = try bpr(options.bpr)
    case .eals: factors = try eals(options.eals)
    case .ials: factors = try ials(options.ials)
    case .itemknn:
      return .neighbours(
        try iterations("itemknn", 1) { report in
          let model = ItemKNN(
            positives: positives.items, weights: positives.weights, itemCount: itemCount,
            options: options.itemknn, pool: context.pool)
          try report(1)
          return model
        } judging: {
          $0
        })
    }
    return .network(Model(factors: factors))
  }

  private func ials(_ options: ALSOptions) throws -> MatrixFactors {
    var options = options
    options.seed = context.seed
    return try factorization("ials", options.iterations) {
      try ImplicitALS.train(
        positives: positives.items, weights: positives.weights, itemCount: itemCount,
        options: options, pool: context.pool, report: $0)
    }
  }

  private func bpr(_ options: BPROptions) throws -> MatrixFactors {
    var options = options
    options.seed = context.seed
    return try factorization("bpr", options.iterations) {
      try BPRFactorization.train(
        positives: positives.items, weights: positives.weights, itemCount: itemCount,
        options: options, pool: context.pool, report: $0)
    }
  }

  private func eals(_ options: EALSOptions) throws -> MatrixFactors {
    var options = options
    options.seed = context.seed
    return try factorization("eals", options.iterations) {
      try ElementwiseALS.train(
        positives: positives.items, weights: positives.weights, itemCount: itemCount,
        options: options, pool: context.pool, report: $0)
    }
  }

  /// What most users have, as a factorisation of width 1: everyone's 1 against an item's count.
  private func popularity() throws -> MatrixFactors {
    try factorization("itempop", 1) { report in
      let counts = ItemPop(positives: positives.items, itemCount: itemCount).counts
      try report(1)
      return MatrixFactors(
        width: 1, userCount: userCount, itemCount: itemCount,
        users: [Float](repeating: 1, count: userCount), items: counts.map { Float($0) })
    }
  }

  private func factorization(
    _ name: String, _ count: Int,
    _ body: ((_ iteration: Int) throws -> Void) throws -> MatrixFactors
  ) throws -> MatrixFactors {
    try iterations(name, count, body) { NeuralScorer(Model(factors: $0), pool: context.pool) }
  }

  /// Runs a baseline; records each iteration, and with the last one how good the result is.
  private func iterations<Result>(
    _ name: String, _ count: Int,
    _ body: ((_ iteration: Int) throws -> Void) throws -> Result,
    judging scorer: (Result) -> some Scorer
  ) throws -> Result {
    let start = context.clock()
    var began = start
    var last = (iteration: 0, seconds: 0.0)
    func row(_ quality: (hr: Double, ndcg: Double)?) -> EpochRow {
      EpochRow(
        baseline: phaseName ?? name, iteration: last.iteration, seconds: last.seconds,
        interactions: positives.items.count, quality: quality, isRefit: positives.isRefit)
    }
    let result = try body { iteration in
      let seconds = context.clock() - began
      try context.interruption.check()
      if last.iteration > 0 { try record(row(nil)) }
      last = (iteration, seconds)
      context.progress(
        .train, "\(title(name)), \(count) iterations", done: iteration, of: count, since: start,
        unit: "iterations")
      began = context.clock()
    }
    try write(row(positives.isRefit ? nil : validation?.figures(scorer(result))))
    return result
  }

  private func title(_ name: String) -> String { name + (positives.isRefit ? " again" : "") }

  private func write(_ row: EpochRow) throws {
    try record(row)
    context.observer.observe(.epoch(row))
  }
}

extension MatrixFactors {
  /// The factors of plain MF: a network without a tower whose outputs are 1.
  ///
  /// - Throws: `CheckpointError` when it has none.
  init(plain model: Model) throws {
    let file = SafeTensors(tensors: model.tensors, metadata: [:])
    self.init(
      width: model.spec.gmfWidth, userCount: model.userCount, itemCount: model.itemCount,
      users: try file.tensor("user.gmf", .f32).floats,
      items: try file.tensor("item.gmf", .f32).floats)
  }
}

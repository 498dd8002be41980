import Interactions
import Parallelism

/// One phase of a training: epoch after epoch, until they or the patience run out.
struct PhaseCourse {
  /// What is done with its epochs.
  struct Rules {
    /// How many epochs at most.
    var epochs: Int
    /// After how many epochs without a better validation NDCG it ends, the best one being kept; nil
    /// trains all epochs and keeps the last.
    var patience: Int?
    /// Whether each epoch is judged on the validation items.
    var isValidated = false
    /// Whether the start is, as epoch 0.
    var judgesStart = false
    /// By how much, relatively, an epoch must be better than a judged start to take its place.
    var leastGain = 0.0
    /// Whether a mean over epochs is kept instead, where the options ask for one.
    var averages = false
    /// Whether that mean begins with the start.
    var averagesStart = false
    /// Whether its epochs are those of an earlier training.
    var isRepeated = false

    /// Trains so many epochs, unseen.
    init(epochs: Int) { self.epochs = epochs }
  }

  /// What the phase belongs to.
  let run: TrainingRun
  /// What its epochs are called.
  let phase: Phase
  /// Optimiser and rate.
  let settings: PhaseOptions
  /// What is done with its epochs.
  let rules: Rules

  /// Trains, or goes on where an earlier process stood, or gives what that one had finished.
  ///
  /// - Parameter start: gives the model that training starts from; not asked for when it is known what
  ///   became of it.
  /// - Returns: the best epoch's model or the last one's, and its number.
  /// - Throws: `TrainingError`; `CheckpointError` when what is known is of another training; what `start`
  ///   and the observer throw.
  func train(from start: () throws -> Model) throws -> TrainedParts.Part {
    let step = phase.rawValue
    if let known = run.chapter?.finished(step) {
      return TrainedParts.Part(model: known.model, epoch: known.epoch, records: [], seconds: 0)
    }
    let began = run.clock()
    var records: [EpochRecord] = []
    var state: Standing
    if let kept = run.chapter?.takeState(of: step) {
      state = Standing(
        kept, trainer: run.trainer(from: kept.blank(features: run.features), settings))
      try state.trainer?.restore(kept.trainer)
    } else {
      state = try begin(start(), &records)
      run.chapter?.begin(step)
    }
    if let trainer = state.trainer {
      while state.epoch <= rules.epochs, !isOutOfPatience(state) {
        try trainEpoch(trainer, &state, &records)
      }
    }
    let best = state.best ?? PhaseState.Best(lastModel(of: state), epoch: state.epoch - 1)
    let (model, epoch) = (best.model, best.epoch)
    try run.chapter?.finish(step, model, epoch: epoch, run.observer)
    return TrainedParts.Part(
      model: model, epoch: epoch, records: records, seconds: run.clock() - began)
  }

  /// Where the phase stands.
  private struct Standing {
    /// nil when there is nothing to train.
    var trainer: Trainer?
    /// The epoch at hand.
    var epoch = 1
    /// Seconds that it has taken in earlier processes.
    var seconds = 0.0
    /// The best model so far, where the best is kept.
    var best: PhaseState.Best?
    /// The mean over epochs, where there is to be one; without a trainer, the start.
    var mean: Model?

    init(_ trainer: Trainer?, best: PhaseState.Best?, mean: Model?) {
      (self.trainer, self.best, self.mean) = (trainer, best, mean)
    }

    init(_ kept: PhaseState, trainer: Trainer) {
      self.init(trainer, best: kept.best, mean: kept.mean)
      epoch = kept.trainer.epoch
      seconds = kept.seconds
    }
  }

  private func isOutOfPatience(_ state: Standing) -> Bool {
    guard let patience = rules.patience, let best = state.best else { return false }
    let last = state.epoch - 1
    return last > best.epoch && last - best.epoch >= patience
  }

  private func lastModel(of state: Standing) -> Model {
    guard let model = state.mean ?? state.trainer?.model else {
      preconditionFailure("a phase that trains nothing keeps its start")
    }
    return model
  }

  /// Judges the start, if that is asked for, and makes ready to train.
  private func begin(_ start: Model, _ records: inout [EpochRecord]) throws -> Standing {
    var best = rules.patience == nil ? nil : PhaseState.Best(start)
    if rules.judgesStart {
      let figures = try run.observer.validate(NeuralScorer(start, pool: run.pool))
      best?.ndcg = figures.ndcg
      try tell(
        EpochRecord(
          phase.rawValue, 0, figures, seconds: 0, samples: 0, isBest: rules.patience != nil,
          isRefit: run.isRefit),
        &records)
    }
    guard rules.epochs > 0 else { return Standing(nil, best: best, mean: start) }
    let mean = rules.averages && rules.averagesStart && run.options.averaging > 0 ? start : nil
    return Standing(run.trainer(from: start, settings), best: best, mean: mean)
  }

  /// Trains an epoch, judges it, tells of it.
  private func trainEpoch(
    _ trainer: Trainer, _ state: inout Standing, _ records: inout [EpochRecord]
  ) throws {
    let epoch = state.epoch
    let (figures, seconds) = try trained(trainer, state)
    // A model is a copy: only where somebody looks at it.
    var model: Model?
    if rules.averages, run.options.averaging > 0 {
      let own = trainer.model
      model = state.mean.map { $0.averaged(with: own, keeping: run.options.averaging) } ?? own
      state.mean = model
    } else if !rules.isRepeated {
      model = trainer.model
    }
    if let model, !model.isFinite { throw TrainingError(phase: phase, epoch: epoch) }
    var judged = (hr: Double.nan, ndcg: Double.nan)
    if rules.isValidated, let model {
      judged = try run.observer.validate(NeuralScorer(model, pool: run.pool))
    }
    let isBest =
      state.best.map { judged.ndcg > $0.ndcg * ($0.epoch == 0 ? 1 + rules.leastGain : 1) } ?? false
    try tell(
      EpochRecord(
        phase.rawValue, epoch, loss: figures.loss, judged, seconds: seconds,
        samples: figures.samples, isBest: isBest, isRefit: run.isRefit), &records)
    if isBest, let model {
      state.best = PhaseState.Best(model, epoch: epoch, ndcg: judged.ndcg)
    }
    state.epoch += 1
    state.seconds = 0
  }

  /// Trains what is left of the epoch at hand; gives its figures and seconds.
  private func trained(
    _ trainer: Trainer, _ state: Standing
  ) throws -> (figures: Trainer.EpochFigures, seconds: Double) {
    let began = run.clock() - state.seconds
    let total = Double(run.positives.count * run.options.groupSize)
    let figures = try trainer.run(epoch: state.epoch) { fraction in
      let seconds = run.clock() - began
      try run.chapter?.offer(phase.rawValue, to: run.observer) {
        trainer.state.map {
          PhaseState(
            trainer: $0, spec: trainer.spec, userCount: run.userCount, itemCount: run.itemCount,
            seconds: seconds, best: state.best, mean: state.mean)
        }
      }
      try run.observer.progressed(
        StepProgress(
          step: phase.rawValue, epoch: state.epoch, epochs: rules.epochs, fraction: fraction,
          samplesPerSecond: fraction * total / max(seconds, 1e-9)))
    }
    guard figures.loss.isFinite else { throw TrainingError(phase: phase, epoch: state.epoch) }
    return (figures, run.clock() - began)
  }

  private func tell(_ record: EpochRecord, _ records: inout [EpochRecord]) throws {
    records.append(record)
    try run.observer.epochEnded(record)
  }
}

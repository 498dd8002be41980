import Interactions
import Settings

/// A trained model and how long it took to get there.
package struct TrainedModel: Sendable {
  /// The best epoch's parameters.
  package let model: Model
  /// Which epoch was kept of each phase; 0 is the fused start.
  package let epochs: [Phase: Int]
}

/// The order of the phases.
extension TrainingRun {
  /// Trains a model of a shape, with pre-training where it is asked for.
  ///
  /// For `parts`, where the shape has two, GMF and MLP are trained each by itself; for `factors` the
  /// GMF is the factorisation, with its scale fitted, and the MLP, if there is one, is trained. They
  /// are joined with alpha [13], and the joint model is trained further. Of every phase the epoch with
  /// the best validation NDCG is kept, the fused start included. Where alpha is nil, so is the share.
  ///
  /// - Parameter spec: must have no `problem`, nor the options with it.
  /// - Returns: the model of the best epoch, and which epochs were kept.
  /// - Throws: `TrainingError` when a loss is not finite; `CheckpointError` when what the journal brought
  ///   is of another training; what the observer and `factors` throw.
  package func train(_ spec: ModelSpec) throws -> TrainedModel { try course(spec, fixed: nil) }

  /// Trains for a known number of epochs in each phase, without looking at validation items.
  ///
  /// With the positives of a run that held some out and the held-out ones added, this is the refit:
  /// same seeds, same schedule.
  ///
  /// - Parameters:
  ///   - spec: must have no `problem`, nor the options with it.
  ///   - epochs: how many for each phase, as `TrainedModel.epochs` has them; a phase that is missing
  ///     is not trained.
  /// - Returns: the model after the last epoch.
  /// - Throws: as `train` does.
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
  /// - Throws: as `train` does.
  package func goOn(
    from model: Model, _ phase: Phase, _ settings: PhaseOptions, isValidated: Bool
  ) throws -> Model {
    var rules = PhaseCourse.Rules(epochs: positives.count == 0 ? 0 : settings.epochs)
    rules.isValidated = isValidated
    rules.judgesStart = isValidated
    return try PhaseCourse(run: self, phase: phase, settings: settings, rules: rules)
      .train { model }.model
  }

  private func course(_ spec: ModelSpec, fixed: [Phase: Int]?) throws -> TrainedModel {
    let problem = options.problems(with: spec).first
    precondition(problem == nil, problem?.description ?? "")
    var chosen: [Phase: Int] = [:]
    func trained(
      _ phase: Phase, _ spec: ModelSpec, _ settings: PhaseOptions, isFused: Bool = false,
      from start: () throws -> Model
    ) throws -> Model {
      let part = try part(
        phase, spec, settings, epochs: fixed.map { $0[phase] ?? 0 }, isFused: isFused, start)
      if fixed == nil { chosen[phase] = part.epoch }
      return part.model
    }
    func mlp() throws -> Model {
      try trained(.mlp, spec.mlpOnly, options.pretraining) { fresh(spec.mlpOnly) }
    }
    func joined(_ parts: () throws -> (gmf: Model, mlp: Model)) throws -> Model {
      let (model, tower) = try join(fixed: fixed, parts)
      if fixed == nil { chosen[.join] = tower }
      return model
    }
    let model: Model
    switch options.pretrain {
    case .parts where spec.gmfWidth > 0 && !spec.tower.isEmpty:
      model = try trained(.neumf, spec, options.joint, isFused: true) {
        try joined {
          (try trained(.gmf, spec.gmfOnly, options.pretraining) { fresh(spec.gmfOnly) }, try mlp())
        }
      }
    case .factors:
      model = try trained(.neumf, spec, options.joint, isFused: true) {
        if spec.tower.isEmpty { return try fitted(spec.gmfOnly) }
        return try joined { (try fitted(spec.gmfOnly), try mlp()) }
      }
    default:
      model = try trained(.neumf, spec, options.pretraining) { fresh(spec) }
    }
    // What was done before a training that is gone on from.
    if fixed == nil, let chapter {
      chosen.merge(chapter.epochs) { own, _ in own }
    }
    return TrainedModel(model: model, epochs: chosen)
  }

  private func fresh(_ spec: ModelSpec) -> Model {
    if let features {
      return Model(spec: spec, features: features, positives: positives, seed: options.seed)
    }
    return Model(spec: spec, userCount: userCount, itemCount: itemCount, seed: options.seed)
  }

  /// A GMF that ranks as the factors do.
  private func fitted(_ spec: ModelSpec) throws -> Model {
    let step = TrainingJournal.factors
    if let known = chapter?.finished(step) { return known.model }
    guard let factors else { preconditionFailure("no factors to start from") }
    var model = Model(
      fitting: try factors(), spec: spec, positives: positives, options: options)
    if let features { model = model.fitting(features) }
    try chapter?.finish(step, model, epoch: 0, observer)
    return model
  }

  /// Trains a phase, unless it is of a single part and known already.
  private func part(
    _ phase: Phase, _ spec: ModelSpec, _ settings: PhaseOptions, epochs: Int?, isFused: Bool,
    _ start: () throws -> Model
  ) throws -> TrainedParts.Part {
    var rules = PhaseCourse.Rules(epochs: epochs ?? settings.epochs)
    rules.averages = true
    rules.averagesStart = isFused
    if epochs == nil {
      rules.isValidated = true
      rules.judgesStart = isFused
      // A share that is given is trained as the paper trains.
      if isFused, options.alpha == nil { rules.leastGain = Self.leastGainOfEpoch }
      rules.patience = settings.patience
    } else {
      rules.isRepeated = true
    }
    let course = PhaseCourse(run: self, phase: phase, settings: settings, rules: rules)
    guard let parts, !isFused, spec.isSinglePart else { return try course.train(from: start) }
    var isKnown = true
    let part = try parts.part(spec, options, epochs: epochs) {
      isKnown = false
      return try course.train(from: start)
    }
    if isKnown {
      for var record in part.records {
        record.phase = phase.rawValue
        try observer.epochEnded(record)
      }
    }
    return part
  }
}

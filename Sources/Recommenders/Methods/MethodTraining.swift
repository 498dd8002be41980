package import Baselines
package import Interactions
import Jobs
package import NCF
package import Parallelism

/// Trains any method on one log; the nightly run and the experiments train here.
package struct MethodTraining {
  /// What is learnt from.
  package struct Data {
    /// The training interactions.
    package let log: TrainingLog
    /// Interactions that users have spoken against; networks alone learn from them.
    package let known: KnownNegatives?
    /// Content features of the users and items; networks alone learn them.
    package let features: ContentFeatures?
    /// What is never drawn as a negative, where the log is some of what is known; nil: the log.
    package let rejected: UserItems?
    /// Whether the validation interactions are in the log.
    package let isRefit: Bool

    /// Creates a value from its parts.
    package init(
      _ log: TrainingLog, known: KnownNegatives? = nil, features: ContentFeatures? = nil,
      rejected: UserItems? = nil, isRefit: Bool = false
    ) {
      (self.log, self.known, self.features) = (log, known, features)
      (self.rejected, self.isRefit) = (rejected, isRefit)
    }
  }

  /// A trained model, and the epoch that was kept of each phase.
  package struct Trained {
    /// The model.
    package let model: FittedModel
    /// For the phases of a network; 0 is the start of the phase.
    package let epochs: [Phase: Int]
  }

  /// What is learnt from.
  package let data: Data
  /// The threads.
  package let pool: WorkerPool
  /// Seconds on a clock that never goes back.
  package let clock: @Sendable () -> Double
  /// Follows the training.
  package let observer: any MethodObserver
  /// The steps of a network's training that an earlier process had done; nil for none.
  package var chapter: TrainingJournal.Chapter?
  /// What the iterations of a baseline are called; nil: by its own name.
  package var phaseName: String?
  /// Factorisations that other trainings have made; nil for none.
  package var factorizations: FactorizationCache?
  /// Parts of networks that other trainings have made; nil for none.
  package var parts: TrainedParts?

  /// A training; further properties may be set.
  package init(
    _ data: Data, pool: WorkerPool, clock: @escaping @Sendable () -> Double,
    observer: any MethodObserver
  ) {
    (self.data, self.pool, self.clock, self.observer) = (data, pool, clock, observer)
  }

  /// Trains a method; validation chooses the epochs of a network.
  ///
  /// - Returns: the network of the best epochs, or the baseline.
  /// - Throws: `TrainingError`; `BatchError` where a baseline can't work on the log; `CheckpointError`
  ///   where the checkpoint is of another training; what the observer throws.
  package func train(_ method: Method) throws -> Trained {
    switch method {
    case .baseline(let setup): return Trained(model: try fit(setup), epochs: [:])
    case .network(let network):
      let trained = try run(network).train(network.spec)
      return Trained(model: .network(trained.model), epochs: trained.epochs)
    }
  }

  /// Trains a method again for known epochs, on a log with the validation interactions.
  ///
  /// - Parameters:
  ///   - method: with the same settings.
  ///   - epochs: those that `train` gave.
  ///   - earlier: what a baseline's validation has chosen; nil for none.
  /// - Returns: the model after the last epoch.
  /// - Throws: as `train` does.
  package func refit(
    _ method: Method, epochs: [Phase: Int], earlier: FitGuide.Earlier? = nil
  ) throws -> FittedModel {
    switch method {
    case .baseline(let setup): try fit(setup, earlier)
    case .network(let network):
      .network(try run(network).refit(network.spec, epochs: epochs))
    }
  }

  /// Trains a network further for all epochs of some settings; the last one is kept.
  ///
  /// - Parameters:
  ///   - network: its shape and options.
  ///   - start: where training starts; of the log's users and items.
  ///   - phase: what the epochs are called.
  ///   - settings: optimiser, rate and epochs.
  ///   - isValidated: whether each epoch, and the start as epoch 0, is judged.
  /// - Returns: the model after the last epoch.
  /// - Throws: as `train` does.
  package func goOn(
    _ network: Method.Network, from start: Model, _ phase: Phase, _ settings: PhaseOptions,
    isValidated: Bool
  ) throws -> Model {
    try run(network).goOn(from: start, phase, settings, isValidated: isValidated)
  }

  /// The training of a network.
  private func run(_ network: Method.Network) -> TrainingRun {
    TrainingRun(
      positives: data.log.positives, weights: data.log.weights, known: data.known,
      userCount: data.log.positives.userCount, itemCount: data.log.itemCount,
      options: network.options, pool: pool, clock: clock, observer: observer,
      isRefit: data.isRefit,
      factors: network.start.isEmpty ? nil : { try factors(of: network.start) },
      parts: parts, rejected: data.rejected, features: data.features, chapter: chapter)
  }

  /// The factorisations that a network starts from, as one.
  private func factors(of start: [BaselineSetup]) throws -> MatrixFactors {
    MatrixFactors(
      summing: try start.map { setup in
        guard case .factors(let factors) = try fitted(setup, nil, setup.baseline.rawValue) else {
          preconditionFailure("\(setup.baseline.title) is no factorisation")
        }
        return factors
      })
  }

  // MARK: - Baselines

  /// Fits a baseline, unless it is kept and another training has fitted the same.
  private func fit(
    _ setup: BaselineSetup, _ earlier: FitGuide.Earlier? = nil
  ) throws -> FittedModel {
    .baseline(try fitted(setup, earlier, phaseName ?? setup.baseline.rawValue))
  }

  /// The same, with the name of its passes.
  private func fitted(
    _ setup: BaselineSetup, _ earlier: FitGuide.Earlier?, _ name: String
  ) throws -> FittedBaseline {
    guard let factorizations, earlier == nil, setup.options.isKept else {
      return try observed(setup, earlier, name)
    }
    return try factorizations.fitted(setup, count: data.log.positives.count, clock: clock) {
      try observed(setup, nil, name)
    }
  }

  /// Fits a baseline; tells of each pass, and with the last one how good the result is.
  private func observed(
    _ setup: BaselineSetup, _ earlier: FitGuide.Earlier?, _ name: String
  ) throws -> FittedBaseline {
    let step = setup.baseline.rawValue
    var began = clock()
    var (judged, best): ((hr: Double, ndcg: Double)?, Double) = (nil, -1)
    var last = (pass: 0, seconds: 0.0, quality: judged)
    func record(_ phase: String) -> EpochRecord {
      let isBest = last.quality.map { $0.ndcg > best } ?? false
      best = max(best, last.quality?.ndcg ?? -1)
      return EpochRecord(
        phase, last.pass, last.quality, seconds: last.seconds, samples: data.log.positives.count,
        isBest: isBest, isRefit: data.isRefit)
    }
    let guide = FitGuide(
      earlier: earlier,
      judge: { fitted in
        let start = clock()
        judged = try observer.validate(fitted)
        began += clock() - start
        return judged?.ndcg
      },
      part: { options in
        let part = BaselineSetup(options)
        let own = part.baseline.rawValue
        return try self.fitted(part, earlier, phaseName.map { "\($0)_\(own)" } ?? own)
      })
    do {
      let fitted = try setup.options.fit(data.log, pool: pool, guide: guide) { pass in
        let seconds = clock() - began
        try observer.progressed(
          StepProgress(step: step, epoch: pass, epochs: setup.options.passes))
        if last.pass > 0 { try observer.epochEnded(record(name)) }
        (last, judged) = ((pass, seconds, judged), nil)
        began = clock()
      }
      if last.pass > 0 || setup.baseline != .history {
        if last.quality == nil { last.quality = try observer.judge(.baseline(fitted)) }
        try observer.epochEnded(record(name))
      } else if case .history(let history) = fitted, judged != nil {
        // The choice of the share, in percent, is a phase of its own.
        let quality = try observer.judge(.baseline(fitted))
        last = (Int((100 * history.share).rounded()), clock() - began, quality)
        try observer.epochEnded(record("share"))
      }
      return fitted
    } catch let error as FactorizationError {
      throw BatchError(error)
    }
  }
}

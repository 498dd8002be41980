import Baselines
import Interactions
package import NCF
package import Parallelism
import Ranking
import Recommenders

/// What a trial tells while it goes on.
package enum TrialEvent: Sendable {
  /// It is at work; comes every few milliseconds. Of the trial's `cost` so much is `done`, which takes
  /// so many `seconds` where nothing is known before.
  case working(what: String, done: Double, seconds: Double)
  /// An epoch is over and validated.
  case epoch(EpochRecord)
}

/// Runs trials on a log: trains, chooses on validation, and looks at the test items once.
package final class TrialRunner {
  /// The log.
  package let data: ExperimentData
  private let pool: WorkerPool
  private let clock: @Sendable () -> Double
  /// Hears how a trial comes along; what it throws ends the trial.
  package var report: (TrialEvent) throws -> Void
  /// The last division, and factorisations that more than one trial may start from.
  private var divided: (seed: UInt64, data: DividedData)?
  private var parts = TrainedParts()
  private let factorizations = FactorizationCache()
  private var progress = Progress(began: 0)

  /// A runner.
  ///
  /// - Parameters:
  ///   - data: the log.
  ///   - pool: the threads.
  ///   - clock: seconds that never go back.
  ///   - report: hears how a trial comes along; what it throws ends the trial.
  package init(
    data: ExperimentData, pool: WorkerPool, clock: @escaping @Sendable () -> Double,
    report: @escaping (TrialEvent) throws -> Void = { _ in }
  ) {
    (self.data, self.pool, self.clock, self.report) = (data, pool, clock, report)
  }

  /// How far the trial at hand is.
  private struct Progress {
    /// When it began.
    var began: Double
    /// The cost of the steps behind it.
    var behind = 0.0
    /// The cost of the step at hand: one method's training, or the refit.
    var step = 0.0
    /// How much of that is done.
    var share = 0.0

    var done: Double { behind + step * share }

    /// Begins another step, with all of the one before behind it.
    mutating func begin(step cost: Double) {
      (behind, step, share) = (behind + step, cost, 0)
    }
  }

  /// A trained method: its scorer, the epochs that were kept, and every epoch.
  private struct Fitted {
    var scorer: any Scorer
    var epochs: [Phase: Int]
    var curve: [EpochRecord]
  }

  /// Runs a trial.
  ///
  /// - Returns: the same figures with any number of threads; seconds differ.
  /// - Throws: `TrainingError` when a loss is not finite; what `report` throws.
  package func run(_ trial: Trial) throws -> TrialResult {
    let divided = division(seed: trial.seed)
    var result = TrialResult()
    var best: Fitted?
    progress = Progress(began: clock())
    parts.beginModel()
    factorizations.beginTrial()
    var failure: TrainingError?
    for (place, method) in trial.methods.enumerated() {
      progress.begin(step: method.cost)
      let fitted: Fitted
      do {
        fitted = try fit(method.seeded(trial.seed), divided)
        progress.share = 1
      } catch let error as TrainingError {
        // A setting that diverges is one that validation would not choose.
        failure = error
        continue
      }
      let figures = try validation(fitted.scorer, divided)
      if best == nil || figures.ndcg > result.validation.ndcg {
        (best, result.chosen, result.validation) = (fitted, place, figures)
      }
    }
    guard var kept = best else {
      if let failure { throw failure }
      return result
    }
    result.curve = kept.curve
    result.epochs = Dictionary(
      uniqueKeysWithValues: kept.epochs.map { ($0.key.rawValue, $0.value) })
    if trial.isRefitted {
      let chosen = trial.methods[result.chosen]
      progress.begin(step: Trial.refitShare * chosen.cost)
      kept.scorer = try refit(chosen.seeded(trial.seed), kept.epochs, divided)
      progress.share = 1
    }
    result.seconds = secondsSpent
    guard trial.purpose == .test else { return result }
    let sampled = HoldoutRanks.sampled(
      kept.scorer, holdout: divided.sampledTest, candidates: divided.testCandidates, pool: pool)
    result.sampled = PackedRanks(sampled)
    result.full = PackedRanks(try full(kept.scorer, divided))
    return result
  }

  /// Seconds of the trial at hand, with those of what was known before.
  private var secondsSpent: Double {
    clock() - progress.began + parts.secondsSaved + factorizations.secondsSaved
  }

  /// Tells what the trial at hand is at.
  private func tell(_ what: String) throws {
    try report(.working(what: what, done: progress.done, seconds: secondsSpent))
  }

  private func division(seed: UInt64) -> DividedData {
    if let divided, divided.seed == seed { return divided.data }
    let fresh = DividedData(data, seed: seed, pool: pool)
    divided = (seed, fresh)
    parts = TrainedParts()
    return fresh
  }

  // MARK: - Training

  private func fit(_ method: Method, _ divided: DividedData) throws -> Fitted {
    let observer = TrialObserver(self, method, divided)
    let trained = try training(divided, isRefit: false, observer).train(method)
    return Fitted(
      scorer: trained.model.scorer(pool: pool), epochs: trained.epochs, curve: observer.curve)
  }

  private func refit(
    _ method: Method, _ epochs: [Phase: Int], _ divided: DividedData
  ) throws -> any Scorer {
    let observer = TrialObserver(self, method, divided)
    return try training(divided, isRefit: true, observer).refit(method, epochs: epochs)
      .scorer(pool: pool)
  }

  private func training(
    _ divided: DividedData, isRefit: Bool, _ observer: TrialObserver
  ) throws -> MethodTraining {
    try tell(observer.method.label)
    let log = TrainingLog(
      positives: isRefit ? divided.beforeTest : divided.split.training,
      weights: isRefit ? divided.beforeTestWeights : divided.trainingWeights,
      itemCount: data.table.itemCount)
    var training = MethodTraining(
      MethodTraining.Data(
        log, known: data.known, features: data.features, isRefit: isRefit),
      pool: pool, clock: clock, observer: observer)
    training.factorizations = factorizations
    training.parts = parts
    return training
  }

  /// Follows the training of one method of a trial.
  private final class TrialObserver: MethodObserver {
    let method: Method
    private let runner: TrialRunner
    private let divided: DividedData
    /// The epochs of a network that were judged.
    private(set) var curve: [EpochRecord] = []

    init(_ runner: TrialRunner, _ method: Method, _ divided: DividedData) {
      (self.runner, self.method, self.divided) = (runner, method, divided)
    }

    func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double) {
      let figures = try runner.validation(scorer, divided)
      return (figures.hr, figures.ndcg)
    }

    /// The runner judges the method when it is trained.
    func judge(_ baseline: FittedModel) -> (hr: Double, ndcg: Double)? { nil }

    func epochEnded(_ epoch: EpochRecord) throws {
      guard Phase(rawValue: epoch.phase) != nil, !epoch.isRefit else { return }
      curve.append(epoch)
      try runner.report(.epoch(epoch))
    }

    func progressed(_ progress: StepProgress) throws {
      switch method {
      case .baseline: runner.progress.share = progress.share
      case .network(let network): runner.progress.share = network.shareDone(progress)
      }
      let what =
        Baseline(rawValue: progress.step).map { "\($0.title) iteration \(progress.epoch)" }
        ?? "\(method.label) \(progress.step) \(progress.epoch) of \(progress.epochs)"
      try runner.tell(what)
    }
  }

  // MARK: - Judging

  private func validation(
    _ scorer: any Scorer, _ divided: DividedData
  ) throws -> TrialResult.Figures {
    try tell("validation")
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: divided.split.validation, candidates: divided.validationCandidates,
      pool: pool)
    return TrialResult.Figures(
      hr: ranks.estimate(.hr, k: data.k)?.value ?? 0,
      ndcg: ranks.estimate(.ndcg, k: data.k)?.value ?? 0)
  }

  /// Ranks over the whole catalogue, with looks at whether to stop about once a second.
  private func full(_ scorer: any Scorer, _ divided: DividedData) throws -> HoldoutRanks {
    try HoldoutRanks.full(
      scorer, holdout: divided.split.test, leavingOut: divided.beforeTest, pool: pool
    ) { try tell("whole catalogue") }
  }
}

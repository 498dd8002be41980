import Baselines
import Interactions
import NCF
package import Parallelism
import Ranking

/// What a trial tells while it goes on.
package enum TrialEvent: Sendable {
  /// It is at work; comes every few milliseconds. Of the trial's `cost` so much is `done`, which takes
  /// so many `seconds` where nothing is known before.
  case working(what: String, done: Double, seconds: Double)
  /// An epoch is over and validated.
  case epoch(TrialResult.Epoch)
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
  private let solutions = Solutions()
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

  /// A trained model as ranking sees it, and how it came about.
  private struct Fitted {
    var scorer: any Scorer
    var epochs: [Phase: Int] = [:]
    var curve: [TrialResult.Epoch] = []
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
    solutions.beginTrial()
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
    clock() - progress.began + parts.secondsSaved + solutions.secondsSaved
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
    if case .neural(let neural) = method {
      var curve: [TrialResult.Epoch] = []
      let run = try training(neural, divided, isRefit: false) { curve.append($0) }
      let trained = try run.train(neural.spec)
      return Fitted(
        scorer: NeuralScorer(trained.model, pool: pool), epochs: trained.epochs, curve: curve)
    }
    return Fitted(scorer: try baseline(method, divided.split.training, divided.trainingWeights))
  }

  private func refit(
    _ method: Method, _ epochs: [Phase: Int], _ divided: DividedData
  ) throws -> any Scorer {
    guard case .neural(let neural) = method else {
      return try baseline(method, divided.beforeTest, divided.beforeTestWeights)
    }
    let run = try training(neural, divided, isRefit: true) { _ in }
    return NeuralScorer(try run.refit(neural.spec, epochs: epochs), pool: pool)
  }

  private func training(
    _ neural: Method.Neural, _ divided: DividedData, isRefit: Bool,
    _ keep: @escaping (TrialResult.Epoch) -> Void
  ) throws -> TrainingRun {
    let positives = isRefit ? divided.beforeTest : divided.split.training
    let weights = isRefit ? divided.beforeTestWeights : divided.trainingWeights
    let label = neural.label
    return TrainingRun(
      positives: positives, weights: weights, known: data.known,
      userCount: data.table.userCount, itemCount: data.table.itemCount, options: neural.options,
      pool: pool, clock: clock,
      validate: { scorer in
        let figures = try self.validation(scorer, divided)
        return (hr: figures.hr, ndcg: figures.ndcg)
      },
      report: { event in
        switch event {
        case .epoch(let record):
          let epoch = TrialResult.Epoch(record)
          keep(epoch)
          try self.report(.epoch(epoch))
        case .repeated: break
        case .progress(let phase, let epoch, let epochs, let fraction, _):
          let share = (Double(epoch - 1) + fraction) / Double(max(1, epochs))
          self.progress.share = neural.shareDone(phase, share)
          try self.tell("\(label) \(phase.rawValue) \(epoch) of \(epochs)")
        }
      },
      factors: neural.start.map { start in
        {
          // Of the shares that the factorisations have in the network's cost, one after the other.
          var done = 0.0
          let factors = try start.methods.map { method in
            let share = method.cost / neural.cost
            defer { done += share }
            return try self.solve(method, positives, weights, from: done, share: share)
          }
          return MatrixFactors(summing: factors)
        }
      }, parts: parts, features: data.features)
  }

  private func baseline(
    _ method: Method, _ positives: UserItems, _ weights: [Float]
  ) throws -> any Scorer {
    try tell(method.label)
    switch method {
    case .itemPop: return ItemPop(positives: positives, itemCount: data.table.itemCount)
    case .itemKNN(let options):
      return ItemKNN(
        positives: positives, weights: weights, itemCount: data.table.itemCount, options: options,
        pool: pool)
    case .mf, .bpr, .eals, .ials, .ease, .neural: return try solve(method, positives, weights)
    }
  }

  /// Factorises, if that was not done before; only for the methods that do.
  ///
  /// `share` of the step at hand, from `done` on, is this factorisation.
  private func solve(
    _ method: Method, _ positives: UserItems, _ weights: [Float], from done: Double = 0,
    share: Double = 1
  ) throws -> MatrixFactors {
    guard let options = method.factorization else {
      preconditionFailure("\(method.label) is no factorisation")
    }
    return try solutions.factors(
      of: method, count: positives.count, seed: divided?.seed ?? 0, clock: clock
    ) {
      try options.factorize(
        positives, weights: weights, itemCount: data.table.itemCount, pool: pool
      ) { iteration in
        progress.share = done + share * Double(iteration) / Double(options.iterations)
        try tell("\(method.label) iteration \(iteration)")
      }
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
    let test = divided.split.test
    let slice = max(64, 60_000_000 / max(data.table.itemCount, 1) / 64 * 64)
    var ranks = [Int32](repeating: -1, count: test.count)
    for first in stride(from: 0, to: test.count, by: slice) {
      try tell("whole catalogue")
      let users = first..<min(first + slice, test.count)
      var holdout = [Int32](repeating: -1, count: test.count)
      holdout.replaceSubrange(users, with: test[users])
      let some = HoldoutRanks.full(
        scorer, holdout: holdout, leavingOut: divided.beforeTest, pool: pool)
      ranks.replaceSubrange(users, with: some.ranks[users])
    }
    return HoldoutRanks(ranks: ranks)
  }
}

extension TrialResult.Epoch {
  /// What training tells of an epoch.
  init(_ record: EpochRecord) {
    self.init(
      phase: record.phase, epoch: record.epoch,
      loss: record.loss.isFinite ? record.loss : nil, hr: record.hr, ndcg: record.ndcg,
      seconds: record.seconds)
  }
}

import Interactions
import Lanes
package import Parallelism
package import Settings

/// Settings of a history block, and of the factorisation beside it.
package struct HistoryOptions: Sendable, Equatable, Codable {
  /// Numbers in an item's vectors and in each state, rounded up to a multiple of 8.
  package var width: Int
  /// How many decayed sums there are.
  package var states: Int
  /// Outputs of the hidden layer, rounded up to a multiple of 8; 0 without one.
  package var hidden: Int
  /// The share of the states' numbers that is left out of a step.
  package var dropout: Float
  /// Positions of a user that gradients go back over.
  package var length: Int
  /// Negatives that a batch shares.
  package var negatives: Int
  /// Positions of a batch at most, in a large log.
  package var batch: Int
  /// Adam's rate.
  package var learningRate: Float
  /// How often every target is met; 0 where validation chooses.
  package var epochs: Int
  /// iALS beside the block; with 0 factors there is none.
  package var ials: ALSOptions
  /// What everything drawn at random follows from.
  package var seed: UInt64 {
    didSet { ials.seed = seed }
  }

  /// The most epochs where validation chooses.
  package static let mostEpochs = 45
  /// Epochs where nothing can be validated.
  static let plainEpochs = 20
  /// Epochs without a better one that end a training.
  static let patience = 5
  /// Spreads of the factorisation that are tried where that of the block is 1.
  static let shares: [Float] = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5]
  /// The one where nothing can be validated.
  static let plainShare: Float = 0.5

  /// Names the settings.
  package init(
    width: Int = 64, states: Int = 3, hidden: Int = 0, dropout: Float = 0.2, length: Int = 200,
    negatives: Int = 256, batch: Int = 7_000, learningRate: Float = 0.002, epochs: Int = 0,
    ials: ALSOptions = ALSOptions(), seed: UInt64 = 1
  ) {
    (self.width, self.states, self.hidden, self.dropout) = (width, states, hidden, dropout)
    (self.length, self.negatives, self.batch) = (length, negatives, batch)
    (self.learningRate, self.epochs, self.ials, self.seed) = (learningRate, epochs, ials, seed)
    self.ials.seed = seed
  }

  /// The sizes.
  package var shape: HistoryShape {
    HistoryShape(width: padded(width), states: states, hidden: padded(hidden))
  }

  /// The same without a factorisation beside the block.
  package var alone: HistoryOptions {
    var alone = self
    alone.ials = ALSOptions(factors: 0, seed: seed)
    return alone
  }
}

extension HistoryOptions: BaselineOptions {
  /// Its numbers.
  package static var settings: [Setting<HistoryOptions>] {
    [
      Setting("width", \.width, .from(1, to: 1_024)), Setting("states", \.states, .from(1, to: 16)),
      Setting("hidden", \.hidden, .from(0, to: 1_024)),
      Setting("dropout", \.dropout, .from(0, to: 0.9)),
      Setting("length", \.length, .from(1, to: 10_000)),
      Setting("epochs", \.epochs, .from(0, to: 1_000)),
      Setting("ials_factors", \.ials.factors, .from(0, to: 3_000)),
      Setting("ials_regularization", \.ials.regularization, .aboveZero),
      Setting("ials_alpha", \.ials.alpha, .aboveZero),
      Setting("ials_iterations", \.ials.iterations, .from(1, to: 100_000)),
    ]
  }

  /// Its name in tables.
  package static var title: String { "History" }

  /// Epochs at most.
  package var passes: Int {
    get { epochs == 0 ? Self.mostEpochs : epochs }
    set { epochs = newValue }
  }

  /// The block's vectors and those of the factorisation, with the biases of items.
  package var form: BaselineForm { .factors(width: shape.width + ials.factors + 2) }

  /// The block alone is a part of the block beside a factorisation.
  package var isKept: Bool { ials.factors == 0 }

  /// Learns without validation.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    try fit(log, pool: pool, guide: FitGuide(), report: report)
  }

  /// Learns; validation chooses the epochs, and the share of the factorisation.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, guide: FitGuide, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    if ials.factors == 0 {
      return .history(try fitAlone(log, pool: pool, guide: guide, report: report))
    }
    let part =
      guide.part ?? { try $0.fit(log, pool: pool, guide: guide, report: { _ in }) }
    guard case .history(let own) = try part(alone), case .factors(let beside) = try part(ials)
    else { preconditionFailure("a part of another form") }
    func joined(_ share: Float) -> FittedHistory {
      FittedHistory(
        block: own.block, epochs: own.epochs, own: own.factors, beside: beside, share: share)
    }
    if let earlier = guide.earlier { return .history(joined(earlier.fitted.share)) }
    var best: (ndcg: Double, fitted: FittedHistory)?
    for share in Self.shares {
      let fitted = joined(share)
      guard let ndcg = try guide.judge(.history(fitted)) else { break }
      if best.map({ ndcg > $0.ndcg }) ?? true { best = (ndcg, fitted) }
    }
    return .history(best?.fitted ?? joined(Self.plainShare))
  }

  /// Learns the block.
  private func fitAlone(
    _ log: TrainingLog, pool: WorkerPool, guide: FitGuide, report: (_ pass: Int) throws -> Void
  ) throws -> FittedHistory {
    let sequences = try HistorySequences(log, repeats: false)
    guard log.itemCount >= 2 else {
      throw FactorizationError(
        description: "the history block tells items apart, and the catalogue has one",
        advice: "choose model: itempop, or read more events")
    }
    var most = epochs == 0 ? Self.plainEpochs : epochs
    switch guide.earlier {
    case .moved(let fitted):
      return FittedHistory(
        block: fitted.block, epochs: fitted.epochs, own: fitted.block.factors(sequences, pool: pool)
      )
    case .repeated(let fitted): most = fitted.epochs
    case nil: break
    }
    let trainer = HistoryTrainer(
      sequences, itemCount: log.itemCount, options: self, pool: pool)
    if guide.earlier == nil, epochs == 0,
      let best = try chosen(trainer, sequences, pool: pool, guide: guide, report: report)
    {
      return best
    }
    for pass in stride(from: trainer.epochs + 1, through: most, by: 1) {
      _ = trainer.epoch { _ in }
      try report(pass)
    }
    return FittedHistory(
      block: trainer.block, epochs: trainer.epochs,
      own: trainer.block.factors(sequences, pool: pool))
  }

  /// Trains for as long as validation finds better epochs.
  ///
  /// - Returns: the best epoch; nil, after the first, where nothing can be judged.
  private func chosen(
    _ trainer: HistoryTrainer, _ sequences: HistorySequences, pool: WorkerPool, guide: FitGuide,
    report: (_ pass: Int) throws -> Void
  ) throws -> FittedHistory? {
    var best: (ndcg: Double, fitted: FittedHistory)?
    for pass in 1...Self.mostEpochs {
      _ = trainer.epoch { _ in }
      let block = trainer.block
      let fitted = FittedHistory(
        block: block, epochs: pass, own: block.factors(sequences, pool: pool))
      let ndcg = try guide.judge(.history(fitted))
      try report(pass)
      guard let ndcg else { return nil }
      if best.map({ ndcg > $0.ndcg }) ?? true { best = (ndcg, fitted) }
      if pass - (best?.fitted.epochs ?? 0) >= Self.patience { break }
    }
    return best?.fitted
  }

  /// The products of a position in an epoch, forward and back.
  private var work: Double {
    let maps = shape.stateWidth * (shape.width + shape.hidden) + shape.hidden * shape.width
    return Double(3 * (maps + 2 * negatives * shape.outputWidth + 8 * shape.stateWidth))
  }

  /// The products of all epochs, and the work of the factorisation.
  package func work(on log: TrainingLog) -> Double {
    Double(passes * log.positives.count) * work + (ials.factors > 0 ? ials.work(on: log) : 0)
  }

  /// The products of all epochs, and the cost of the factorisation.
  package var cost: Double { Double(passes) * work + (ials.factors > 0 ? ials.cost : 0) }

  /// Tables with moments, blocks that are kept, positions, users' vectors, and what threads write.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    let (row, rows) = (shape.width + shape.outputWidth, max(HistoryBatch.tileRows, length))
    let tables = 4 * sizes.items * (5 * row + 4)
    let users = 4 * sizes.users * (2 * shape.width + ials.factors)
    let positions = 12 * sizes.interactions
    let tile = 4 * rows * (6 * shape.stateWidth + 2 * shape.hidden + negatives + 3 * row)
    let batch = batch + length
    let gradients =
      4 * batch * (row + 8)
      + 4 * (batch / HistoryBatch.tileRows + 2)
      * (shape.sharedCount + negatives * shape.outputWidth)
    let beside = ials.factors > 0 ? ials.fittingMemory(sizes, threads: threads) : 0
    return max(tables + 2 * users + positions + threads * tile + gradients, beside + users)
  }
}

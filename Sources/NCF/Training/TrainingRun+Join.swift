/// How the parts of a model become one.
extension TrainingRun {
  /// The tower's shares that are tried, in percent: the GMF alone first, the tower alone last.
  static let towerShares = [0, 2, 5, 10, 20, 35, 50, 70, 100]
  /// By how much, relatively, validation NDCG must rise for a larger share of the tower: a smaller rise is
  /// within the error of 3,000 users.
  static let leastGain = 0.02
  /// By how much a joint epoch must raise it to take the start's place.
  ///
  /// Gains of joint epochs do not outlast a refit: on MovieLens-1M one of 6 % was a loss of 2 % on test.
  static let leastGainOfEpoch = 0.1

  /// Joins a GMF and a tower, equation [13].
  ///
  /// The share of each is that of `options.alpha`. Where that is nil, shares are tried on validation, and
  /// `share(of:)` says which is taken.
  ///
  /// - Parameters:
  ///   - fixed: the epochs of an earlier training, with its share; nil where validation chooses.
  ///   - parts: gives the two models; not asked for when they are joined already.
  /// - Returns: the joint model, and the tower's share where validation has chosen it.
  /// - Throws: what `parts` and the observer throw.
  func join(
    fixed: [Phase: Int]?, _ parts: () throws -> (gmf: Model, mlp: Model)
  ) throws -> (model: Model, tower: Int?) {
    let step = Phase.join.rawValue
    if let known = chapter?.finished(step) { return (known.model, known.epoch) }
    let (gmf, mlp) = try parts()
    if let alpha = options.alpha { return (Model(fusing: gmf, mlp, alpha: alpha), nil) }
    func joined(_ tower: Int) -> Model {
      Model(fusing: gmf, mlp, alpha: 1 - Float(tower) / 100)
    }
    if let fixed { return (joined(fixed[.join] ?? 0), nil) }
    var tried: [(tower: Int, ndcg: Double)] = []
    for (place, tower) in Self.towerShares.enumerated() {
      try observer.progressed(
        StepProgress(step: step, epoch: place + 1, epochs: Self.towerShares.count, fraction: 0))
      let began = clock()
      let figures = try observer.validate(NeuralScorer(joined(tower), pool: pool))
      let isBest = tried.allSatisfy { figures.ndcg > $0.ndcg }
      tried.append((tower, figures.ndcg))
      try observer.epochEnded(
        EpochRecord(
          step, tower, figures, seconds: clock() - began, samples: 0, isBest: isBest,
          isRefit: isRefit))
    }
    let tower = Self.share(of: tried)
    let model = joined(tower)
    try chapter?.finish(step, model, epoch: tower, observer)
    return (model, tower)
  }

  /// The least share for the tower that is close to the best one, and not below either part alone.
  ///
  /// - Parameter tried: shares from 0 to 100 with their NDCG.
  /// - Returns: one of the shares; 0 where nothing was measured.
  static func share(of tried: [(tower: Int, ndcg: Double)]) -> Int {
    let best = tried.reduce(0) { max($0, $1.ndcg) }
    let parts = max(tried.first?.ndcg ?? 0, tried.last?.ndcg ?? 0)
    let least = max(best / (1 + leastGain), parts)
    return tried.first { $0.ndcg >= least }?.tower ?? 0
  }
}

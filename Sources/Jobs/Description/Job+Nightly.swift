package import NCF

extension Job {
  /// How one night goes on from another.
  package struct Nightly: Sendable, Equatable, Codable {
    /// How a night trains unless its request says otherwise; default `auto`.
    package var mode: RunRequest.Mode
    /// In `auto`, every so many nights are trained in full; 1 trains all so, default 7.
    package var fullEvery: Int
    /// In `auto`, the share of new users, or of new items, above which a night is trained in full;
    /// default 0.1.
    package var maxGrowth: Double
    /// Whether the model that lists are made with has learnt the held-out interactions too; default
    /// true.
    ///
    /// It is a copy: what is judged, stored and gone on from has not.
    package var absorbHoldout: Bool
    /// How a fine-tune, and the copy that absorbs, is trained; all of its epochs are.
    package var phase: PhaseOptions
    /// How many interactions that are known already are trained again for each new one; default 8.
    package var replay: Double
    /// Whether a run goes on from one that was stopped, unless its request says otherwise; default `auto`.
    package var resume: RunRequest.Resume
    /// How often what was learnt so far is written down, so that a stopped run can be gone on from;
    /// default 5 minutes.
    package var checkpoint: Age
    /// How long after its pull a stopped run is gone on from; default 12 hours.
    package var resumeWithin: Age

    /// Settings, each given or defaulted.
    package init(
      mode: RunRequest.Mode = .auto, fullEvery: Int = 7, maxGrowth: Double = 0.1,
      absorbHoldout: Bool = true, phase: PhaseOptions = Nightly.defaultPhase, replay: Double = 8,
      resume: RunRequest.Resume = .auto, checkpoint: Age = Age(5, .minute),
      resumeWithin: Age = Age(12, .hour)
    ) {
      self.mode = mode
      self.fullEvery = fullEvery
      self.maxGrowth = maxGrowth
      self.absorbHoldout = absorbHoldout
      self.phase = phase
      self.replay = replay
      self.resume = resume
      self.checkpoint = checkpoint
      self.resumeWithin = resumeWithin
    }

    /// Plain gradient descent, twice over what is new.
    ///
    /// Adam, whose step does not shrink with the gradient, wanders off over many nights.
    package static let defaultPhase = PhaseOptions(
      optimizer: .sgd, learningRate: 0.1, epochs: 2, patience: 1)
  }

  /// Refuses settings of `nightly` that can't work.
  ///
  /// - Throws: `BatchError` with exit code 78 for the first value that can't work.
  func validateNightly() throws(BatchError) {
    try Self.require(
      method == .ncf || nightly.mode != .finetune, "train.mode",
      "auto or full with model.method \(method.rawValue), which is always trained in full")
    try Self.require(nightly.fullEvery >= 1, "train.full_every", "a number of nights, 1 or more")
    try Self.require(
      nightly.maxGrowth >= 0 && nightly.maxGrowth.isFinite, "train.max_growth",
      "a share, 0 or more")
    let (phase, key) = (nightly.phase, "train.nightly")
    try Self.require(
      phase.learningRate > 0 && phase.learningRate.isFinite, key + ".learning_rate",
      "a number above 0")
    try Self.require(
      (1...100_000).contains(phase.epochs), key + ".epochs", "a number from 1 to 100000")
    try Self.require(
      phase.decay > 0 && phase.decay <= 1, key + ".decay", "a number above 0, at most 1")
    try Self.require(
      nightly.replay >= 0 && nightly.replay <= 1_000, key + ".replay", "a number from 0 to 1000")
  }
}

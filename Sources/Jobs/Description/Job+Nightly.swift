package import NCF

extension Job {
  /// How one night goes on from another.
  package struct Nightly: Sendable, Equatable, Codable {
    /// How a night trains unless its request says otherwise; default `auto`.
    package var mode: RunRequest.Mode = .auto
    /// In `auto`, every so many nights are trained in full; 1 trains all so, default 7.
    package var fullEvery = 7
    /// In `auto`, the share of new users, or of new items, above which a night is trained in full;
    /// default 0.1.
    package var maxGrowth = 0.1
    /// Whether the model that lists are made with has learnt the held-out interactions too; default
    /// true.
    ///
    /// It is a copy: what is judged, stored and gone on from has not.
    package var absorbHoldout = true
    /// How a fine-tune, and the copy that absorbs, is trained; all of its epochs are.
    package var phase: PhaseOptions = Nightly.defaultPhase
    /// How many interactions that are known already are trained again for each new one; default 8.
    package var replay: Double = 8
    /// Whether a run goes on from one that was stopped, unless its request says otherwise; default `auto`.
    package var resume: RunRequest.Resume = .auto
    /// How often what was learnt so far is written down, so that a stopped run can be gone on from;
    /// default 5 minutes.
    package var checkpoint = Age(5, .minute)
    /// How long after its pull a stopped run is gone on from; default 12 hours.
    package var resumeWithin = Age(12, .hour)

    /// Plain gradient descent, twice over what is new.
    ///
    /// Adam, whose step does not shrink with the gradient, wanders off over many nights.
    package static let defaultPhase = PhaseOptions(
      optimizer: .sgd, learningRate: 0.1, epochs: 2, patience: 1)
  }
}

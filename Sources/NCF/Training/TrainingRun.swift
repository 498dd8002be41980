package import Interactions
package import Parallelism

/// What trains on what, and who watches: the parts of a training that every phase shares.
package struct TrainingRun {
  /// Each user's training positives.
  package let positives: UserItems
  /// The weight of each positive's loss, in their order; empty for 1.
  package let weights: [Float]
  /// What users have spoken against; nil when nobody has.
  package let known: KnownNegatives?
  /// How many users get an embedding.
  package let userCount: Int
  /// How many items get an embedding.
  package let itemCount: Int
  /// The settings.
  package let options: TrainingOptions
  /// The threads.
  package let pool: WorkerPool
  /// Seconds on a clock that never goes back.
  package let clock: () -> Double
  /// Follows the training.
  package let observer: any TrainingObserver
  /// Whether the validation interactions are among the positives.
  package let isRefit: Bool
  /// Gives what the GMF part starts from when `options.pretrain` is `factors`.
  package let factors: (() throws -> MatrixFactors)?
  /// Parts that other models with these positives have in common with this one; nil for none.
  package let parts: TrainedParts?
  /// What is never drawn as a negative, when the positives are some of what is known; nil: they are all.
  package let rejected: UserItems?
  /// Content features of all users and items; nil for none.
  package let features: ContentFeatures?
  /// What keeps where the training stands, and knows what was done before; nil for nobody.
  package let chapter: TrainingJournal.Chapter?

  /// Creates a value from its parts.
  package init(
    positives: UserItems, weights: [Float] = [], known: KnownNegatives? = nil, userCount: Int,
    itemCount: Int, options: TrainingOptions, pool: WorkerPool, clock: @escaping () -> Double,
    observer: any TrainingObserver, isRefit: Bool = false,
    factors: (() throws -> MatrixFactors)? = nil,
    parts: TrainedParts? = nil, rejected: UserItems? = nil, features: ContentFeatures? = nil,
    chapter: TrainingJournal.Chapter? = nil
  ) {
    (self.positives, self.weights, self.known) = (positives, weights, known)
    (self.userCount, self.itemCount, self.options) = (userCount, itemCount, options)
    (self.pool, self.clock, self.observer, self.isRefit) = (pool, clock, observer, isRefit)
    (self.factors, self.parts, self.rejected) = (factors, parts, rejected)
    (self.features, self.chapter) = (features, chapter)
  }

  /// A trainer of a model by some settings.
  func trainer(from start: Model, _ settings: PhaseOptions) -> Trainer {
    // A part by itself draws what it draws as pre-training.
    let place = UInt64(Phase.allCases.firstIndex(of: start.layout.spec.ownPhase) ?? 0)
    return Trainer(
      start, positives: positives, weights: weights, known: known, rejected: rejected,
      features: features, options: options,
      phase: settings, seed: mixed(options.seed &+ place), pool: pool)
  }
}

package import Baselines
import NCF

extension Job {
  /// Plain matrix factorisation as the network's GMF part may start from it: shape and settings.
  ///
  /// Without output weights a logistic link on a dot product; what is the tower's is left out.
  var plain: (spec: ModelSpec, options: TrainingOptions) {
    var options = training
    options.pretrain = .none
    options.objective = .log
    options.l2Embeddings = initial.mf.regularization
    (options.l2Tower, options.dropout) = (0, 0)
    options.pretraining = PhaseOptions(
      optimizer: .adam, learningRate: initial.mf.learningRate, epochs: initial.mf.iterations,
      patience: max(training.pretraining.patience, 5))
    return (.matrixFactorization(width: initial.mf.factors, link: .logistic), options)
  }

  /// What `ncf.metrics` calls the job's model.
  var label: String {
    if method != .ncf { return method.rawValue }
    return model.tower.isEmpty ? "gmf" : model.gmfWidth == 0 ? "mlp" : "neumf"
  }

  /// The width of the factors that the method publishes; nil when it publishes something else.
  var width: Int? {
    switch method {
    case .ncf, .itemknn: nil
    case .itempop: 1
    case .bpr: Self.published(baselines.bpr)
    case .eals: baselines.eals.factors
    case .ials: baselines.ials.factors
    }
  }

  /// How wide the factors of BPR are once its item biases are two more of them.
  private static func published(_ options: BPROptions) -> Int { options.factors + 2 }

  /// What a job trains and publishes.
  package enum Method: String, Sendable, Equatable, Codable, CaseIterable {
    /// The network that `model` describes.
    case ncf
    /// Everyone gets what most users have.
    case itempop
    /// Cosine similarity of items.
    case itemknn
    /// Matrix factorisation for pairwise ranking.
    case bpr
    /// Element-wise alternating least squares, missing data weighted by popularity.
    case eals
    /// Alternating least squares for implicit feedback.
    case ials
  }

  /// Settings of the baselines; a job uses those of its method.
  ///
  /// Their own seeds are not used: everything drawn at random follows from the run's seed.
  package struct BaselineOptions: Sendable, Equatable, Codable {
    /// Of `itemknn`.
    package var itemknn: KNNOptions
    /// Of `bpr`.
    package var bpr: BPROptions
    /// Of `eals`.
    package var eals: EALSOptions
    /// Of `ials`.
    package var ials: ALSOptions

    /// Options, each given or defaulted.
    package init(
      itemknn: KNNOptions = KNNOptions(), bpr: BPROptions = BPROptions(),
      eals: EALSOptions = EALSOptions(), ials: ALSOptions = ALSOptions()
    ) {
      self.itemknn = itemknn
      self.bpr = bpr
      self.eals = eals
      self.ials = ials
    }
  }

  /// The matrix factorisation that the GMF part starts from when `training.pretrain` is `factors`.
  package struct Factorization: Sendable, Equatable, Codable {
    /// Which one.
    package enum Method: String, Sendable, Equatable, Codable, CaseIterable {
      /// Alternating least squares.
      case ials
      /// Matrix factorisation for pairwise ranking.
      case bpr
      /// Plain matrix factorisation [2] on the log loss, trained as networks are.
      case mf
    }

    /// Settings of `mf`.
    ///
    /// Negatives, batch and sampling are those of `training`; its best epoch on validation is kept.
    package struct Plain: Sendable, Equatable, Codable {
      /// Width of the factors, 1 or more.
      package var factors: Int
      /// Adam's step.
      package var learningRate: Float
      /// L2 on the rows that a batch touches.
      package var regularization: Float
      /// The most epochs.
      package var iterations: Int

      /// Settings, each given or defaulted.
      package init(
        factors: Int = 64, learningRate: Float = 0.002, regularization: Float = 0,
        iterations: Int = 40
      ) {
        self.factors = factors
        self.learningRate = learningRate
        self.regularization = regularization
        self.iterations = iterations
      }
    }

    /// Which one.
    package var method: Method
    /// Used when the method is `ials`.
    package var ials: ALSOptions
    /// Used when the method is `bpr`.
    package var bpr: BPROptions
    /// Used when the method is `mf`.
    package var mf: Plain

    /// A factorisation, each value given or defaulted.
    package init(
      method: Method = .ials, ials: ALSOptions = ALSOptions(), bpr: BPROptions = BPROptions(),
      mf: Plain = Plain()
    ) {
      self.method = method
      self.ials = ials
      self.bpr = bpr
      self.mf = mf
    }

    /// How wide a GMF part is that starts from them; biases take two more columns.
    package var width: Int { method == .bpr ? Job.published(bpr) : factors }

    /// How wide the chosen method's factors are.
    package var factors: Int {
      switch method {
      case .ials: ials.factors
      case .bpr: bpr.factors
      case .mf: mf.factors
      }
    }
  }
}

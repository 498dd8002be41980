package import Baselines
import NCF

extension Job {
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
    case .mf: Self.withBiases(baselines.mf.factors)
    case .bpr: Self.withBiases(baselines.bpr.factors)
    case .eals: baselines.eals.factors
    case .ials: baselines.ials.factors
    }
  }

  /// How wide factors are once biases are two more of them.
  private static func withBiases(_ factors: Int) -> Int { factors + 2 }

  /// What a job trains and publishes.
  package enum Method: String, Sendable, Equatable, Codable, CaseIterable {
    /// The network that `model` describes.
    case ncf
    /// Everyone gets what most users have.
    case itempop
    /// Cosine similarity of items.
    case itemknn
    /// Matrix factorisation on the log loss.
    case mf
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
    /// Of `mf`.
    package var mf: MFOptions
    /// Of `bpr`.
    package var bpr: BPROptions
    /// Of `eals`.
    package var eals: EALSOptions
    /// Of `ials`.
    package var ials: ALSOptions

    /// Options, each given or defaulted.
    package init(
      itemknn: KNNOptions = KNNOptions(), mf: MFOptions = MFOptions(),
      bpr: BPROptions = BPROptions(), eals: EALSOptions = EALSOptions(),
      ials: ALSOptions = ALSOptions()
    ) {
      self.itemknn = itemknn
      self.mf = mf
      self.bpr = bpr
      self.eals = eals
      self.ials = ials
    }
  }

  /// The matrix factorisations that the GMF part starts from when `training.pretrain` is `factors`.
  package struct Factorization: Sendable, Equatable, Codable {
    /// Which one.
    package enum Method: String, Sendable, Equatable, Codable, CaseIterable {
      /// Alternating least squares.
      case ials
      /// Matrix factorisation for pairwise ranking.
      case bpr
      /// Matrix factorisation on the log loss.
      case mf
    }

    /// Which ones, each once; with several the GMF's score is the sum of theirs at equal spread.
    package var methods: [Method]
    /// Used when `ials` is among them.
    package var ials: ALSOptions
    /// Used when `bpr` is among them.
    package var bpr: BPROptions
    /// Used when `mf` is among them.
    package var mf: MFOptions

    /// A factorisation, each value given or defaulted.
    package init(
      methods: [Method] = [.ials], ials: ALSOptions = ALSOptions(), bpr: BPROptions = BPROptions(),
      mf: MFOptions = MFOptions()
    ) {
      self.methods = methods
      self.ials = ials
      self.bpr = bpr
      self.mf = mf
    }

    /// How wide a GMF part is that starts from them; biases take two more columns.
    package var width: Int {
      let width = methods.reduce(0) { $0 + factors(of: $1) }
      return methods.allSatisfy { $0 == .ials } ? width : Job.withBiases(width)
    }

    /// As the configuration has them: `ials`, or `[ials, mf]`.
    package var name: String {
      let names = methods.map(\.rawValue)
      return names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
    }

    /// How wide a method's factors are.
    package func factors(of method: Method) -> Int {
      switch method {
      case .ials: ials.factors
      case .bpr: bpr.factors
      case .mf: mf.factors
      }
    }
  }
}

package import Baselines
import NCF
package import Settings

extension Job {
  /// What `ncf.metrics` calls the job's model.
  package var label: String {
    if method != .ncf { return method.rawValue }
    return model.tower.isEmpty ? "gmf" : model.gmfWidth == 0 ? "mlp" : "neumf"
  }

  /// The width of the factors that the method publishes; nil when it publishes something else.
  package var width: Int? {
    method == .itempop ? 1 : baselines.factorization(method)?.width
  }

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
    /// A linear autoencoder of items, cut to its strongest directions.
    case ease
  }

  /// Settings of the baselines; a job uses those of its method.
  ///
  /// Their own seeds are not used: everything drawn at random follows from the run's seed.
  package struct BaselineOptions: Sendable, Equatable, Codable {
    /// Of `itemknn`.
    package var itemknn = KNNOptions()
    /// Of `mf`.
    package var mf = MFOptions()
    /// Of `bpr`.
    package var bpr = BPROptions()
    /// Of `eals`.
    package var eals = EALSOptions()
    /// Of `ials`.
    package var ials = ALSOptions()
    /// Of `ease`.
    package var ease = EASEOptions()

    /// The settings of a method; nil for those without.
    package func settings(of method: Method) -> (any NumericSettings)? {
      method == .itemknn ? itemknn : factorization(method)
    }

    /// The settings of a method that factorises; nil for others.
    package func factorization(_ method: Method) -> (any FactorizationOptions)? {
      switch method {
      case .ncf, .itempop, .itemknn: nil
      case .mf: mf
      case .bpr: bpr
      case .eals: eals
      case .ials: ials
      case .ease: ease
      }
    }
  }

  /// The matrix factorisations that the GMF part starts from when `training.pretrain` is `factors`.
  package struct Factorization: Sendable, Equatable, Codable {
    /// Which one.
    package enum Method: String, Sendable, Equatable, Codable, CaseIterable {
      /// Alternating least squares.
      case ials
      /// A linear autoencoder of items.
      case ease
      /// Matrix factorisation for pairwise ranking.
      case bpr
      /// Matrix factorisation on the log loss.
      case mf
    }

    /// Which ones, each once; with several the GMF's score is the sum of theirs at equal spread.
    package var methods: [Method] = [.ials]
    /// Used when `ials` is among them.
    package var ials = ALSOptions()
    /// Used when `ease` is among them.
    package var ease = EASEOptions()
    /// Used when `bpr` is among them.
    package var bpr = BPROptions()
    /// Used when `mf` is among them.
    package var mf = MFOptions()

    /// How wide a GMF part is that starts from them; biases take two more columns.
    package var width: Int { methods.map { options(of: $0) }.width }

    /// As the configuration has them: `ials`, or `[ials, mf]`.
    package var name: String {
      let names = methods.map(\.rawValue)
      return names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
    }

    /// A method's settings.
    package func options(of method: Method) -> any FactorizationOptions {
      switch method {
      case .ials: ials
      case .ease: ease
      case .bpr: bpr
      case .mf: mf
      }
    }
  }
}

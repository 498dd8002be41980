package import Baselines
package import NCF

/// A way to learn scores, with every setting but the seed.
package enum Method: Sendable, Equatable, Codable {
  /// What most users have.
  case itemPop
  /// Neighbours of the user's items by cosine.
  case itemKNN(KNNOptions)
  /// Matrix factorisation on the log loss.
  case mf(MFOptions)
  /// Matrix factorisation by Bayesian personalised ranking.
  case bpr(BPROptions)
  /// Element-wise alternating least squares with popularity-weighted missing data.
  case eals(EALSOptions)
  /// Alternating least squares with confidence weights.
  case ials(ALSOptions)
  /// A linear autoencoder of items, cut to its strongest directions.
  case ease(EASEOptions)
  /// A model of the framework.
  case neural(Neural)

  /// A shape, how it is trained, and what its GMF branch starts from.
  package struct Neural: Sendable, Equatable, Codable {
    /// The shape.
    package var spec: ModelSpec
    /// The settings; their seed is replaced by the trial's.
    package var options: TrainingOptions
    /// The factorisation for `PreTraining.factors`.
    package var start: Start?

    /// Creates a value from its parts.
    package init(spec: ModelSpec, options: TrainingOptions, start: Start? = nil) {
      (self.spec, self.options, self.start) = (spec, options, start)
    }
  }

  /// A factorisation that a GMF branch can start from.
  package enum Start: Sendable, Equatable, Codable {
    /// Alternating least squares.
    case ials(ALSOptions)
    /// A linear autoencoder of items.
    case ease(EASEOptions)
    /// Bayesian personalised ranking.
    case bpr(BPROptions)
    /// The log loss.
    case mf(MFOptions)
    /// Several, side by side at equal spread.
    indirect case sum([Start])

    /// Their names, for a sentence.
    package var words: String {
      let labels = methods.map(\.label)
      let last = labels.last ?? ""
      return labels.count < 2 ? last : labels.dropLast().joined(separator: ", ") + " and " + last
    }
  }

  /// The name in tables.
  package var label: String {
    switch self {
    case .itemPop: "ItemPop"
    case .itemKNN: "ItemKNN"
    case .mf: "MF"
    case .bpr: "BPR"
    case .eals: "eALS"
    case .ials: "iALS"
    case .ease: "EASE"
    case .neural(let neural): neural.label
    }
  }

  /// Its settings where it factorises; nil for others.
  var factorization: (any FactorizationOptions)? {
    switch self {
    case .itemPop, .itemKNN, .neural: nil
    case .mf(let options): options
    case .bpr(let options): options
    case .eals(let options): options
    case .ials(let options): options
    case .ease(let options): options
    }
  }
}

extension Method.Neural {
  /// The name in tables.
  package var label: String {
    if spec.tower.isEmpty { return spec.outputsAreOne ? "MF" : "GMF" }
    if spec.gmfWidth == 0 { return "MLP-\(spec.tower.count - 1)" }
    return switch options.pretrain {
    case .none: "NeuMF"
    case .parts: "NeuMF, pre-trained"
    case .factors: "NeuMF from \(start?.words ?? "factors")"
    }
  }
}

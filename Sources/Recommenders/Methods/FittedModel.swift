package import Baselines
package import Interactions
package import NCF
package import Parallelism

/// What a training gives, in the form that its method learns.
package enum FittedModel: Sendable {
  /// A network.
  case network(Model)
  /// What a baseline has learnt.
  case baseline(FittedBaseline)

  /// Prepares to score.
  package func scorer(pool: WorkerPool) -> any Scorer {
    switch self {
    case .network(let model): NeuralScorer(model, pool: pool)
    case .baseline(.factors(let factors)): factors
    case .baseline(.history(let fitted)): fitted.factors
    case .baseline(.neighbours(let model)): model
    }
  }
}

extension FittedModel {
  /// The history block that was trained; nil for another method.
  package var history: FittedHistory? {
    if case .baseline(.history(let fitted)) = self { fitted } else { nil }
  }
}

extension PublishedModel {
  /// A trained model as it is stored and published: a factorisation is a network without a tower.
  package init(_ fitted: FittedModel) {
    switch fitted {
    case .network(let model): self = .network(model)
    case .baseline(.factors(let factors)): self = .network(Model(factors: factors))
    case .baseline(.history(let fitted)): self = .network(Model(factors: fitted.factors))
    case .baseline(.neighbours(let model)): self = .neighbours(model)
    }
  }
}

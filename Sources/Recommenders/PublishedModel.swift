package import Baselines
package import NCF
package import Parallelism

/// What a run trains, judges, stores and publishes.
///
/// Every network is a `Model`, and so is every matrix factorisation: plain MF is a network without a
/// tower. Only neighbours of items are something else.
package enum PublishedModel: Sendable {
  /// A network, or a matrix factorisation as one.
  case network(Model)
  /// Neighbours of items.
  case neighbours(ItemKNN)

  /// Prepares to score.
  package func scorer(pool: WorkerPool) -> PublishedScorer {
    switch self {
    case .network(let model): .network(NeuralScorer(model, pool: pool))
    case .neighbours(let model): .neighbours(model)
    }
  }

  /// Whether every parameter is a finite number.
  package var isFinite: Bool {
    switch self {
    case .network(let model): model.isFinite
    case .neighbours(let model): model.isFinite
    }
  }
}

package import Baselines
import Formatting
package import NCF
package import Parallelism
import Settings

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

/// Models as the tensors of a stored file, and back.
extension PublishedModel {
  /// Which case a file holds; files from before there was a choice hold networks.
  package enum Kind: String {
    case network, neighbours
  }

  /// What the file's header says it is.
  package var kind: Kind {
    switch self {
    case .network: .network
    case .neighbours: .neighbours
    }
  }

  /// Shape or options, as JSON for `ncf.models.spec`.
  package var specText: String {
    get throws {
      switch self {
      case .network(let model): try JSONText.encode(model.spec)
      case .neighbours(let model): try JSONText.encode(model.options)
      }
    }
  }

  /// The parameters.
  package var tensors: [SafeTensors.Tensor] {
    switch self {
    case .network(let model): model.tensors
    case .neighbours(let model): model.tensors
    }
  }

  /// Reads a model back.
  ///
  /// - Parameters:
  ///   - file: what was stored.
  ///   - specText: the header's shape or options.
  ///   - userCount: how many users it must have.
  ///   - itemCount: how many items it must have.
  /// - Throws: `DamagedModel`, `CheckpointError`, `DecodingError`.
  init(_ file: SafeTensors, specText: String, userCount: Int, itemCount: Int) throws {
    let word = file.metadata["model"] ?? Kind.network.rawValue
    switch Kind(rawValue: word) {
    case .network:
      let spec = try JSONText.decode(ModelSpec.self, from: specText)
      if let problem = spec.problem?.below("model") {
        throw DamagedModel(description: problem.description)
      }
      self = .network(try Model(file, spec: spec, userCount: userCount, itemCount: itemCount))
    case .neighbours:
      let options = try JSONText.decode(KNNOptions.self, from: specText)
      self = .neighbours(
        try ItemKNN(file, options: options, userCount: userCount, itemCount: itemCount))
    case nil: throw DamagedModel(description: "it is of the unknown kind \(word)")
    }
  }
}

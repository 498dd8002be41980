import Interactions

/// How far a training is: enough to go on in another process, to the bit.
package struct TrainingProgress: Sendable, Equatable {
  /// A step that is under way.
  package struct Current: Sendable, Equatable {
    /// Its name.
    package let step: String
    /// Where it stands.
    package let state: PhaseState
  }

  /// What finished steps gave, as far as later ones need it, by name.
  package internal(set) var models: [String: Model] = [:]
  /// Which epoch each finished step kept.
  package internal(set) var epochs: [String: Int] = [:]
  /// The step that is under way; nil between two steps.
  package internal(set) var current: Current?

  /// Nothing is done.
  package init() {}

  /// Whether any of a step was done.
  package var hasBegun: Bool { current != nil || !epochs.isEmpty }

  /// In words: `gmf, mlp finished, neumf in epoch 3`.
  package var text: String {
    let done = epochs.keys.sorted()
    var parts = done.isEmpty ? [] : [done.joined(separator: ", ") + " finished"]
    if let current { parts.append("\(current.step) in epoch \(current.state.trainer.epoch)") }
    return parts.isEmpty ? "nothing trained" : parts.joined(separator: ", ")
  }
}

/// Where one phase of a training stands.
package struct PhaseState: Sendable, Equatable {
  /// The best model so far.
  struct Best: Sendable, Equatable {
    var model: Model
    /// Which epoch's it is; 0 for the start.
    var epoch: Int
    /// How it was judged.
    var ndcg: Double

    /// A model; one that nobody has judged is worse than any.
    init(_ model: Model, epoch: Int = 0, ndcg: Double = -.infinity) {
      (self.model, self.epoch, self.ndcg) = (model, epoch, ndcg)
    }
  }

  /// Parameters, moments, epoch and position.
  package let trainer: Trainer.State
  /// The shape of the model.
  let spec: ModelSpec
  /// How many users it has.
  let userCount: Int
  /// How many items it has.
  let itemCount: Int
  /// Seconds that the epoch at hand has taken.
  let seconds: Double
  /// The best epoch so far, where the best is kept.
  let best: Best?
  /// The mean over epochs so far, where there is one.
  let mean: Model?

  /// A model of the same shape, of zeros.
  ///
  /// - Parameter features: what the training's users and items have; nil for none.
  /// - Returns: the model, which knows nothing yet.
  func blank(features: ContentFeatures?) -> Model {
    Model(zeros: spec, RowCounts(users: userCount, items: itemCount, features: features))
  }
}

import Jobs

/// What a model or a phase of training is called on a page, and the class that gives it its colour: the
/// same one in every picture.
struct ModelLook: Sendable, Equatable {
  /// As people write it.
  let name: String
  /// Class of its lines and labels.
  let style: String

  /// A model as `ncf.metrics.model` spells it.
  ///
  /// - Parameters:
  ///   - model: the name on record.
  ///   - isOwn: whether it is the run's own.
  init(model: String, isOwn: Bool = false) {
    name = Self.name(model)
    style = !isOwn && ["itempop", "live", "parent"].contains(model) ? model : "own"
  }

  /// A phase as `ncf.epochs.phase` spells it.
  init(phase: String) {
    name = phase == "finetune" ? "fine-tune" : Self.name(phase)
    style = phase == "gmf" || phase == "mlp" ? phase : "own"
  }

  private static func name(_ model: String) -> String {
    switch model {
    case "neumf": "NeuMF"
    case "gmf": "GMF"
    case "mlp": "MLP"
    case "live": "live model"
    case "parent": "as stored"
    default: Job.Method(rawValue: model)?.title ?? model
    }
  }
}

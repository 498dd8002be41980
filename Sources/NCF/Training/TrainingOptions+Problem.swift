import Interactions

extension TrainingOptions {
  /// Says why the settings can't train a model of a shape, naming the key; nil when they can.
  ///
  /// - Parameter spec: must have no `problem` of its own.
  /// - Returns: a sentence for a person, or nil.
  package func problem(with spec: ModelSpec) -> String? {
    if !(alpha >= 0 && alpha <= 1) {
      return "train.alpha must be a share from 0 to 1, not \(alpha)"
    }
    if negatives < 1 {
      return "train.negatives must be 1 or more, not \(negatives): "
        + "a model that sees positives only learns nothing"
    }
    if case .popularity(let power) = sampling, !(power >= 0 && power <= 10) {
      return "train.sampling.popularity must be a power from 0 to 10, not \(power)"
    }
    return objectiveProblem(spec) ?? regularisationProblem(spec) ?? pretrainingProblem(spec)
  }

  /// Sets to 0 what a shape has nothing for: dropout without a tower, L2 without hidden layers.
  ///
  /// - Parameter spec: the shape that shall be trained with these settings.
  package mutating func leaveOutTower(lackingIn spec: ModelSpec) {
    if spec.tower.isEmpty { dropout = 0 }
    if !spec.hasHiddenLayers { l2Tower = 0 }
  }

  private func objectiveProblem(_ spec: ModelSpec) -> String? {
    if objective.isPairwise && spec.link != .logistic {
      return "train.loss: \(objective.rawValue) compares scores before the link: "
        + "model.link must be logistic, not \(spec.link.rawValue)"
    }
    if objective == .log && spec.link == .identity {
      return "train.loss: log needs a probability: model.link must be logistic or probit, or "
        + "train.loss squared"
    }
    return nil
  }

  private func regularisationProblem(_ spec: ModelSpec) -> String? {
    for (key, value) in [("embeddings", l2Embeddings), ("tower", l2Tower)]
    where !(value >= 0 && value.isFinite) {
      return "model.l2.\(key) must be 0 or more, not \(value)"
    }
    if !(dropout >= 0 && dropout < 1) {
      return "model.dropout must be a share from 0 up to 1, not \(dropout)"
    }
    if dropout > 0 && spec.tower.isEmpty {
      return "model.dropout must be 0 where model.tower is empty, not \(dropout)"
    }
    if l2Tower > 0 && !spec.hasHiddenLayers {
      return "model.l2.tower must be 0 where model.tower has no hidden layer, not \(l2Tower)"
    }
    if !(ownDropout >= 0 && ownDropout < 1) {
      return "model.own_dropout must be a share from 0 up to 1, not \(ownDropout)"
    }
    if !(averaging >= 0 && averaging < 1) {
      return "train.averaging must be a decay from 0 up to 1, not \(averaging)"
    }
    return nil
  }

  private func pretrainingProblem(_ spec: ModelSpec) -> String? {
    switch pretrain {
    case .none: return nil
    case .parts:
      if spec.gmfWidth == 0 || spec.tower.isEmpty { return nil }
    case .factors:
      if spec.gmfWidth == 0 { return "train.pretrain from a factorisation needs model.gmf" }
      if spec.link == .identity {
        return "train.pretrain from a factorisation is fitted to a probability: "
          + "model.link must be logistic or probit, not identity"
      }
    }
    if spec.sharedEmbeddings {
      return "train.pretrain must be false with model.embeddings: shared: "
        + "the parts' embeddings are not the same"
    }
    if spec.outputsAreOne {
      return "train.pretrain must be false with model.output: one: fused weights are not 1"
    }
    return nil
  }
}

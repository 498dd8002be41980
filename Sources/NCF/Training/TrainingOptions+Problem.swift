import Interactions
package import Settings

extension PhaseOptions: NumericSettings {
  /// Step, its decay, and when training stops.
  package static var settings: [Setting<PhaseOptions>] {
    [
      Setting("learning_rate", \.learningRate, .aboveZero),
      Setting("decay", \.decay, .aboveZero(to: 1)),
      Setting("epochs", \.epochs, .from(1, to: 100_000)),
      Setting("patience", \.patience, .from(1, "a number of epochs")),
    ]
  }
}

extension TrainingOptions: NumericSettings, DrawsNegatives {
  /// Numbers that are a matter of training alone.
  package static var settings: [Setting<TrainingOptions>] {
    [
      negativesSetting,
      Setting("averaging", \.averaging, .from(0, upTo: 1, "a decay")),
      Setting("batch", \.batch, .from(1, to: 10_000_000, "a number of samples")),
    ]
  }

  private static let share = Bounds.from(0, to: 1, "a share")

  /// Numbers that hold back the parts of a model; a file has them beside the model's shape.
  package static var regularization: [Setting<TrainingOptions>] {
    [
      Setting("l2.embeddings", \.l2Embeddings, .from(0)),
      Setting("l2.tower", \.l2Tower, .from(0)),
      Setting("dropout", \.dropout, .from(0, upTo: 1, "a share")),
      Setting("own_dropout", \.ownDropout, .from(0, upTo: 1, "a share")),
    ]
  }

  /// The reasons why the settings can't train a model of a shape; empty when they can.
  ///
  /// - Parameter spec: must have no `problem` of its own.
  /// - Returns: at most one a key.
  package func problems(with spec: ModelSpec) -> [Problem] {
    let found =
      [alpha.flatMap { Self.share.problem("alpha", $0) }] + settingProblems
      + [sampling.problem?.below("sampling"), objectiveProblem(spec)]
      + Self.regularization.map { $0.problem(in: self) }
      + [
        .unless(
          !(dropout > 0 && spec.tower.isEmpty), "dropout", "\(dropout)",
          mustBe: "0 where model.tower is empty"),
        .unless(
          !(l2Tower > 0 && !spec.hasHiddenLayers), "l2.tower", "\(l2Tower)",
          mustBe: "0 where model.tower has no hidden layer"),
        pretrainingProblem(spec),
      ]
    return found.compactMap { $0 }.firstOfEachPath
  }

  /// Sets to 0 what a shape has nothing for: dropout without a tower, L2 without hidden layers.
  ///
  /// - Parameter spec: the shape that shall be trained with these settings.
  package mutating func leaveOutTower(lackingIn spec: ModelSpec) {
    if spec.tower.isEmpty { dropout = 0 }
    if !spec.hasHiddenLayers { l2Tower = 0 }
  }

  /// Pairs are compared before a logistic link, and the log loss needs a probability.
  private func objectiveProblem(_ spec: ModelSpec) -> Problem? {
    let allowed: [Objective] =
      switch spec.link {
      case .logistic: Objective.allCases
      case .probit: [.log, .squared]
      case .identity: [.squared]
      }
    return .unless(
      allowed.contains(objective), "loss", objective.rawValue,
      mustBe: allowed.map(\.rawValue).joined(separator: " or ")
        + " where model.link is \(spec.link.rawValue)")
  }

  private func pretrainingProblem(_ spec: ModelSpec) -> Problem? {
    if pretrain == .none || (pretrain == .parts && spec.isSinglePart) { return nil }
    let refusals = [
      (pretrain == .factors && spec.gmfWidth == 0, "without a factorisation where model.gmf is 0"),
      (
        pretrain == .factors && spec.link == .identity,
        "without a factorisation, which is fitted to a probability, where model.link is identity"
      ),
      (
        spec.sharedEmbeddings,
        "false where model.embeddings is shared: the parts' embeddings are not the same"
      ),
      (spec.outputsAreOne, "false where model.output is one: fused weights are not 1"),
    ]
    return refusals.first { $0.0 }.map { Problem("pretrain", mustBe: $0.1) }
  }
}

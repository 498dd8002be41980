import Interactions
import NCF
import Parallelism
import SyntheticData

/// How well items and users without any interaction are ranked by their content features.
///
/// On a planted log of which one item and one user in six are kept back; a figure for each share of
/// steps that leave a row's own part out (`model.own_dropout`).
struct NewcomerBench {
  let figures: Figures
  let pool: WorkerPool

  private static let world = PlantedWorld(
    users: 2_000, items: 600, eventsPerUser: 40, days: 90, endingAt: 1_767_225_600, seed: 1)

  /// Trains the models and adds what they came to.
  func run() throws {
    let trial = NewcomerTrial(Self.world, itemsApart: 6, usersApart: 6)
    let (features, items) = (trial.popularityOfFeatures, trial.popularityOfItems)
    add("new items by their features' popularity", trial.ofNewItems { features[$1] })
    add("new items at random", trial.ofNewItems { Self.chance($0, $1) })
    add("new users by the items' popularity", trial.ofNewUsers { items[$1] })
    let specs = [
      ("GMF", ModelSpec(gmfWidth: 8, tower: [])),
      ("MLP", ModelSpec(gmfWidth: 0, tower: [64, 32, 16, 8])),
      ("NeuMF", ModelSpec(gmfWidth: 8, tower: [64, 32, 16, 8])),
    ]
    for (name, spec) in specs {
      for share: Float in [0, 0.1, 0.2, 0.5] {
        let scores = try scores(spec, ownDropout: share, trial)
        let count = Self.world.itemCount
        let title = "\(name), own_dropout \(share)"
        add("new items by \(title)", trial.ofNewItems { scores[$0 * count + $1] })
        add("new users by \(title)", trial.ofNewUsers { scores[$0 * count + $1] })
      }
    }
  }

  private func add(_ name: String, _ values: [Double]) {
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    figures.add("newcomers", name, [mean], unit: "NDCG@10")
  }

  private static func chance(_ user: Int, _ item: Int) -> Float {
    Float(mixed(UInt64(user) << 32 | UInt64(item)) >> 40)
  }

  /// Scores of everybody and everything, newcomers by their features.
  private func scores(
    _ spec: ModelSpec, ownDropout: Float, _ trial: NewcomerTrial
  ) throws -> [Float] {
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.003, epochs: 8, patience: 8)
    var options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 4, batch: 256, pretraining: phase, joint: phase,
      seed: 1)
    options.ownDropout = ownDropout
    let (positives, features) = trial.training
    let trainer = Trainer(
      Model(spec: spec, features: features, positives: positives, seed: 1), positives: positives,
      features: features, options: options, phase: phase, seed: 1, pool: pool)
    for epoch in 1...phase.epochs { _ = try trainer.run(epoch: epoch) }
    let scorer = NeuralScorer(
      trainer.model.extended(
        users: trial.userPlaces, items: trial.itemPlaces, features: trial.features), pool: pool)
    var scratch = scorer.makeScratch()
    let users = [UInt32](0..<UInt32(scorer.userCount))
    var scores = [Float](repeating: 0, count: scorer.userCount * scorer.itemCount)
    var span = scores.mutableSpan
    scorer.fill(&span, users: users.span, items: 0..<scorer.itemCount, scratch: &scratch)
    return scores
  }
}

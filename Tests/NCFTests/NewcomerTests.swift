import Interactions
import NCF
import Parallelism
import Ranking
import SyntheticData
import Testing

/// Held-out new items and users of a planted world, ranked by a network through their features.
@Suite struct NewcomerTests {
  static let trial = NewcomerTrial(
    PlantedWorld(
      users: 1_000, items: 400, eventsPerUser: 30, days: 90, endingAt: 1_700_000_000, seed: 5),
    itemsApart: 6, usersApart: 6)

  static let specs = [
    ModelSpec(gmfWidth: 8, tower: []), ModelSpec(gmfWidth: 0, tower: [32, 16, 8]),
    ModelSpec(gmfWidth: 8, tower: [32, 16, 8]),
    ModelSpec(gmfWidth: 16, tower: [32, 16, 8], sharedEmbeddings: true),
  ]

  /// Trains on what is known and adds the newcomers, who have no interactions at all.
  static func scorer(_ spec: ModelSpec) throws -> NeuralScorer {
    let pool = WorkerPool(threads: 2)
    let features = trial.features
    let phase = PhaseOptions(optimizer: .adam, learningRate: 0.005, epochs: 8, patience: 8)
    let options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 4, batch: 256, pretraining: phase, joint: phase,
      seed: 1)
    let (positives, known) = trial.training
    let trainer = Trainer(
      Model(spec: spec, features: known, positives: positives, seed: 1), positives: positives,
      features: known, options: options, phase: phase, seed: 2, pool: pool)
    for epoch in 1...phase.epochs { _ = try trainer.run(epoch: epoch) }
    return NeuralScorer(
      trainer.model.extended(
        users: trial.userPlaces, items: trial.itemPlaces, features: features), pool: pool)
  }

  @Test(arguments: specs)
  func newItemsAndUsersAreRankedBetterThanByPopularityOrChance(spec: ModelSpec) throws {
    let trial = Self.trial
    let scorer = try Self.scorer(spec)
    var scratch = scorer.makeScratch()
    var scores: [Int: [Float]] = [:]
    func network(_ user: Int, _ item: Int) -> Float {
      if let known = scores[user] { return known[item] }
      var row = [Float](repeating: 0, count: scorer.itemCount)
      let all = (0..<UInt32(scorer.itemCount)).map { $0 }
      var span = row.mutableSpan
      scorer.fill(&span, user: user, items: all.span, scratch: &scratch)
      scores[user] = row
      return row[item]
    }
    func random(_ user: Int, _ item: Int) -> Float {
      Float(mixed(UInt64(user * 10_000 + item)) >> 40)
    }
    let ofFeatures = trial.popularityOfFeatures
    let ofItems = trial.popularityOfItems
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    let items = trial.ofNewItems(score: network)
    let byFeatures = trial.ofNewItems { ofFeatures[$1] }
    let byChance = trial.ofNewItems(score: random)
    #expect(items.count > 500)
    for other in [byFeatures, byChance] {
      let test = PairedTest(items, other)
      #expect(mean(items) > 1.3 * mean(other))
      #expect(test.map { $0.firstIsBetter < 0.001 } ?? false)
    }
    let users = trial.ofNewUsers(score: network)
    let popular = trial.ofNewUsers { ofItems[$1] }
    #expect(users.count > 100)
    #expect(mean(users) > 1.1 * mean(popular))
  }
}

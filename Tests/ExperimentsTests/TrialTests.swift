import Baselines
import Experiments
import Interactions
import NCF
import Parallelism
import Recommenders
import Testing

/// One trial: what it trains, looks at and keeps.
struct TrialTests {
  @Test("A trial gives the same with any number of threads, and other ranks with another seed")
  func deterministic() throws {
    let trial = PlantedLog.network()
    let one = try PlantedLog.runner(pool: WorkerPool(threads: 1)).run(trial)
    let three = try PlantedLog.runner(pool: WorkerPool(threads: 3)).run(trial)
    #expect(one == three)
    let other = try PlantedLog.runner().run(PlantedLog.network(seed: 2))
    #expect(other.full != one.full)
  }

  @Test("What users have spoken against and content features are learnt, and tell logs apart")
  func knownAndFeatures() throws {
    let table = PlantedLog.data.table
    let against = UserItems(
      lists: (0..<table.userCount).map { user in
        [UInt32(0), 7, 31].filter { !table.history.contains(user: user, item: $0) }
      })
    let known = KnownNegatives(
      items: against, weights: [Float](repeating: 1, count: against.count))
    let features = ContentFeatures(
      users: .none(rows: table.userCount),
      items: FeatureLists(
        featureCount: 2, lists: (0..<table.itemCount).map { [UInt32($0 % 2)] }))
    let logs = [
      PlantedLog.data, PlantedLog.data(table, known: known),
      PlantedLog.data(table, features: features),
    ]
    let results = try logs.map { try PlantedLog.runner($0).run(PlantedLog.network()) }
    #expect(results[1].full != results[0].full && results[2].full != results[0].full)
    #expect(Set(logs.map(\.fingerprint)).count == 3)
    #expect(PlantedLog.data(table).fingerprint == logs[0].fingerprint)
  }

  @Test("Every tested user has a rank in both protocols")
  func ranks() throws {
    let result = try PlantedLog.runner().run(PlantedLog.network())
    #expect(result.sampled?.bytes.count == PlantedLog.data.testedUsers)
    #expect(result.full?.bytes.count == PlantedLog.data.testedUsers)
    #expect(result.curve.map(\.epoch) == [1, 2, 3])
    let best = result.curve.map(\.ndcg).max()
    #expect(result.validation.ndcg == best)
    #expect(result.epochs["neumf"] == result.curve.first { $0.ndcg == best }?.epoch)
  }

  @Test("A trial for choosing never looks at the test items")
  func validationOnly() throws {
    let result = try PlantedLog.runner().run(PlantedLog.network(purpose: .validation))
    #expect(result.sampled == nil && result.full == nil)
    #expect(result.validation.ndcg > 0)
  }

  @Test("A refit repeats the chosen epochs on more data, and its validation figure is the first's")
  func refit() throws {
    let plain = try PlantedLog.runner().run(PlantedLog.network())
    let again = try PlantedLog.runner().run(PlantedLog.network(refit: true))
    #expect(again.validation == plain.validation)
    #expect(again.epochs == plain.epochs)
    #expect(again.full != plain.full)
  }

  @Test("Of several methods the one that is best on validation is tested")
  func chosen() throws {
    let network = PlantedLog.network(epochs: 8)
    let trial = Trial(choosing: [Method(ItemPopOptions())] + network.methods, seed: 1)
    let result = try PlantedLog.runner().run(trial)
    let popular = try PlantedLog.runner().run(Trial(Method(ItemPopOptions()), seed: 1))
    #expect(result.chosen == (result.validation.ndcg > popular.validation.ndcg ? 1 : 0))
    #expect(result.validation.ndcg >= popular.validation.ndcg)
  }

  @Test("The key tells trials apart by everything that matters, and by nothing else")
  func keys() throws {
    let trial = PlantedLog.network()
    #expect(try trial.key() == PlantedLog.network().key())
    #expect(try trial.key() != PlantedLog.network(seed: 2).key())
    #expect(try trial.key() != PlantedLog.network(refit: true).key())
    #expect(try trial.key() != PlantedLog.network(epochs: 4).key())
    var reseeded = trial
    if case .network(var network) = trial.methods[0] {
      network.options.seed = 99
      reseeded.methods = [.network(network)]
    }
    #expect(try trial.key() == reseeded.key())
  }

  @Test("A result survives its text")
  func text() throws {
    let result = try PlantedLog.runner().run(PlantedLog.network())
    #expect(try TrialResult(text: result.text()) == result)
  }

  @Test("Another log, or another way to judge it, has another fingerprint")
  func fingerprint() {
    let table = PlantedLog.table()
    let own = PlantedLog.data(table).fingerprint
    #expect(own == PlantedLog.data.fingerprint)
    #expect(own != PlantedLog.data(table, sampled: 41).fingerprint)
    #expect(own != PlantedLog.data(table, k: 5).fingerprint)
    #expect(
      own != PlantedLog.data(PlantedLog.table(seed: 8)).fingerprint)
  }
}

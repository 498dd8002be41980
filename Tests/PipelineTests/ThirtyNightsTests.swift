import Baselines
import Interactions
import Jobs
import NCF
import Recommenders
import Source
import SyntheticData
import Testing

@testable import Pipeline

/// Thirty nights, one after the other: what a lineage of fine-tunes costs, how good it is, and that it
/// has not seen what it is tested on.
struct ThirtyNightsTests {
  /// A user's item, by their ids.
  private struct Pair: Hashable {
    let user: Int64
    let item: Int64
  }

  private static let nights = 30
  /// The nights on which a model is also trained in full, to be held against.
  private static let compared = Array(stride(from: 3, through: 30, by: 3))

  private let simulation = SimulatedNights(
    PlantedWorld(
      users: 900, items: 150, eventsPerUser: 30, days: 60, endingAt: 1_767_225_600, seed: 5)
  ) {
    // The first night is trained in full, and no later one.
    ($0.nightly.fullEvery, $0.nightly.maxGrowth) = (1_000, 10)
    $0.model.gmfWidth = 16
    $0.training.pretrain = .factors
    $0.training.alpha = 0.9
    $0.training.pretraining.learningRate = 0.002
    $0.initial.settings[ALSOptions.self].factors = 16
    $0.initial.settings[ALSOptions.self].regularization = 10
    $0.evaluation.sampled = 90
  }

  /// The same night after night, but gone on from what was published.
  private struct Leak {
    var model: Model
    var learnt: Set<Pair>
    var ndcg = 0.0
  }

  @Test func aLineageOfFineTunesLearnsNoHoldoutAndIsAsGoodAsFullTraining() throws {
    var night = try simulation.night(simulation.pull(days: 50))
    var learnt = pairs(night.pulled, night.divided.split.training)
    var leak = Leak(
      model: try network(night.published), learnt: pairs(night.pulled, night.divided.history))
    var (ours, full, leaky) = ([Double](), [Double](), [Double]())
    var (tuned, trained) = ([Int](), [night.samples])
    for number in 1...Self.nights {
      let pulled = simulation.pull(days: 50 + number)
      let parent = simulation.parent(night)
      night = try simulation.night(pulled, after: parent)
      let lesson = try #require(night.lesson)
      tuned.append(night.samples)

      // To the pair: no holdout of tonight has been learnt by any night before, nor is it tonight.
      let split = night.divided.split
      let held = pairs(pulled, split.test).union(pairs(pulled, split.validation))
      learnt.formUnion(pairs(pulled, lesson.positives.items))
      #expect(held.isDisjoint(with: learnt), "night \(number)")
      #expect(split.testUsers.count > pulled.users.count * 9 / 10)
      // What is not held out has been learnt: nothing is passed over.
      #expect(pairs(pulled, split.training).isSubset(of: learnt), "night \(number)")

      // The control: the same lesson, taught to the copy that had absorbed last night's holdouts.
      #expect(!held.isDisjoint(with: leak.learnt))
      let start = leak.model.grown(
        users: lesson.parent.users.values, items: lesson.parent.items.values,
        positives: split.training, seed: 3)
      let leaking = try simulation.finish(pulled, night.divided, (lesson, start))
      leak.model = try network(leaking.published)
      leak.learnt = pairs(pulled, night.divided.history)

      guard Self.compared.contains(number) else { continue }
      let honest = try simulation.finish(pulled, night.divided, nil)
      trained.append(honest.samples)
      ours.append(simulation.ndcg(night.trained.model, night.divided).mean)
      full.append(simulation.ndcg(honest.trained.model, night.divided).mean)
      leaky.append(simulation.ndcg(leaking.trained.model, night.divided).mean)
    }
    let figures = "ours \(ours), in full \(full), leaking \(leaky)"
    #expect(ours.mean > 0.98 * full.mean, "\(figures)")
    #expect(ours.mean < 1.02 * full.mean, "\(figures)")
    #expect(leaky.mean > 1.05 * full.mean, "\(figures)")
    #expect(leaky.mean > 1.05 * ours.mean, "\(figures)")
    // Every fine-tune takes at most a fifth of the cheapest full training.
    #expect(tuned.max() ?? .max <= (trained.min() ?? 0) / 5, "\(tuned) \(trained)")
  }

  private func network(_ model: PublishedModel) throws -> Model {
    var network: Model?
    if case .network(let own) = model { network = own }
    return try #require(network)
  }

  private func identifiers(_ vocabulary: Vocabulary) -> [Int64] {
    if case .integers(let values) = vocabulary.identifiers { values } else { [] }
  }

  private func pairs(_ pulled: Dataset, _ lists: UserItems) -> Set<Pair> {
    let (users, items) = (identifiers(pulled.users), identifiers(pulled.items))
    return Set(
      (0..<lists.userCount).flatMap { user in
        lists[user].map { Pair(user: users[user], item: items[Int($0)]) }
      })
  }

  private func pairs(_ pulled: Dataset, _ holdout: [Int32]) -> Set<Pair> {
    pairs(pulled, UserItems(lists: holdout.map { $0 < 0 ? [] : [UInt32($0)] }))
  }
}

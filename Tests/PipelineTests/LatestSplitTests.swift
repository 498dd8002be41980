import Baselines
import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport
import Source
import SyntheticData
import Testing

@testable import Pipeline

@Suite("A split by each user's latest item")
struct LatestSplitTests {
  private static let world = PlantedWorld(
    users: 200, items: 90, eventsPerUser: 30, days: 40, endingAt: 1_767_225_600, seed: 5)

  private static let nights = SimulatedNights(world) { job in
    job.source.halfLife = Age(20, .day)
    job.source.events = ["view": 1, "hide": -1]
    job.training.pretraining.epochs = 3
  }

  /// Events after the test item of each tested user: items that the user knows once more, and a word
  /// against one that the user does not know.
  private func laterEvents(
    _ pulled: Dataset, _ divided: Divided
  ) -> [(user: Int, item: Int, second: Int, weight: Float)] {
    let newest = Int(pulled.table.seconds.max() ?? 0)
    guard case .integers(let users) = pulled.users.identifiers,
      case .integers(let items) = pulled.items.identifiers
    else { return [] }
    let moments = divided.moments(of: divided.split.test)
    return divided.split.testUsers.map { Int($0) }.filter { moments[$0] < newest }.flatMap { user in
      let known = divided.history[user]
      let unknown = (0..<items.count).first { !known.contains(UInt32($0)) }
      return divided.split.training[user].suffix(3).map {
        (user: Int(users[user]), item: Int(items[Int($0)]), second: newest, weight: Float(1))
      }
        + (unknown.map { [(Int(users[user]), Int(items[$0]), newest, Float(-1))] } ?? [])
    }
  }

  @Test("Nothing after a user's test item changes a bit of the tested model, or of a rival")
  func nothingLater() throws {
    let nights = Self.nights
    let night = try nights.night(nights.pull(days: 40))
    let more = laterEvents(night.pulled, night.divided)
    #expect(more.count > 600)
    let other = try nights.night(nights.pull(days: 40, more: more))
    #expect(other.pulled.table.weights != night.pulled.table.weights)
    #expect(other.pulled.negatives != nil)
    #expect(other.divided.split == night.divided.split)
    #expect(other.divided.negatives?.items.count ?? 0 == 0)
    #expect(other.trained.model.tensors == night.trained.model.tensors)
    let (log, otherLog) = (
      night.divided.log(weighted: true), other.divided.log(weighted: true)
    )
    let before = Positives(
      beforeTest: night.divided.beforeTest, night.divided.split, of: night.pulled.table,
      weighted: true)
    let otherBefore = Positives(
      beforeTest: other.divided.beforeTest, other.divided.split, of: other.pulled.table,
      weighted: true)
    #expect(before.weights == otherBefore.weights)
    for options in [
      ItemPopOptions(), LastItemOptions(), KNNOptions(), ALSOptions(factors: 8, iterations: 2),
      HistoryOptions(width: 8, epochs: 2).alone,
    ] as [any BaselineOptions] {
      try nights.expectSameFit(options, of: log, and: otherLog)
    }
    // What is published has learnt what came later.
    #expect(other.published.tensors != night.published.tensors)
  }
}

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

@Suite("A split by the clock")
struct ClockSplitTests {
  private static let world = PlantedWorld(
    users: 400, items: 120, eventsPerUser: 40, days: 60, endingAt: 1_767_225_600, seed: 5)

  private static func nights(_ change: (inout Job) -> Void = { _ in }) -> SimulatedNights {
    SimulatedNights(world) { job in
      job.evaluation.split = .clock
      job.evaluation.horizon = .age(Age(7, .day))
      job.source.halfLife = Age(20, .day)
      job.source.events = ["view": 1]
      job.training.pretraining.epochs = 3
      change(&job)
    }
  }

  @Test("Nothing after the split changes a bit of the tested model, of what it knows or of a rival")
  func nothingLater() throws {
    let nights = Self.nights()
    let pulled = nights.pull(days: 60)
    let night = try nights.night(pulled)
    let clock = try #require(night.divided.clock)
    // All later events are of other items, of one that nobody had met before among them.
    let other = try nights.night(
      nights.pull(days: 60, from: Int(clock.cut)) { ($0 * 7 + 3) % 121 })
    #expect(other.divided.clock == clock)
    #expect(night.divided.split.test != other.divided.split.test)
    #expect(night.trained.model.tensors == other.trained.model.tensors)
    #expect(night.divided.split.trainingWeights == other.divided.split.trainingWeights)
    #expect(night.divided.dataset.items == other.divided.dataset.items)
    let (log, otherLog) = (
      night.divided.log(weighted: true), other.divided.log(weighted: true)
    )
    for options in [
      ItemPopOptions(), RecentPopOptions(days: 7), LastItemOptions(), KNNOptions(),
    ] as [any BaselineOptions] {
      try nights.expectSameFit(options, of: log, and: otherLog)
    }
    // What is published has learnt what came later.
    #expect(night.published.tensors != other.published.tensors)
  }

  @Test("The epochs are chosen by what happened before the test")
  func validation() throws {
    let nights = Self.nights()
    let night = try nights.night(nights.pull(days: 60))
    let (clock, rehearsal) = (
      try #require(night.divided.clock), try #require(night.divided.rehearsal?.divided)
    )
    #expect(clock.horizon == 7 * 86_400)
    #expect(rehearsal.dataset.table.seconds.allSatisfy { $0 < clock.validationCut })
    #expect(night.divided.dataset.table.seconds.allSatisfy { $0 < clock.cut })
    let later = try #require(rehearsal.split.later)
    #expect(later.seconds.allSatisfy { $0 == 0 || (clock.validationCut..<clock.cut).contains($0) })
    #expect(!rehearsal.split.testUsers.isEmpty && !night.divided.split.testUsers.isEmpty)
    // Targets are new to their users.
    for user in night.divided.split.testUsers where night.divided.split.test[Int(user)] >= 0 {
      let item = UInt32(night.divided.split.test[Int(user)])
      #expect(!night.divided.beforeTest.contains(user: Int(user), item: item))
    }
  }

  @Test("A fine-tune learns what is new before its own split, and none of what it is tested on")
  func fineTune() throws {
    let nights = Self.nights { $0.nightly.maxGrowth = 10 }
    let first = try nights.night(nights.pull(days: 56))
    let parent = nights.parent(first)
    let second = try nights.night(nights.pull(days: 58), after: parent)
    let (cut, next) = (
      try #require(first.divided.clock).cut, try #require(second.divided.clock).cut
    )
    #expect(next > cut)
    let lesson = try #require(second.lesson)
    let table = second.divided.dataset.table
    #expect(lesson.new == table.seconds.count { $0 >= cut })
    #expect(second.trained.rehearsed == nil && second.divided.rehearsal == nil)
    #expect(second.divided.knowledge(of: second.pulled).watermark == Int64(next) * 1_000_000)
  }

  @Test("Nothing new is nothing new, though there are events that the parent was tested on")
  func nothingNew() throws {
    let nights = Self.nights()
    let pulled = nights.pull(days: 56)
    let parent = nights.parent(try nights.night(pulled))
    let inputs = RunInputs(.parent(parent), pulled).clocked(nil, nights.context)
    #expect(News(inputs.tested, of: pulled, since: parent).isEmpty)
    let later = nights.pull(days: 57)
    let grown = RunInputs(.parent(parent), later).clocked(nil, nights.context)
    #expect(!News(grown.tested, of: later, since: parent).isEmpty)
  }

  @Test("Where too few users could be tested, each user's latest interactions are held out")
  func tooFew() throws {
    let nights = Self.nights { $0.evaluation.horizon = .auto }
    let night = try nights.night(nights.pull(days: 60))
    #expect(night.divided.clock == nil)
    #expect(night.divided.split.validation.contains { $0 >= 0 })
  }
}

import Interactions
import SyntheticData
import Testing

struct PlantedWorldTests {
  struct Event: Hashable {
    var user: Int
    var item: Int
    var second: Int
  }

  private let world = PlantedWorld(
    users: 400, items: 1_000, eventsPerUser: 30, days: 60, endingAt: 1_700_000_000, seed: 3)

  private func events(_ world: PlantedWorld, _ days: Range<Int>) -> [Event] {
    var events: [Event] = []
    world.events(days: days) { events.append(Event(user: $0, item: $1, second: $2)) }
    return events
  }

  @Test func `a seed gives one world and another seed another`() {
    let twin = PlantedWorld(
      users: 400, items: 1_000, eventsPerUser: 30, days: 60, endingAt: 1_700_000_000, seed: 3)
    let other = PlantedWorld(
      users: 400, items: 1_000, eventsPerUser: 30, days: 60, endingAt: 1_700_000_000, seed: 4)
    #expect(events(world, 0..<60) == events(twin, 0..<60))
    #expect(events(world, 0..<60) != events(other, 0..<60))
  }

  @Test func `events lie in their days, in order within a user`() {
    let log = events(world, 0..<60)
    #expect(abs(log.count - 12_000) < 1_800)
    #expect(world.beginning == 1_700_000_000 - 60 * 86_400)
    #expect(log.allSatisfy { (world.beginning..<1_700_000_000).contains($0.second) })
    #expect(log.allSatisfy { (0..<400).contains($0.user) && (0..<1_000).contains($0.item) })
    for (first, next) in zip(log, log.dropFirst()) where first.user == next.user {
      #expect(first.second <= next.second)
    }
  }

  @Test func `days taken one after the other make the same log as all together`() {
    let whole = events(world, 0..<63)
    let parts = events(world, 0..<20) + events(world, 20..<60) + events(world, 60..<63)
    #expect(parts.count == whole.count)
    #expect(Set(parts) == Set(whole))
    let nextDay = events(world, 60..<61)
    #expect(!nextDay.isEmpty)
    #expect(nextDay.allSatisfy { $0.second >= 1_700_000_000 && $0.second < 1_700_086_400 })
  }

  @Test func `some users are the same users as among all`() {
    var some: [Event] = []
    world.events(days: 0..<60, users: 100..<110) {
      some.append(Event(user: $0, item: $1, second: $2))
    }
    #expect(some == events(world, 0..<60).filter { (100..<110).contains($0.user) })
  }

  @Test func `titles are unique and name the genre`() {
    let large = PlantedWorld(
      users: 0, items: 60_000, eventsPerUser: 1, days: 1, endingAt: 0, seed: 1)
    let titles = (0..<60_000).map { large.title(ofItem: $0) }
    #expect(Set(titles).count == 60_000)
    #expect((0..<60_000).allSatisfy { titles[$0].hasSuffix("(\(large.genre(ofItem: $0).name))") })
  }

  @Test func `popularity falls off and activity varies`() {
    let log = events(world, 0..<60)
    var byItem = [Int](repeating: 0, count: 1_000)
    var byUser = [Int](repeating: 0, count: 400)
    for event in log {
      byItem[event.item] += 1
      byUser[event.user] += 1
    }
    byItem.sort(by: >)
    byUser.sort(by: >)
    #expect(byItem[0] > 8 * byItem[500])
    #expect(byUser[0] > 3 * byUser[200])
    #expect(byUser[399] < byUser[200] / 2)
  }

  @Test func `users take mostly what they like, and seldom the same again`() {
    let log = events(world, 0..<60)
    let liked = log.count {
      world.favourites(ofUser: $0.user).contains(world.genre(ofItem: $0.item))
    }
    #expect(Double(liked) > 0.65 * Double(log.count))
    let pairs = Set(log.map { [$0.user, $0.item] })
    #expect(Double(pairs.count) > 0.97 * Double(log.count))
  }

  @Test func `what the receiver throws ends the report`() {
    struct Stop: Error {}
    var received = 0
    #expect(throws: Stop.self) {
      try world.events(days: 0..<60) { _, _, _ in
        received += 1
        if received == 5 { throw Stop() }
      }
    }
    #expect(received == 5)
  }
}

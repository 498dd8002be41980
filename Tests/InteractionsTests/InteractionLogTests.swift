import Interactions
import Testing

/// What remains of events by a job's rules.
struct InteractionLogTests {
  private func log(
    _ events: [(Event, excludes: Bool)], users: Int, items: Int, marked: Bool = false,
    _ change: (inout MergeRules) -> Void = { _ in }
  ) -> InteractionLog {
    var columns = InteractionColumns(isMarked: marked)
    for (event, excludes) in events {
      columns.append(
        user: event.user, item: event.item, second: event.second, weight: event.weight,
        excludes: excludes)
    }
    var rules = MergeRules()
    change(&rules)
    return InteractionLog(
      columns: columns, users: numbers(users), userMap: .identity(users), items: numbers(items),
      itemMap: .identity(items), rules: rules)
  }

  /// Identifiers that are their own indices.
  private func numbers(_ count: Int) -> Vocabulary {
    Vocabulary(kind: .bigint, identifiers: .integers((0..<count).map { Int64($0) }))
  }

  private func event(
    _ user: UInt32, _ item: UInt32, _ second: UInt32, _ weight: Float = 1, excludes: Bool = false
  ) -> (Event, excludes: Bool) {
    (Event(user: user, item: item, second: second, weight: weight), excludes)
  }

  private func lists(_ items: UserItems) -> [[UInt32]] {
    (0..<items.userCount).map { Array(items[$0]) }
  }

  @Test func `plain events give the table, and exclude what it holds`() {
    let events = randomEvents(900, users: 30, items: 25, seed: 4).map {
      event($0.user, $0.item, $0.second, abs($0.weight))
    }
    let log = log(events, users: 30, items: 25)
    #expect(log.table == table(events.map(\.0), users: 30, items: 25))
    #expect(log.excluded == log.table.history)
    #expect(log.negatives == nil)
    #expect(log.users == numbers(30))
    let popularity = (0..<25).map { item in log.table.items.count { $0 == item } }
    #expect(log.popularity == popularity.map { Double($0) })
  }

  @Test func `events for and against add up, and one against excludes whatever comes of it`() {
    let log = log(
      [
        event(0, 0, 1), event(0, 1, 1), event(0, 1, 2, -3), event(0, 2, 3, 5), event(0, 2, 4, -1),
        event(1, 0, 1), event(1, 2, 9, -1), event(1, 3, 9, -1), event(1, 0, 10, -1),
        event(1, 1, 10, 2),
      ], users: 2, items: 4)
    // Item 3 has nothing but a word against it: the log does not know it.
    #expect(log.items == numbers(3))
    #expect(log.table.offsets == [0, 2, 3])
    #expect(log.table.items == [0, 2, 1])
    #expect(log.table.weights == [1, 4, 2])
    #expect(log.table.seconds == [1, 3, 10])
    #expect(lists(log.excluded) == [[0, 1, 2], [0, 1, 2]])
    #expect(log.negatives.map { lists($0.items) } == [[1], [0, 2]])
    #expect(log.negatives?.weights == [2, 0x1p-20, 1])
    #expect(log.negativePairs == 4)
    #expect(log.table.merged == 3)
    #expect(log.popularity == [1, 1, 1])
  }

  @Test func `an event weighs half after each half-life, counted from the newest`() {
    let log = log(
      [event(0, 0, 100), event(0, 0, 80), event(0, 1, 90, 8), event(0, 2, 0)], users: 1, items: 3
    ) {
      $0.halfLife = 10
      $0.popularHalfLife = 20
    }
    #expect(log.table.weights == [1.25, 4, 0x1p-10])
    #expect(log.popularity == [1, 0.5.squareRoot(), 0x1p-5])
    // However old an event is, it is one.
    let old = self.log([event(0, 0, 1), event(0, 1, 1_000_000)], users: 1, items: 2) {
      $0.halfLife = 10
    }
    #expect(old.table.weights == [0x1p-20, 1])
  }

  @Test func `beyond the most events of a user the older ones do not count, but still exclude`() {
    let log = log(
      [
        event(0, 0, 1), event(0, 1, 5), event(0, 2, 3), event(0, 3, 5), event(0, 0, 4),
        event(1, 2, 9), event(1, 4, 9, 0),
      ], users: 2, items: 5
    ) {
      $0.maximumPerUser = 3
    }
    #expect(log.overMaximum == 2)
    #expect(log.items == numbers(4))
    #expect(log.table.items == [0, 1, 3, 2])
    #expect(log.table.seconds == [4, 5, 5, 9])
    #expect(lists(log.excluded) == [[0, 1, 2, 3], [2]])
  }

  @Test func `marked events exclude in place of those that count, and may come back`() {
    let events = [
      event(0, 0, 1), event(0, 1, 2, 0, excludes: true), event(0, 2, 8, excludes: true),
      event(0, 3, 1, -1), event(0, 4, 5), event(1, 1, 3), event(1, 3, 3), event(1, 4, 3),
    ]
    let marked = log(events, users: 2, items: 5, marked: true) { $0.exclusion = .marked }
    #expect(lists(marked.excluded) == [[1, 2, 3], []])
    #expect(marked.table.items == [0, 2, 4, 1, 3, 4])
    let readmitting = log(events, users: 2, items: 5, marked: true) {
      $0.exclusion = .marked
      $0.readmittedBefore = 3
    }
    #expect(lists(readmitting.excluded) == [[2, 3], []])
    let counted = log(events, users: 2, items: 5) { $0.readmittedBefore = 3 }
    #expect(lists(counted.excluded) == [[2, 3, 4], [1, 3, 4]])
    let none = log(events, users: 2, items: 5) { $0.exclusion = .none }
    #expect(lists(none.excluded) == [[3], []])
  }

  @Test func `users with too few interactions are outsiders, with what they are not to be shown`() {
    let log = log(
      [
        event(0, 0, 1), event(0, 3, 2), event(1, 1, 1), event(1, 3, 7), event(1, 2, 2, -1),
        event(2, 0, 4), event(2, 3, 3), event(2, 0, 9), event(2, 2, 1), event(3, 3, 1, -1),
      ], users: 5, items: 5
    ) {
      $0.minimumInteractions = 3
      $0.popularSince = 3
    }
    #expect(log.users.identifiers == .integers([2]))
    #expect(log.items.identifiers == .integers([0, 2, 3]))
    #expect(log.unusedItems.identifiers == .integers([1, 4]))
    #expect(log.table.items == [0, 1, 2])
    #expect(log.outsiders.identifiers == .integers([0, 1, 3]))
    #expect(lists(log.outsidersExcluded) == [[0, 2], [1, 2], [2]])
    #expect(log.outsidersLatest == [2, 7, 1])
    #expect(log.latest == [9])
    #expect(log.tooFew == 4)
    // Every event is used, merged, too few or against.
    #expect(log.table.merged == 1)
    #expect(log.negativePairs == 2)
    #expect(log.popularity == [1, 0, 1])
  }

  @Test func `the order of arrival changes no bit`() {
    let events = randomEvents(3_000, users: 12, items: 30, seed: 8).enumerated().map {
      let weight = $0.offset % 5 == 0 ? -$0.element.weight : $0.element.weight
      return event(
        $0.element.user, $0.element.item, $0.element.second, weight,
        excludes: $0.offset % 3 == 0)
    }
    func log(_ events: [(Event, excludes: Bool)]) -> InteractionLog {
      self.log(events, users: 12, items: 30, marked: true) {
        $0.exclusion = .marked
        $0.halfLife = 17
        $0.maximumPerUser = 100
        $0.popularHalfLife = 3
        $0.readmittedBefore = 20
      }
    }
    let expected = log(events)
    #expect(expected.negatives != nil)
    for epoch in 0..<4 {
      let order = EpochOrder(count: events.count, seed: 9, epoch: epoch)
      let other = log(events.indices.map { events[order[$0]] })
      #expect(other.table == expected.table)
      #expect(other.excluded == expected.excluded)
      #expect(other.negatives == expected.negatives)
      #expect(other.popularity == expected.popularity)
    }
  }

  @Test func `weights up to the latest new item are those of a log that ends with it`() throws {
    let events = randomEvents(2_000, users: 40, items: 60, seed: 6).enumerated().map {
      // Each at a second of its own.
      event(
        $0.element.user, $0.element.item, UInt32($0.offset * 7 % 2_003),
        $0.offset % 6 == 0 ? -$0.element.weight : $0.element.weight)
    }
    func log(_ events: [(Event, excludes: Bool)]) -> InteractionLog {
      self.log(events, users: 40, items: 60) {
        $0.halfLife = 300
        $0.ageFrom = 5_000
        $0.weighsUpToLatest = true
      }
    }
    let whole = log(events)
    let numbers = whole.table.weightsUpToLatest
    try #require(numbers.count == whole.table.count)
    #expect(numbers != whole.table.weights && whole.negativesUpToLatest != nil)
    func ids(_ vocabulary: Vocabulary) -> [Int64] {
      if case .integers(let ids) = vocabulary.identifiers { ids } else { [] }
    }
    let (users, items) = (ids(whole.users), ids(whole.items))
    var least = 0
    for user in users.indices {
      let latest = whole.sequences.latestRows(of: user, in: whole.table).latest
      // All events but this user's later ones.
      let earlier = log(
        events.filter {
          $0.0.user != UInt32(users[user]) || $0.0.second <= whole.table.seconds[latest]
        })
      let same = try #require(ids(earlier.users).firstIndex(of: users[user]))
      let rows = earlier.table.offsets[same]..<earlier.table.offsets[same + 1]
      let known = Dictionary(
        uniqueKeysWithValues: rows.map {
          (ids(earlier.items)[Int(earlier.table.items[$0])], earlier.table.weights[$0])
        })
      for place in whole.table.offsets[user]..<whole.table.offsets[user + 1] {
        let weight = known[items[Int(whole.table.items[place])]]
        // An item of which nothing was left by then weighs next to nothing.
        #expect(numbers[place] == weight ?? 0x1p-20)
        if weight == nil { least += 1 }
      }
      // Items that the user was against then, and is now.
      let against = try #require(whole.negatives).items[user].map { items[Int($0)] }
      let then = try #require(earlier.negatives).items[same].map { ids(earlier.items)[Int($0)] }
      let kept = try #require(whole.negativesUpToLatest).items[user].map { items[Int($0)] }
      #expect(kept == against.filter(then.contains))
    }
    #expect(least > 0)
  }

  @Test func `an item whose events cancel out is a known negative then too`() throws {
    let log = self.log(
      [
        // User 0: a view and a hide of item 3 that cancel out, and nothing after the latest item.
        event(0, 3, 1), event(0, 3, 2, -1), event(0, 0, 3), event(0, 1, 4), event(0, 2, 5),
        // User 1: the latest new item is 3; afterwards a repeat, and a word against item 0.
        event(1, 1, 1), event(1, 2, 2), event(1, 3, 3), event(1, 1, 4), event(1, 0, 5, -1),
      ], users: 2, items: 4
    ) { $0.weighsUpToLatest = true }
    #expect(lists(try #require(log.negatives).items) == [[3], [0]])
    #expect(lists(try #require(log.negativesUpToLatest).items) == [[3], []])
    #expect(log.negativesUpToLatest?.weights == [0x1p-20])
    #expect(log.table.weights == [1, 1, 1, 2, 1, 1])
    #expect(log.table.weightsUpToLatest == [1, 1, 1, 1, 1, 1])
  }

  @Test func `events of users without an index are left out and counted`() {
    var columns = InteractionColumns()
    for user in UInt32(0)..<3 {
      for item in UInt32(0)..<4 { columns.append(user: user, item: item, second: item) }
    }
    // By arrival: users 7, 5 and 6, of whom 5 is not to be learnt from.
    let log = InteractionLog(
      columns: columns, users: Vocabulary(kind: .bigint, identifiers: .integers([5, 6, 7])),
      userMap: IndexMap([2, -1, 1]), items: numbers(4), itemMap: .identity(4),
      rules: MergeRules())
    #expect(log.users.identifiers == .integers([6, 7]))
    #expect(log.outsiders.count == 0)
    #expect(log.absent == 4)
    #expect(log.table.offsets == [0, 4, 8])
    #expect(log.sequences.offsets == [0, 4, 8])
  }
}

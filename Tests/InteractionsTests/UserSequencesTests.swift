import Testing

@testable import Interactions

struct UserSequencesTests {
  /// A log of events whose identifiers are these numbers, 8 and more of them numbered by arrival.
  private func log(
    _ events: [Event], _ change: (inout MergeRules) -> Void = { _ in }
  ) -> InteractionLog {
    var columns = InteractionColumns()
    var (users, items) = (VocabularyBuilder(kind: .bigint), VocabularyBuilder(kind: .bigint))
    for event in events {
      columns.append(
        user: users.intern(Int64(event.user)), item: items.intern(Int64(event.item)),
        second: event.second, weight: event.weight)
    }
    let ((userIDs, userMap), (itemIDs, itemMap)) = (users.finish(), items.finish())
    var rules = MergeRules()
    change(&rules)
    return InteractionLog(
      columns: columns, users: userIDs, userMap: userMap, items: itemIDs, itemMap: itemMap,
      rules: rules)
  }

  /// Items and seconds of a user's events, items by their identifiers.
  private func events(_ user: Int, of log: InteractionLog) -> [[UInt32]] {
    log.sequences.range(of: user).map { place in
      let item = log.items.text(at: Int(log.sequences.items[place]))
      return [UInt32(item) ?? .max, log.sequences.seconds[place]]
    }
  }

  private func event(
    _ user: UInt32, _ item: UInt32, _ second: UInt32, _ weight: Float = 1
  ) -> Event { Event(user: user, item: item, second: second, weight: weight) }

  /// Four items in each of two seconds, of each of some users.
  private let tied = (UInt32(0)..<40).flatMap { user in
    (UInt32(0)..<8).map { item in
      Event(user: user, item: (item * 5 + user) % 11, second: 100 + item / 4, weight: 1)
    }
  }

  @Test func `every event for an item is there, in order of time`() {
    let log = log([
      event(4, 30, 50), event(4, 10, 40), event(4, 30, 20), event(9, 10, 5), event(4, 20, 60),
      event(4, 30, 60, 3),
    ])
    #expect(events(1, of: log) == [[10, 5]])
    let own = events(0, of: log)
    #expect(own.prefix(3) == [[30, 20], [10, 40], [30, 50]])
    #expect(Set(own.suffix(2)) == [[20, 60], [30, 60]])
    #expect(log.sequences.offsets == [0, 5, 6])
    #expect(log.table.count == 4 && log.table.merged == 2)
  }

  @Test func `events against an item, of no weight and of known negatives are not there`() {
    let log = log([
      event(0, 1, 10, -1), event(0, 1, 20, 3), event(0, 2, 30), event(0, 2, 31, -2),
      event(0, 3, 40, 0), event(0, 3, 50),
    ])
    #expect(events(0, of: log) == [[1, 20], [3, 50]])
    // An interaction's time is that of the first event for the item.
    #expect(log.table.seconds == [20, 50])
  }

  @Test func `events of users and items that are left out are not there`() {
    let log = log([
      event(0, 1, 1), event(1, 2, 2), event(1, 7, 4), event(1, 2, 3), event(2, 1, 5),
    ]) { $0.minimumInteractions = 2 }
    #expect(log.sequences.offsets == [0, 3])
    #expect(events(0, of: log) == [[2, 2], [2, 3], [7, 4]])
    #expect(log.sequences.items == [0, 0, 1])
  }

  @Test func `an event takes 8 bytes`() {
    let sequences = log(tied).sequences
    let bytes =
      sequences.items.count * MemoryLayout<UInt32>.stride
      + sequences.seconds.count * MemoryLayout<UInt32>.stride
    #expect(bytes == 8 * tied.count)
    #expect(sequences.count == tied.count)
  }

  @Test func `the seed settles ties and changes nothing else`() {
    let logs = (UInt64(1)...20).map { seed in log(tied) { $0.seed = seed } }
    for other in logs {
      #expect(other.table == logs[0].table)
      #expect(other.sequences.seconds == logs[0].sequences.seconds)
      for user in 0..<40 {
        #expect(Set(events(user, of: other)) == Set(events(user, of: logs[0])))
      }
    }
    // Each of the four items of the last second is the latest one about as often as the others.
    var latest: [Int: Int] = [:]
    for log in logs {
      for user in 0..<40 {
        let item = Int(log.items.text(at: Int(log.sequences.items[user * 8 + 7]))) ?? -1
        let place = (0..<8).first { ($0 * 5 + user) % 11 == item } ?? -1
        latest[place, default: 0] += 1
      }
    }
    #expect(Set(latest.keys) == [4, 5, 6, 7])
    #expect(latest.values.allSatisfy { (150...250).contains($0) }, "\(latest)")
  }

  @Test func `the order of arrival and other users and items leave ties as they are`() {
    let plain = log(tied)
    let more = (UInt32(0)..<30).map { event(41 + $0 % 3, 500 + $0, $0) }
    let other = log(more + tied.reversed() + [event(2, 999, 1)])
    for user in 0..<40 {
      let own = events(user, of: other).filter { $0[0] != 999 }
      #expect(own == events(user, of: plain), "user \(user)")
    }
  }

  @Test(arguments: [IdentifierKind.integer, .uuid, .text])
  func `ties go by identifiers of every kind`(kind: IdentifierKind) {
    func ids(_ numbers: [Int]) -> Vocabulary {
      let identifiers: Vocabulary.Identifiers =
        switch kind {
        case .bigint, .integer: .integers(numbers.map { Int64($0) })
        case .uuid: .uuids(numbers.map { UInt128($0) << 70 })
        case .text: .texts(numbers.map { "id \($0)" })
        }
      return Vocabulary(kind: kind, identifiers: identifiers)
    }
    func sorted(_ users: [Int], _ user: Int, _ items: [Int], _ wanted: [UInt32]) -> [Int] {
      var events = wanted.map { UserSequences.event($0, at: 9) }
      EventOrder(seed: 1, users: ids(users), items: ids(items)).sort(&events, of: user)
      return events.map { items[Int(UserSequences.parts($0).item)] }
    }
    let few = sorted([3, 7], 1, [2, 4, 6, 8], [0, 1, 2, 3])
    #expect(few == sorted([1, 3, 5, 7], 3, [1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 5, 7]))
    #expect(few.sorted() == [2, 4, 6, 8])
  }

  @Test func `the most events of a user that count are the last of the sequence`() {
    let all = log(tied)
    for most in 1...7 {
      let limited = log(tied) { $0.maximumPerUser = most }
      #expect(limited.overMaximum == 40 * (8 - most))
      for user in 0..<40 {
        #expect(events(user, of: limited) == Array(events(user, of: all).suffix(most)))
      }
    }
  }

  @Test func `the latest two items are the last two that are met for the first time`() {
    let random = randomEvents(4_000, users: 30, items: 40, seed: 3).map {
      event($0.user, $0.item, $0.second % 12, abs($0.weight) + 1)
    }
    let log = log(random)
    let split = HoldoutSplit(log.table, log.sequences)
    for user in 0..<30 {
      var met: [UInt32] = []
      for place in log.sequences.range(of: user) where !met.contains(log.sequences.items[place]) {
        met.append(log.sequences.items[place])
      }
      #expect(met.count > 2)
      #expect(split.test[user] == met.last.map { Int32($0) })
      #expect(split.validation[user] == met.dropLast().last.map { Int32($0) })
      #expect(met.sorted() == Array(log.table.history[user]))
    }
  }

  @Test func `first events of a table are the sequences of a log without repeats`() {
    let log = log(tied)
    // Users and items are their own identifiers.
    #expect(log.users.text(at: 39) == "39" && log.items.text(at: 10) == "10")
    #expect(UserSequences(firstEventsOf: log.table) == log.sequences)
    #expect(UserSequences(firstEventsOf: log.table, seed: 2) != log.sequences)
    let single = UserSequences(firstEventsOf: table([event(0, 0, 1)], users: 1, items: 1))
    let rows = single.latestRows(of: 0, in: table([event(0, 0, 1)], users: 1, items: 1))
    #expect(rows.latest == 0 && rows.second == -1)
  }
}

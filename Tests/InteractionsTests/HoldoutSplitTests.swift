import Interactions
import Testing

struct HoldoutSplitTests {
  /// The split of a user's events, each an item, its second and its weight.
  private func split(_ events: [(item: UInt32, second: UInt32, weight: Float)]) -> HoldoutSplit {
    let events = events.map { Event(user: 0, item: $0.item, second: $0.second, weight: $0.weight) }
    return split(of: table(events, users: 1, items: 4))
  }

  private func split(of table: InteractionTable, least: Int = 3) -> HoldoutSplit {
    HoldoutSplit(table, UserSequences(firstEventsOf: table), minimumInteractions: least)
  }

  @Test func `the latest is test, the second latest validation, the rest training`() {
    let split = split([(0, 40, 1), (1, 10, 2), (2, 30, 3), (3, 20, 4)])
    #expect(split.test == [0])
    #expect(split.validation == [2])
    #expect(split.training == UserItems(lists: [[1, 3]]))
    #expect(split.trainingWeights == [2, 4])
    #expect(split.testUsers == [0])
  }

  @Test func `of two with the same time the one that is later in the sequence is later`() {
    let table = table(
      (0..<4).map { Event(user: 0, item: $0, second: 7, weight: 1) }, users: 1, items: 4)
    var tests = Set<Int32>()
    for seed in UInt64(0)..<40 {
      let sequences = UserSequences(firstEventsOf: table, seed: seed)
      let split = HoldoutSplit(table, sequences)
      #expect(split.test == [Int32(sequences.items[3])])
      #expect(split.validation == [Int32(sequences.items[2])])
      tests.formUnion(split.test)
    }
    #expect(tests == [0, 1, 2, 3])
  }

  @Test func `a repeat does not make an old interaction the latest`() {
    let split = split([(0, 1, 1), (1, 2, 1), (2, 3, 1), (0, 9, 1)])
    #expect((split.test, split.validation) == ([2], [1]))
  }

  @Test func `users with fewer than three interactions are trained on only`() {
    var events: [Event] = []
    for user in UInt32(0)..<5 {
      for item in 0..<user {
        events.append(Event(user: user, item: item, second: item, weight: 1))
      }
    }
    let split = self.split(of: table(events, users: 5, items: 4))
    #expect(split.test == [-1, -1, -1, 2, 3])
    #expect(split.validation == [-1, -1, -1, 1, 2])
    #expect(split.training == UserItems(lists: [[], [0], [0, 1], [0], [0, 1]]))
    #expect(split.testUsers == [3, 4])
    let stricter = self.split(of: table(events, users: 5, items: 4), least: 4)
    #expect(stricter.testUsers == [4])
  }

  @Test func `a split is what sorting by time would give`() {
    let table = table(
      randomEvents(1_500, users: 60, items: 40, seed: 4), users: 60, items: 40)
    let sequences = UserSequences(firstEventsOf: table)
    let split = HoldoutSplit(table, sequences)
    var tested = 0
    for user in 0..<60 {
      let rows = Array(table.offsets[user]..<table.offsets[user + 1])
      let order = Array(sequences.items[sequences.range(of: user)])
      let sorted = rows.sorted { left, right in
        table.seconds[left] != table.seconds[right]
          ? table.seconds[left] < table.seconds[right]
          : order.firstIndex(of: table.items[left]) ?? 0
            < order.firstIndex(of: table.items[right]) ?? 0
      }
      let held = sorted.count >= 3 ? sorted.suffix(2).map { table.items[$0] } : []
      #expect(split.validation[user] == (held.first.map { Int32($0) } ?? -1))
      #expect(split.test[user] == (held.last.map { Int32($0) } ?? -1))
      let kept = rows.filter { !held.contains(table.items[$0]) }
      #expect(Array(split.training[user]) == kept.map { table.items[$0] })
      #expect(
        Array(split.trainingWeights[split.training.range(of: user)])
          == kept.map { table.weights[$0] })
      let before = rows.map { table.items[$0] }.filter { Int32($0) != split.test[user] }
      #expect(Array(split.beforeTest[user]) == before)
      tested += held.isEmpty ? 0 : 1
    }
    #expect(tested == 60)
    #expect(table.history.count == table.count)
  }
}

import Interactions
import Testing

/// One event with dense numbers.
struct Event: Hashable {
  var user: UInt32
  var item: UInt32
  var second: UInt32
  var weight: Float
}

/// Makes a table of events whose provisional numbers are dense already.
func table(_ events: [Event], users: Int, items: Int) -> InteractionTable {
  var columns = InteractionColumns()
  for event in events {
    columns.append(
      user: event.user, item: event.item, second: event.second, weight: event.weight)
  }
  return InteractionTable(
    columns: columns, users: .identity(users), items: .identity(items),
    userCount: users, itemCount: items)
}

/// Makes events at random, with repeats, and weights whose sums depend on their order.
func randomEvents(_ count: Int, users: Int, items: Int, seed: UInt64) -> [Event] {
  var random = CounterRandom(seed: seed, stream: 0)
  return (0..<count).map { _ in
    Event(
      user: UInt32(random.uniform(below: users)), item: UInt32(random.uniform(below: items)),
      second: UInt32(random.uniform(below: 50)),
      weight: Float(random.gaussian() * (random.uniform() < 0.5 ? 1 : 1e6)))
  }
}

struct InteractionTableTests {
  @Test func `repeats are merged: the time of the first, the weights summed`() {
    let table = table(
      [
        Event(user: 1, item: 2, second: 30, weight: 1),
        Event(user: 0, item: 1, second: 5, weight: 2),
        Event(user: 1, item: 2, second: 10, weight: 5),
        Event(user: 1, item: 0, second: 20, weight: -1),
        Event(user: 1, item: 2, second: 20, weight: 0.5),
      ], users: 3, items: 3)
    #expect(table.offsets == [0, 1, 3, 3])
    #expect(table.items == [1, 0, 2])
    #expect(table.seconds == [5, 20, 10])
    #expect(table.weights == [2, -1, 6.5])
    #expect(table.merged == 2)
    #expect(table.count == 3)
  }

  @Test func `provisional numbers become dense ones`() {
    var columns = InteractionColumns()
    columns.append(user: 0, item: 0, second: 1)
    columns.append(user: 1, item: 1, second: 2)
    columns.append(user: 1, item: 0, second: 3)
    let table = InteractionTable(
      columns: columns, users: IndexMap([1, 0]), items: IndexMap([1, 0]), userCount: 2, itemCount: 2
    )
    #expect(table.offsets == [0, 2, 3])
    #expect(table.items == [0, 1, 1])
    #expect(table.seconds == [2, 3, 1])
    #expect(table.weights == [1, 1, 1])
  }

  @Test func `no events make an empty table`() {
    let empty = table([], users: 0, items: 0)
    #expect(empty.offsets == [0])
    #expect(empty.count == 0)
  }

  @Test(arguments: [(1, 1, 1), (7, 1, 5), (7, 5, 1), (500, 20, 15), (3_000, 40, 200)])
  func `a table is what a dictionary of pairs would hold`(count: Int, users: Int, items: Int) {
    let events = randomEvents(count, users: users, items: items, seed: UInt64(count))
    let table = table(events, users: users, items: items)
    var pairs: [[UInt32]: [Event]] = [:]
    for event in events { pairs[[event.user, event.item], default: []].append(event) }
    #expect(table.count == pairs.count)
    #expect(table.merged == events.count - pairs.count)
    for user in 0..<users {
      let rows = table.offsets[user]..<table.offsets[user + 1]
      #expect(zip(rows, rows.dropFirst()).allSatisfy { table.items[$0] < table.items[$1] })
      for row in rows {
        let met = pairs[[UInt32(user), table.items[row]]] ?? []
        let positives = met.filter { $0.weight > 0 }
        #expect(
          table.seconds[row] == (positives.isEmpty ? met : positives).map(\.second).min())
        let sum = met.reduce(0.0) { $0 + Double($1.weight) }
        #expect(abs(Double(table.weights[row]) - sum) <= 1e-6 * (abs(sum) + 1))
      }
    }
  }

  @Test func `the order of arrival changes no bit`() {
    let events = randomEvents(2_000, users: 10, items: 20, seed: 5)
    let expected = table(events, users: 10, items: 20)
    #expect(expected.merged > 1_000)
    for epoch in 0..<5 {
      let order = EpochOrder(count: events.count, seed: 9, epoch: epoch)
      let shuffled = (0..<events.count).map { events[order[$0]] }
      let other = table(shuffled, users: 10, items: 20)
      #expect(other == expected)
      #expect(other.weights.map(\.bitPattern) == expected.weights.map(\.bitPattern))
    }
  }
}

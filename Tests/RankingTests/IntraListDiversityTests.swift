import Interactions
import Parallelism
import Ranking
import Testing

/// Lays lists out, one a user.
func lists(_ lists: [[UInt32]]) -> RecommendationLists {
  var offsets = [0]
  for list in lists { offsets.append((offsets.last ?? 0) + list.count) }
  return RecommendationLists(
    users: (0..<UInt32(lists.count)).map { $0 }, offsets: offsets, items: lists.flatMap { $0 },
    scores: [Float](repeating: 0, count: offsets.last ?? 0))
}

struct IntraListDiversityTests {
  private let pool = WorkerPool(threads: 2)

  @Test func `alike is 0, at right angles 1, opposite 2`() {
    let diversity = IntraListDiversity(vectors: [1, 0, 3, 0, 0, 2, -5, 0, 0, 0], width: 2)
    let made: [[UInt32]] = [[0, 1], [0, 2], [0, 3], [0, 4], [4, 0], [0, 1, 2]]
    let expected: [Double] = [0, 1, 2, 1, 1, 2.0 / 3]
    for (value, known) in zip(diversity.values(lists(made), k: 10, pool: pool), expected) {
      #expect(abs(value - known) < 1e-12)
    }
  }

  @Test func `only the first k count, and a list without a pair has no diversity`() {
    let diversity = IntraListDiversity(vectors: [1, 0, 0, 1, 0, 1], width: 2)
    #expect(diversity.values(lists([[1, 2, 0], [], [0], [0, 1]]), k: 2, pool: pool) == [0, 1])
    #expect(diversity.values(lists([[1, 2, 0]]), k: 1, pool: pool) == [])
  }

  @Test func `columns of users are compared by who has both items`() {
    var random = CounterRandom(seed: 4, stream: 0)
    let items = 31
    // Nobody has the last item.
    let interactions = UserItems(
      lists: (0..<500).map { user in
        (0..<UInt32(items - 1)).filter {
          random.uniform() < (Int($0) % 3 == user % 3 ? 0.5 : 0.02 * Double($0 % 5))
        }
      })
    var users = [Set<Int>](repeating: [], count: items)
    for user in 0..<interactions.userCount {
      for item in interactions[user] { users[Int(item)].insert(user) }
    }
    func distance(_ first: UInt32, _ second: UInt32) -> Double {
      let (one, other) = (users[Int(first)], users[Int(second)])
      let each = Double(one.count * other.count).squareRoot()
      return each > 0 ? 1 - Double(one.intersection(other).count) / each : 1
    }
    let made: [[UInt32]] = (0..<200).map { _ in
      let start = random.uniform(below: items)
      let step = 1 + random.uniform(below: items - 1)
      return (0..<random.uniform(below: 12)).map { UInt32((start + $0 * step) % items) }
    }
    let expected: [Double?] = made.map { list in
      var distances: [Double] = []
      for (place, first) in list.enumerated() {
        for second in list[..<place] { distances.append(distance(first, second)) }
      }
      return distances.isEmpty ? nil : distances.reduce(0, +) / Double(distances.count)
    }
    let diversity = IntraListDiversity(columnsOf: interactions, itemCount: items)
    let values = diversity.values(lists(made), k: 12, pool: pool)
    #expect(values.count == expected.compactMap { $0 }.count)
    for (ours, known) in zip(values, expected.compactMap { $0 }) {
      #expect(abs(ours - known) < 1e-12)
    }
    #expect(diversity.values(lists(made), k: 12, pool: WorkerPool(threads: 4)) == values)
    let third = stride(from: 0, to: 200, by: 3).compactMap { expected[$0] }
    let some = diversity.values(lists(made), k: 12, step: 3, pool: pool)
    #expect(some.count == third.count)
    for (ours, known) in zip(some, third) { #expect(abs(ours - known) < 1e-12) }
  }
}

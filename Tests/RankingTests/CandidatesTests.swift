import Interactions
import Parallelism
import Ranking
import Testing

struct CandidatesTests {
  private let pool = WorkerPool(threads: 2)

  @Test func `candidates are distinct and nothing that the user knows`() {
    let known = randomHistory(users: 150, items: 200, seed: 1)
    let users = (0..<UInt32(150)).filter { $0 % 4 != 0 }
    let drawn = Candidates.drawn(
      30, users: users, outside: known, itemCount: 200, seed: 2, pool: pool)
    #expect(drawn.userCount == 150)
    for user in 0..<150 {
      let free = 200 - known[user].count
      #expect(drawn[user].count == (user % 4 == 0 ? 0 : min(30, free)))
      #expect(Set(drawn[user]).count == drawn[user].count)
      #expect(drawn[user].allSatisfy { $0 < 200 && !known.contains(user: user, item: $0) })
    }
  }

  @Test func `when they run short a user gets all there are`() {
    let known = UserItems(lists: [[0, 2, 4], [0, 1, 2, 3, 4, 5], []])
    let drawn = Candidates.drawn(
      99, users: [0, 1, 2], outside: known, itemCount: 6, seed: 3, pool: pool)
    #expect(drawn == UserItems(lists: [[1, 3, 5], [], [0, 1, 2, 3, 4, 5]]))
  }

  @Test func `every free item is drawn as often as any other`() {
    let users = 20_000
    let known = UserItems(lists: [[UInt32]](repeating: [0, 3, 4, 9], count: users))
    let drawn = Candidates.drawn(
      3, users: (0..<UInt32(users)).map { $0 }, outside: known, itemCount: 12, seed: 4, pool: pool)
    var counts = [Int](repeating: 0, count: 12)
    for item in drawn.items { counts[Int(item)] += 1 }
    let expected = Double(3 * users) / 8
    for item in 0..<12 where !known.contains(user: 0, item: UInt32(item)) {
      // Five standard deviations of a draw with the probability 3/8.
      #expect(abs(Double(counts[item]) - expected) < 5 * (expected * 5 / 8).squareRoot())
    }
    #expect(counts.reduce(0, +) == 3 * users)
  }

  @Test func `what a user gets depends on the seed and the user alone`() {
    let known = randomHistory(users: 200, items: 100, seed: 5)
    let users = (0..<UInt32(200)).map { $0 }
    func drawn(_ users: [UInt32], seed: UInt64, threads: Int) -> UserItems {
      Candidates.drawn(
        20, users: users, outside: known, itemCount: 100, seed: seed,
        pool: WorkerPool(threads: threads))
    }
    let expected = drawn(users, seed: 6, threads: 1)
    #expect(drawn(users, seed: 6, threads: 4) == expected)
    #expect(Array(drawn([77], seed: 6, threads: 1)[77]) == Array(expected[77]))
    #expect(drawn(users, seed: 7, threads: 1) != expected)
  }
}

import Interactions
import Parallelism
import Testing

@testable import Ranking

struct TopKTests {
  private let pool = WorkerPool(threads: 2)

  /// Sorts everything that may be listed, and takes the first k.
  private func slowList(
    _ scorer: TableScorer, _ user: Int, _ k: Int, _ history: UserItems, _ eligible: [Bool]?
  ) -> [UInt32] {
    let scores = scorer.rows[user]
    return (0..<scorer.itemCount)
      .filter { scores[$0] > -.infinity && !history[user].contains(UInt32($0)) }
      .filter { eligible?[$0] ?? true }
      .sorted { (scores[$0], $1) > (scores[$1], $0) }
      .prefix(k).map { UInt32($0) }
  }

  @Test func `the best come first, history is left out, ties go to the lower item`() {
    let scorer = TableScorer([[1, 5, 3, 5, 2], [9, 8, 7, 6, 5]])
    let lists = topK(
      scorer, users: [1, 0], k: 3, history: UserItems(lists: [[], [0, 2]]), pool: pool)
    #expect(lists.users == [1, 0])
    #expect(lists.offsets == [0, 3, 6])
    #expect(lists.items == [1, 3, 4, 1, 3, 2])
    #expect(lists.scores == [8, 6, 5, 5, 5, 3])
    #expect(lists.range(ofList: 1) == 3..<6)
  }

  @Test func `a list is short when items run out and never filled up`() {
    let scorer = TableScorer([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    let history = UserItems(lists: [[0, 1, 2], [1], []])
    let lists = topK(
      scorer, users: [0, 1, 2], k: 10, history: history, eligible: [true, true, false], pool: pool)
    #expect(lists.offsets == [0, 0, 1, 3])
    #expect(lists.items == [0, 1, 0])
    let none = topK(
      scorer, users: [0, 1], k: 2, history: history, eligible: [false, false, false], pool: pool)
    #expect(none.items.isEmpty)
    #expect(none.offsets == [0, 0, 0])
  }

  @Test func `no users and no items make empty lists`() {
    let scorer = TableScorer([[], []], itemCount: 0)
    let history = UserItems(lists: [[], []])
    #expect(topK(scorer, users: [], k: 3, history: history, pool: pool).count == 0)
    #expect(topK(scorer, users: [0, 1], k: 3, history: history, pool: pool).offsets == [0, 0, 0])
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 33, 100, 511, 512, 513, 1_100])
  func `lists are what sorting gives`(items: Int) {
    for (levels, odd) in [(3, false), (40, true), (1_000_000, false)] {
      let scorer = TableScorer(users: 19, items: items, seed: 5, levels: levels, odd: odd)
      let history = randomHistory(users: 19, items: items, seed: UInt64(items))
      var random = CounterRandom(seed: 8, stream: UInt64(items))
      let mask = (0..<items).map { _ in random.uniform() < 0.5 }
      for (k, eligible) in [(1, nil), (10, nil), (10, mask), (37, mask)] as [(Int, [Bool]?)] {
        let users = (0..<UInt32(19)).filter { $0 % 3 != 1 }
        let lists = topK(
          scorer, users: users, k: k, history: history, eligible: eligible, pool: pool)
        for (list, user) in users.enumerated() {
          let range = lists.range(ofList: list)
          let expected = slowList(scorer, Int(user), k, history, eligible)
          #expect(Array(lists.items[range]) == expected)
          #expect(
            Array(lists.scores[range]) == expected.map { scorer.rows[Int(user)][Int($0)] })
        }
      }
    }
  }

  @Test func `neither threads nor tiles change a list`() {
    let scorer = TableScorer(users: 61, items: 333, seed: 2, levels: 9)
    let history = randomHistory(users: 61, items: 333, seed: 3)
    let users = (0..<UInt32(61)).map { $0 }
    let expected = topK(
      scorer, users: users, k: 12, history: history, pool: WorkerPool(threads: 1))
    for threads in [2, 4] {
      for tile in [TileShape(), TileShape(users: 1, items: 1), TileShape(users: 5, items: 48)] {
        let pool = WorkerPool(threads: threads)
        let lists = topK(scorer, users: users, k: 12, history: history, pool: pool, tile: tile)
        #expect(lists == expected)
      }
    }
  }
}

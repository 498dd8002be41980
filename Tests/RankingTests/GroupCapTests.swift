import Interactions
import Parallelism
import Testing

@testable import Ranking

struct GroupCapTests {
  private let pool = WorkerPool(threads: 2)

  /// Goes down all items by score and passes over those whose group is full.
  private func slowList(
    _ scorer: TableScorer, _ user: Int, _ k: Int, _ history: UserItems, _ cap: GroupCap
  ) -> [UInt32] {
    let scores = scorer.rows[user]
    let order = (0..<scorer.itemCount)
      .filter { scores[$0] > -.infinity && !history[user].contains(UInt32($0)) }
      .sorted { (scores[$0], $1) > (scores[$1], $0) }
    var list: [UInt32] = []
    for item in order where list.count < k {
      let mates = list.count { cap.groups[Int($0)] == cap.groups[item] }
      if cap.groups[item] < 0 || mates < cap.most { list.append(UInt32(item)) }
    }
    return list
  }

  @Test(arguments: [1, 7, 16, 33, 100, 700])
  func `lists are what going down by score and passing over full groups gives`(items: Int) {
    for (levels, groups, most) in [(3, 4, 1), (40, 5, 2), (1_000_000, 60, 3), (1_000_000, 1, 2)] {
      let scorer = TableScorer(users: 19, items: items, seed: 5, levels: levels, odd: false)
      let history = randomHistory(users: 19, items: items, seed: UInt64(items))
      var random = CounterRandom(seed: 8, stream: UInt64(items))
      let cap = GroupCap(
        groups: (0..<items).map { _ in Int32(random.uniform(below: groups + 1)) - 1 }, most: most)
      for k in [1, 3, 10, 37] {
        let lists = topK(
          scorer, users: Array(0..<19), k: k, history: history, cap: cap, pool: pool)
        for user in 0..<19 {
          let range = lists.range(ofList: user)
          #expect(Array(lists.items[range]) == slowList(scorer, user, k, history, cap))
          #expect(
            lists.scores[range].elementsEqual(
              lists.items[range].map {
                scorer.rows[user][Int($0)]
              }))
        }
      }
    }
  }

  @Test func `items without a group fill what groups leave`() {
    let scorer = TableScorer([[9, 8, 7, 6, 5, 4]])
    let cap = GroupCap(groups: [0, 0, 0, -1, 1, -1], most: 1)
    #expect(cap.groupCount == 2)
    let lists = topK(
      scorer, users: [0], k: 6, history: UserItems(lists: [[]]), cap: cap, pool: pool)
    #expect(lists.items == [0, 3, 4, 5])
  }
}

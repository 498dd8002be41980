import Interactions
import Parallelism
import Testing

@testable import Ranking

struct HoldoutRanksTests {
  private let pool = WorkerPool(threads: 2)

  @Test func `the rank is the number of candidates that are not below`() {
    let scorer = TableScorer([[0.5, 0.9, 0.1, 0.7, 0.5]])
    func rank(_ item: Int32, _ candidates: [UInt32]) -> Int? {
      HoldoutRanks.sampled(
        scorer, holdout: [item], candidates: UserItems(lists: [candidates]), pool: pool)[0]
    }
    #expect(rank(1, [0, 2, 3, 4]) == 0)
    #expect(rank(3, [0, 1, 2, 4]) == 1)
    #expect(rank(2, [0, 1, 3, 4]) == 4)
    // A tie ranks the held-out item below.
    #expect(rank(0, [1, 2, 3, 4]) == 3)
    // The held-out item and doubled candidates count once.
    #expect(rank(3, [1, 1, 1, 3, 3]) == 1)
    #expect(rank(2, []) == 0)
  }

  @Test func `the whole catalogue is all but what is left out`() {
    let scorer = TableScorer([[0.5, 0.9, 0.1, 0.7, 0.5]])
    func rank(_ item: Int32, _ leftOut: [UInt32]) -> Int? {
      HoldoutRanks.full(
        scorer, holdout: [item], leavingOut: UserItems(lists: [leftOut]), pool: pool)[0]
    }
    #expect(rank(0, []) == 3)
    #expect(rank(0, [1, 2]) == 2)
    #expect(rank(0, [0, 1, 4]) == 1)
    #expect(rank(2, [0, 1, 2, 3, 4]) == 0)
  }

  @Test func `users without a held-out item are not tested`() {
    let scorer = TableScorer([[1, 2], [1, 2], [1, 2]])
    let none = UserItems(lists: [[], [], []])
    let full = HoldoutRanks.full(scorer, holdout: [-1, 0, -1], leavingOut: none, pool: pool)
    let sampled = HoldoutRanks.sampled(scorer, holdout: [-1, 1, -1], candidates: none, pool: pool)
    #expect(full.ranks == [-1, 1, -1])
    #expect(sampled.ranks == [-1, 0, -1])
    #expect(full[0] == nil)
    #expect(full[1] == 1)
    #expect(full.testedUsers == [1])
  }

  @Test func `a model that says NaN is ranked last`() {
    let scorer = TableScorer([[.nan, 1, 2, 3], [.nan, .nan, .nan, .nan], [.nan, 1, 2, 3]])
    let holdout: [Int32] = [0, 2, 3]
    let all = UserItems(lists: [[1, 2, 3], [0, 1, 3], [0, 1, 2]])
    let sampled = HoldoutRanks.sampled(scorer, holdout: holdout, candidates: all, pool: pool)
    let none = UserItems(lists: [[], [], []])
    let full = HoldoutRanks.full(scorer, holdout: holdout, leavingOut: none, pool: pool)
    #expect(sampled.ranks == [3, 3, 1])
    #expect(full.ranks == sampled.ranks)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 100, 512, 513, 1_030])
  func `ranks are what sorting gives, with any number of threads`(items: Int) {
    let scorer = TableScorer(users: 21, items: items, seed: 4, levels: 30, odd: true)
    let leftOut = randomHistory(users: 21, items: items, seed: 6)
    let candidates = randomHistory(users: 21, items: items, seed: 7)
    var random = CounterRandom(seed: 9, stream: 0)
    let holdout = (0..<21).map { _ in Int32(random.uniform(below: items + 1)) - 1 }
    func slow(_ user: Int, _ among: [UInt32]) -> Int32 {
      guard holdout[user] >= 0 else { return -1 }
      let item = UInt32(holdout[user])
      let scores = scorer.rows[user]
      // The order of a list in which the held-out item comes after its equals.
      let list = Set(among).union([item]).sorted { first, second in
        let (left, right) = (scores[Int(first)], scores[Int(second)])
        let key = { (score: Float, id: UInt32) in
          (score.isNaN ? Float.infinity : score, id == item ? 0 : 1)
        }
        if left.isNaN || right.isNaN, first == item || second == item { return second == item }
        return key(left, first) > key(right, second)
      }
      return Int32(list.firstIndex(of: item) ?? -2)
    }
    let everything = (0..<UInt32(items)).map { $0 }
    for threads in [1, 2, 4] {
      let pool = WorkerPool(threads: threads)
      let sampled = HoldoutRanks.sampled(
        scorer, holdout: holdout, candidates: candidates, pool: pool)
      let full = HoldoutRanks.full(scorer, holdout: holdout, leavingOut: leftOut, pool: pool)
      let narrow = HoldoutRanks.full(
        scorer, holdout: holdout, leavingOut: leftOut, pool: pool,
        tile: TileShape(users: 3, items: 10))
      for user in 0..<21 {
        let others = candidates[user].filter { Int32($0) != holdout[user] }
        let known = Set(leftOut[user])
        #expect(sampled.ranks[user] == slow(user, others))
        #expect(full.ranks[user] == slow(user, everything.filter { !known.contains($0) }))
      }
      #expect(narrow == full)
    }
  }

  @Test(arguments: [1, 9, 512, 513, 1_030])
  func `one look at all scores gives what separate looks give`(items: Int) {
    let scorer = TableScorer(users: 43, items: items, seed: 3, levels: 25, odd: true)
    let known = randomHistory(users: 43, items: items, seed: 1)
    let less = randomHistory(users: 43, items: items, seed: 2)
    var random = CounterRandom(seed: 7, stream: 0)
    let holdouts = (0..<2).map { _ in
      (0..<43).map { _ in Int32(random.uniform(below: items + 1)) - 1 }
    }
    let questions = zip(holdouts, [known, less]).map {
      CatalogueScan.Question(holdout: $0, leavingOut: $1)
    }
    let users = (0..<UInt32(43)).filter { $0 % 5 != 2 }
    let lists = topK(scorer, users: users, k: 7, history: known, pool: pool)
    let ranks = questions.map {
      HoldoutRanks.full(scorer, holdout: $0.holdout, leavingOut: $0.leavingOut, pool: pool)
    }
    for threads in [1, 3] {
      let scan = CatalogueScan(
        scorer, users: users, questions: questions, k: 7, history: known,
        pool: WorkerPool(threads: threads))
      #expect(scan.lists == lists)
      for (ours, full) in zip(scan.ranks, ranks) {
        #expect(ours == users.map { full.ranks[Int($0)] })
      }
    }
  }
}

import Baselines
import Interactions
import Parallelism
import Ranking
import Testing

struct ItemPopTests {
  @Test func `the score is the number of training interactions, for everyone`() {
    let model = ItemPop(positives: UserItems(lists: [[0, 2], [2], [2, 3], []]), itemCount: 5)
    #expect(model.counts == [1, 0, 3, 1, 0])
    #expect(model.userCount == 4)
    let lists = topK(
      model, users: [3, 0], k: 3, history: UserItems(lists: [[0, 2], [2], [2, 3], []]),
      pool: WorkerPool(threads: 1))
    #expect(lists.items == [2, 0, 3, 3, 1, 4])
    #expect(lists.scores == [3, 1, 1, 1, 0, 0])
  }

  @Test func `both forms of scoring agree`() {
    let model = ItemPop(positives: UserItems(lists: [[0, 2], [2, 4], [4]]), itemCount: 6)
    var tile = [Float](repeating: -1, count: 8)
    var row = [Float](repeating: -1, count: 4)
    let users: [UInt32] = [2, 0]
    let items: [UInt32] = [1, 2, 3, 4]
    var scratch: Void = model.makeScratch()
    var scores = tile.mutableSpan
    model.fill(&scores, users: users.span, items: 1..<5, scratch: &scratch)
    var rowScores = row.mutableSpan
    model.fill(&rowScores, user: 1, items: items.span, scratch: &scratch)
    #expect(row == [0, 2, 0, 2])
    #expect(tile == row + row)
  }
}

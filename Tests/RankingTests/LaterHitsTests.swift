import Interactions
import Ranking
import Testing

struct LaterHitsTests {
  @Test func `recall, precision and average precision are of all items that were taken up`() {
    // User 0 took up items 1 and 4 and one that is not known, user 1 item 2.
    let later = LaterItems(
      first: [1, 2], seconds: [1, 1], missed: [], known: UserItems(lists: [[1, 4], [2]]),
      unknown: [1, 0])
    let lists = RecommendationLists(
      users: [0, 1], offsets: [0, 3, 6], items: [4, 0, 1, 5, 6, 7], scores: [3, 2, 1, 3, 2, 1])
    let hits = LaterHits(lists, later)
    #expect(hits.values(.recall, k: 3) == [2.0 / 3, 0] as [Double])
    #expect(hits.values(.recall, k: 1) == [1.0 / 3, 0] as [Double])
    #expect(hits.values(.precision, k: 2) == [0.5, 0])
    let average = (1 + 2.0 / 3) / 3
    #expect(hits.values(.map, k: 3) == [average, 0])
    #expect(hits.values(.map, k: 1) == [1, 0])
  }

  @Test func `an item that the log does not know is behind every list`() {
    let ranks = HoldoutRanks(ranks: [0, -1, 3]).missing([1])
    #expect(ranks.values(.hr, k: 10) == [1, 0, 1])
    #expect(ranks.testedUsers == [0, 1, 2])
  }
}

import Baselines
import Interactions
import Parallelism
import Ranking
import SyntheticData
import Testing

/// The planted world has something to learn: who takes what goes with what else is taken.
struct PlantedTastesTests {
  /// Scores an item by the cosines between its users and those of the user's items.
  private struct Neighbours: Scorer {
    let positives: UserItems
    let itemCount: Int
    let cosines: [Float]

    init(positives: UserItems, itemCount: Int) {
      var together = [Float](repeating: 0, count: itemCount * itemCount)
      for user in 0..<positives.userCount {
        for first in positives[user] {
          for second in positives[user] { together[Int(first) * itemCount + Int(second)] += 1 }
        }
      }
      let sizes = (0..<itemCount).map { max(together[$0 * itemCount + $0], 1) }
      for first in 0..<itemCount {
        for second in 0..<itemCount {
          let product = sizes[first] * sizes[second]
          together[first * itemCount + second] /= product.squareRoot()
        }
      }
      self.positives = positives
      self.itemCount = itemCount
      cosines = together
    }

    var userCount: Int { positives.userCount }

    func makeScratch() {}

    private func score(_ user: Int, _ item: Int) -> Float {
      positives[user].reduce(0) { $0 + cosines[item * itemCount + Int($1)] }
    }

    func fill(
      _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
      scratch: inout Void
    ) {
      var next = 0
      for row in users.indices {
        for item in items {
          scores[next] = score(Int(users[row]), item)
          next += 1
        }
      }
    }

    func fill(
      _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Void
    ) {
      for index in items.indices { scores[index] = score(user, Int(items[index])) }
    }
  }

  @Test func `item neighbours beat popularity by far on planted tastes`() throws {
    let world = PlantedWorld(
      users: 800, items: 400, eventsPerUser: 30, days: 90, endingAt: 1_700_000_000, seed: 7)
    var columns = InteractionColumns()
    world.events(days: 0..<world.days) { user, item, second in
      columns.append(user: UInt32(user), item: UInt32(item), second: UInt32(second))
    }
    let table = InteractionTable(
      columns: columns, users: .identity(800), items: .identity(400), userCount: 800,
      itemCount: 400)
    let split = HoldoutSplit(table, UserSequences(firstEventsOf: table))
    let pool = WorkerPool(threads: 2)
    let candidates = Candidates.drawn(
      99, users: split.testUsers, outside: table.history, itemCount: 400, seed: 1, pool: pool)

    func quality(_ model: some Scorer) -> HoldoutRanks {
      HoldoutRanks.sampled(model, holdout: split.test, candidates: candidates, pool: pool)
    }
    let neighbours = quality(Neighbours(positives: split.beforeTest, itemCount: 400))
    let popular = quality(ItemPop(positives: split.beforeTest, itemCount: 400))
    let test = try #require(
      PairedTest(neighbours.values(.hr, k: 10), popular.values(.hr, k: 10)))
    #expect(split.testUsers.count > 700)
    #expect(test.meanDifference > 0.15)
    #expect(test.firstIsBetter < 1e-6)
  }
}

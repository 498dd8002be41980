import Foundation
import Interactions
import Parallelism
import Testing

@testable import Ranking

struct CalibrationTests {
  private static let items = 300

  /// Users whose next item is drawn from a softmax over what they have not had, and a model that
  /// knows the logits but has them of another size.
  private struct World {
    let scorer: TableScorer
    let known: UserItems
    let holdout: [Int32]

    /// Draws a world in which the share `lost` of users takes anything at all instead.
    init(users: Int, seed: UInt64, size: Float, lost: Double = 0) {
      var random = CounterRandom(seed: seed, stream: 2)
      let known = randomHistory(users: users, items: items, seed: seed)
      var rows: [[Float]] = []
      var holdout: [Int32] = []
      for user in 0..<users {
        // Users differ in how sure they are of what they want, and in where their logits lie.
        let (spread, level) = (0.5 + 2 * random.uniform(), 6 * random.uniform())
        let logits = (0..<items).map { _ in
          level + spread * (random.uniform() + random.uniform() + random.uniform() - 1.5) * 2
        }
        let open = (0..<items).filter { !known[user].contains(UInt32($0)) }
        let weights = open.map { exp(logits[$0]) }
        var left = random.uniform() * weights.reduce(0, +)
        var next = open.last.map { Int32($0) } ?? -1
        if random.uniform() < lost, !open.isEmpty {
          next = Int32(open[random.uniform(below: open.count)])
        } else {
          for (item, weight) in zip(open, weights) {
            left -= weight
            if left < 0 {
              next = Int32(item)
              break
            }
          }
        }
        holdout.append(next)
        rows.append(logits.map { Float($0) / size })
      }
      (scorer, self.known, self.holdout) = (TableScorer(rows), known, holdout)
    }

    func calibration(
      after parent: Calibration? = nil, k: Int = 10, threads: Int = 2
    ) -> Calibration {
      Calibration(
        of: scorer, holdout: holdout, known: known, parent: parent, k: k,
        pool: WorkerPool(threads: threads)
      ) {}
    }

    /// Each listed item's published score, and whether it was taken.
    func listed(_ calibration: Calibration, k: Int = 10) -> [[(score: Double, isTaken: Bool)]] {
      let users = holdout.indices.filter { holdout[$0] >= 0 }.map { UInt32($0) }
      let lists = topK(
        scorer, users: users, k: k, history: known, scale: calibration.scale,
        pool: WorkerPool(threads: 2))
      return (0..<lists.count).map { list in
        lists.range(ofList: list).enumerated().map { place, position in
          let score = calibration.probability(
            of: lists.scores[position], logSum: lists.logSums.isEmpty ? nil : lists.logSums[list],
            rank: place + 1)
          return (Double(score), Int32(lists.items[position]) == holdout[Int(lists.users[list])])
        }
      }
    }
  }

  @Test("The planted softmax is found again, whatever the size of the scores", arguments: [1, 20])
  func plantedTruth(size: Float) throws {
    let found = World(users: 4_000, seed: 1, size: size).calibration()
    #expect(found.kind == .score)
    #expect((found.tested, found.weight) == (4_000, 4_000))
    // The scale is that of the logits, and then the probability is nearly the softmax's own.
    let scale = try #require(found.scale)
    #expect(abs(scale / size - 1) < 0.05)
    let other = World(users: 4_000, seed: 2, size: size)
    for list in other.listed(found).prefix(200) {
      // Nobody's ten items are more than all.
      #expect(list.reduce(0) { $0 + $1.score } < 1.1)
    }
  }

  @Test("By tenths of the score, items of other users are taken as often as expected")
  func tenths() throws {
    let found = World(users: 4_000, seed: 1, size: 3).calibration()
    let listed = World(users: 4_000, seed: 9, size: 3).listed(found).flatMap { $0 }
      .sorted { $0.score < $1.score }
    for tenth in 0..<10 {
      let part = listed[listed.count * tenth / 10..<listed.count * (tenth + 1) / 10]
      let expected = part.reduce(0) { $0 + $1.score }
      let taken = Double(part.count { $0.isTaken })
      // Four standard errors of a count, and a tenth for the form of the curve.
      #expect(abs(taken - expected) < 4 * expected.squareRoot() + 0.1 * expected, "tenth \(tenth)")
    }
  }

  @Test("Scores fall along a list by score and by rank", arguments: [4_000, 120])
  func monotonic(users: Int) {
    let world = World(users: users, seed: 3, size: 1)
    let found = world.calibration()
    #expect(found.kind == (users < 500 ? .rank : .score))
    for list in world.listed(found, k: 40) {
      #expect(list.allSatisfy { $0.score > 0 && $0.score < 1 })
      #expect(zip(list, list.dropFirst()).allSatisfy { $0.score >= $1.score })
    }
  }

  @Test("The same bits with 1, 2 and 3 threads", arguments: [700, 120])
  func threads(users: Int) {
    let world = World(users: users, seed: 4, size: 2)
    let one = world.calibration(threads: 1)
    #expect(world.calibration(threads: 2) == one)
    #expect(world.calibration(threads: 3) == one)
  }

  @Test("Under 500 tested users it goes by rank, and expects as many hits as there are")
  func byRank() {
    #expect(World(users: 499, seed: 5, size: 1).calibration().kind == .rank)
    #expect(World(users: 500, seed: 5, size: 1).calibration().kind == .score)
    let world = World(users: 400, seed: 5, size: 1)
    let found = world.calibration()
    #expect((found.scale == nil) && found.tested == 400 && found.weight == 420)
    let listed = world.listed(found).flatMap { $0 }
    let (expected, taken) = (
      listed.reduce(0) { $0 + $1.score }, Double(listed.count { $0.isTaken })
    )
    #expect(abs(expected - taken) < 0.1 * taken + 3)
  }

  @Test("With nobody tested the places of a list have the probabilities of the prior")
  func untested() {
    let world = World(users: 40, seed: 5, size: 1)
    let nobody = Calibration(
      of: world.scorer, holdout: [Int32](repeating: -1, count: 40), known: world.known, k: 10,
      pool: WorkerPool(threads: 1)
    ) {}
    #expect(nobody == .untested(itemCount: Self.items))
    let all = (1...Self.items).reduce(0) {
      $0 + Double(nobody.probability(of: 0, logSum: nil, rank: $1))
    }
    #expect((0.9...1).contains(all))
  }

  @Test("Scores that say less of a hit than the place does are not looked at")
  func contrary() {
    // Who has higher scores takes something unforeseen; within a list the order is right.
    let world = World(users: 2_000, seed: 6, size: 1)
    let rows = world.scorer.rows.enumerated().map { user, row in
      row.map { $0 * (world.holdout[user] % 2 == 0 ? 0.001 : 1) }
    }
    let best = topK(
      TableScorer(rows), users: (0..<2_000).map { UInt32($0) }, k: 3, history: world.known,
      pool: WorkerPool(threads: 2))
    let holdout = world.holdout.indices.map { user -> Int32 in
      let isFlat = world.holdout[user] % 2 == 0
      let list = best.items[best.range(ofList: user)]
      return isFlat && user % 3 == 0 ? list.first.map { Int32($0) } ?? -1 : world.holdout[user]
    }
    let found = Calibration(
      of: TableScorer(rows), holdout: holdout, known: world.known, k: 10,
      pool: WorkerPool(threads: 2)
    ) {}
    #expect(found.kind == .rank)
  }

  // MARK: Lines of fine-tunes

  @Test(
    "In a line of fine-tunes few tested users move a score by little, many move it where they say")
  func line() throws {
    let first = World(users: 5_000, seed: 1, size: 1).calibration()
    // The same model; now half of the users take anything at all.
    let few = World(users: 50, seed: 7, size: 1, lost: 0.5)
    let second = few.calibration(after: first)
    let third = World(users: 50, seed: 8, size: 1, lost: 0.5).calibration(after: second)
    #expect(third.kind == .score)
    #expect((second.weight, third.weight) == (5_050, 5_100))
    // The same pair by the same model: a user's best item.
    let pair = World(users: 3, seed: 1, size: 1)
    func score(_ calibration: Calibration) throws -> Double {
      try #require(pair.listed(calibration).first?.first).score
    }
    let (before, after) = (try score(first), try score(third))
    // A hundred users against five thousand: at most a twentieth.
    #expect(abs(after / before - 1) < 0.05)
    #expect(after != before)

    let many = World(users: 9_000, seed: 7, size: 1, lost: 0.5)
    let moved = many.calibration(after: first)
    let alone = many.calibration()
    let ratio = try (score(moved) - score(first)) / (score(alone) - score(first))
    // Nine thousand against five: most of the way to what they say alone.
    #expect((0.4...1.1).contains(ratio), "\(ratio)")
    #expect(moved.weight == Calibration.mostUsers)
  }

  @Test("Where the run before counts for 500 users, few tested users don't change what it goes by")
  func settled() {
    let large = World(users: 600, seed: 1, size: 1).calibration()
    #expect(World(users: 30, seed: 2, size: 1).calibration(after: large).kind == .score)
    let small = World(users: 100, seed: 1, size: 1).calibration()
    let next = World(users: 100, seed: 2, size: 1).calibration(after: small)
    #expect(next.kind == .rank && next.weight == 220)
    // Enough users are tested now.
    #expect(World(users: 600, seed: 2, size: 1).calibration(after: small).kind == .score)
    let nobody = Calibration(
      of: TableScorer([[1, 2], [2, 1]]), holdout: [-1, -1], known: UserItems(lists: [[], []]),
      parent: large, k: 10, pool: WorkerPool(threads: 1)
    ) {}
    #expect(nobody.curve == large.curve && nobody.scale == large.scale)
    #expect((nobody.tested, nobody.weight) == (0, 600))
  }

  private struct Stopped: Error {}

  @Test("It can be stopped")
  func stopped() {
    let world = World(users: 600, seed: 1, size: 1)
    #expect(throws: Stopped.self) {
      _ = try Calibration(
        of: world.scorer, holdout: world.holdout, known: world.known, k: 10,
        pool: WorkerPool(threads: 1)
      ) { () throws(Stopped) in throw Stopped() }
    }
  }
}

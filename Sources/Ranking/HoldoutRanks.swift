package import Interactions
package import Parallelism

/// Where each tested user's held-out item stands among the items it is compared with.
///
/// A rank is how many other candidates have a score that is not below the held-out item's: 0 is
/// best, and a tie counts against the held-out item. A score that is NaN counts as the higher one
/// of two, so a broken model does not look good.
package struct HoldoutRanks: Sendable, Equatable {
  /// Each user's rank from 0, -1 for users that were not tested.
  package let ranks: [Int32]

  /// Takes ranks that are known.
  ///
  /// - Parameter ranks: from 0, one a user; -1 for users that were not tested.
  package init(ranks: [Int32]) {
    self.ranks = ranks
  }

  /// Returns a user's rank from 0, or `nil` when the user was not tested.
  ///
  /// - Parameter user: in `0..<ranks.count`.
  package subscript(user: Int) -> Int? {
    ranks[user] < 0 ? nil : Int(ranks[user])
  }

  /// The users who were tested, ascending.
  package var testedUsers: [UInt32] {
    ranks.indices.filter { ranks[$0] >= 0 }.map { UInt32($0) }
  }

  /// The same with users whose held-out item no model can find: their rank is behind every list.
  ///
  /// - Parameter users: those users.
  /// - Returns: the ranks.
  package func missing(_ users: [UInt32]) -> HoldoutRanks {
    if users.isEmpty { return self }
    var ranks = ranks
    for user in users { ranks[Int(user)] = .max }
    return HoldoutRanks(ranks: ranks)
  }

  /// Ranks each held-out item among a few candidates.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - holdout: each user's held-out item, -1 for users that are not tested.
  ///   - candidates: for each user a set of items. The held-out item belongs to it, given or not.
  ///     Candidates that the log does not know are left out by the caller: they would rank below
  ///     all others.
  ///   - pool: who works.
  /// - Returns: the same ranks with any number of threads.
  package static func sampled(
    _ scorer: some Scorer, holdout: [Int32], candidates: UserItems, pool: WorkerPool
  ) -> HoldoutRanks {
    precondition(candidates.userCount >= holdout.count, "candidates of other users")
    let users = holdout.indices.filter { holdout[$0] >= 0 }
    let perTask = 64
    let tasks = pool.map(
      (users.count + perTask - 1) / perTask, makeScratch: { CandidateRanker(scorer) }
    ) { task, ranker in
      users[task * perTask..<min((task + 1) * perTask, users.count)].map { user in
        ranker.rank(of: UInt32(holdout[user]), user: user, among: candidates[user])
      }
    }
    return placed(Array(tasks.joined()), of: users, userCount: holdout.count)
  }

  /// Ranks each held-out item among the whole catalogue.
  ///
  /// Scores of a block of users against all items are kept for as long as the block is ranked.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - holdout: each user's held-out item, -1 for users that are not tested.
  ///   - leavingOut: for each user the items that are not compared with; the held-out item may be
  ///     among them or not. For the test these are training and validation items, for validation
  ///     the training items.
  ///   - pool: who works.
  ///   - tile: how users and items are grouped.
  /// - Returns: the same ranks with any number of threads.
  package static func full(
    _ scorer: some Scorer, holdout: [Int32], leavingOut: UserItems, pool: WorkerPool,
    tile: TileShape = TileShape()
  ) -> HoldoutRanks {
    precondition(leavingOut.userCount >= holdout.count, "a history of other users")
    let users = holdout.indices.filter { holdout[$0] >= 0 }
    let blocks = pool.map(
      tile.blocks(of: users.count), makeScratch: { CatalogueRanker(scorer, tile: tile) }
    ) { index, ranker in
      let block = users[tile.block(index, of: users.count)].map { UInt32($0) }
      ranker.score(block)
      return block.indices.map { row in
        let user = Int(block[row])
        return ranker.rank(row: row, item: Int(holdout[user]), leavingOut: leavingOut[user])
      }
    }
    return placed(Array(blocks.joined()), of: users, userCount: holdout.count)
  }

  private static func placed(_ values: [Int32], of users: [Int], userCount: Int) -> HoldoutRanks {
    var ranks = [Int32](repeating: -1, count: userCount)
    for (user, rank) in zip(users, values) { ranks[user] = rank }
    return HoldoutRanks(ranks: ranks)
  }
}

/// One thread's memory for ranking an item among a few.
private struct CandidateRanker<Model: Scorer> {
  private let scorer: Model
  private var scratch: Model.Scratch
  private var items: [UInt32] = []
  private var scores: [Float] = []

  init(_ scorer: Model) {
    self.scorer = scorer
    scratch = scorer.makeScratch()
  }

  mutating func rank(of item: UInt32, user: Int, among candidates: ArraySlice<UInt32>) -> Int32 {
    items.removeAll(keepingCapacity: true)
    items.append(item)
    for candidate in candidates where candidate != item { items.append(candidate) }
    while scores.count < items.count { scores.append(0) }
    scorer.fill(&scores, user: user, items: items, scratch: &scratch)
    let own = scores[0]
    return scores[1..<items.count].reduce(0) { $1 < own ? $0 : $0 + 1 }
  }
}

package import Interactions
package import Parallelism

extension HoldoutRanks {
  /// Pairs of user and item that are scored between two looks: about a second's work.
  private static let pairsAtOnce = 60_000_000

  /// Ranks each held-out item among the whole catalogue, with looks at whether to stop.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - holdout: each user's held-out item, -1 for users that are not tested.
  ///   - leavingOut: for each user the items that are not compared with.
  ///   - pool: who works.
  ///   - look: called about once a second; what it throws ends the work.
  /// - Returns: the same ranks as without looks.
  /// - Throws: what `look` throws.
  package static func full(
    _ scorer: some Scorer, holdout: [Int32], leavingOut: UserItems, pool: WorkerPool,
    look: () throws -> Void
  ) rethrows -> HoldoutRanks {
    let users = holdout.indices.filter { holdout[$0] >= 0 }
    let slice = max(64, pairsAtOnce / max(scorer.itemCount, 1) / 64 * 64)
    var ranks = [Int32](repeating: -1, count: holdout.count)
    for first in stride(from: 0, to: users.count, by: slice) {
      try look()
      var held = [Int32](repeating: -1, count: holdout.count)
      let some = users[first..<min(first + slice, users.count)]
      for user in some { held[user] = holdout[user] }
      let found = full(scorer, holdout: held, leavingOut: leavingOut, pool: pool)
      for user in some { ranks[user] = found.ranks[user] }
    }
    return HoldoutRanks(ranks: ranks)
  }
}

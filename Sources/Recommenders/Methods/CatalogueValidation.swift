package import Interactions
package import Parallelism
import Ranking

/// Judges scorers on held-out interactions over the whole catalogue.
///
/// Epochs and the shares of a joint model are chosen by it. The sampled protocol prefers popular items: on
/// a sparse log it chooses models that rank worse in lists. A hash chooses the users who are judged, where
/// there are many, so that an epoch's figures take seconds.
package struct CatalogueValidation: Sendable {
  /// The most users who are judged, unless the catalogue is small.
  package static let mostUsers = 3_000
  /// In a small catalogue more are, up to so many pairs of user and item.
  private static let fewPairs = 40_000_000
  /// In a large one fewer are, so that no more pairs are scored.
  private static let mostPairs = 300_000_000
  /// But so many in any.
  private static let fewestUsers = 500

  /// Each judged user's held-out item, -1 for the others.
  let holdout: [Int32]
  private let known: UserItems
  private let k: Int
  private let pool: WorkerPool

  /// Chooses the users.
  ///
  /// - Parameters:
  ///   - holdout: each user's held-out item, -1 for users without.
  ///   - known: for each user the items that the held-out one is not compared with: what is known before it.
  ///   - itemCount: the size of the catalogue.
  ///   - k: the length of the lists that are judged.
  ///   - seed: chooses the users.
  ///   - pool: who works.
  package init(
    holdout: [Int32], known: UserItems, itemCount: Int, k: Int, seed: UInt64, pool: WorkerPool
  ) {
    (self.known, self.k, self.pool) = (known, k, pool)
    let items = max(itemCount, 1)
    let most = max(
      min(Self.mostUsers, max(Self.fewestUsers, Self.mostPairs / items)), Self.fewPairs / items)
    let held = holdout.indices.filter { holdout[$0] >= 0 }
    guard held.count > most else {
      self.holdout = holdout
      return
    }
    var chosen = [Int32](repeating: -1, count: holdout.count)
    let order = held.map { (mixed(UInt64($0) &+ mixed(seed &+ 2)), $0) }.sorted { $0 < $1 }
    for (_, user) in order.prefix(most) { chosen[user] = holdout[user] }
    self.holdout = chosen
  }

  /// The figures of a scorer: 0 where no user is judged.
  ///
  /// - Parameters:
  ///   - scorer: of the users and items that the holdout is of.
  ///   - look: called about once a second; what it throws ends the work.
  /// - Returns: hit ratio and NDCG at `k`, the same with any number of threads.
  /// - Throws: what `look` throws.
  package func figures(
    _ scorer: some Scorer, look: () throws -> Void
  ) rethrows -> (hr: Double, ndcg: Double) {
    let ranks = try HoldoutRanks.full(
      scorer, holdout: holdout, leavingOut: known, pool: pool, look: look)
    return (
      hr: ranks.estimate(.hr, k: k)?.value ?? 0, ndcg: ranks.estimate(.ndcg, k: k)?.value ?? 0
    )
  }
}

import Interactions
import Parallelism

/// Finds what a model's scores are to be multiplied by to be the logits of a softmax over the
/// catalogue.
///
/// A network of a log loss has nearly logits; the scores of a factorisation or sums of similarities
/// are of any size. The scale is where the likelihood of the held-out items is highest, which is
/// concave in it: Newton's method, each step a pass over a sample of the tested users.
struct ScoreScale<Model: Scorer> {
  private let scorer: Model
  private let tested: TestedUsers
  private let users: [UInt32]
  /// How many tested users the sample stands for.
  private let count: Int
  private let pool: WorkerPool
  private let tile = TileShape()

  /// Prepares.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - tested: users with held-out items.
  ///   - count: how many users the curve is fitted to.
  ///   - pool: who works.
  init(_ scorer: Model, _ tested: TestedUsers, count: Int, pool: WorkerPool) {
    (self.scorer, self.tested, self.count, self.pool) = (scorer, tested, count, pool)
    users = tested.sample(2_000, mostPairs: 20_000_000)
  }

  /// What a pass tells of the sample.
  private struct Pass {
    var slope = 0.0
    var bend = 0.0
    var spread = 0.0
    var users = 0.0
  }

  /// The scale of the highest likelihood, held back by a prior.
  ///
  /// - Parameters:
  ///   - prior: a scale that is known and how many users it counts for; nil for none.
  ///   - check: is called before each pass.
  /// - Returns: a number above 0, which is next to 0 for scores that say nothing.
  /// - Throws: what `check` throws.
  func fitted<Failure: Error>(
    _ prior: (scale: Float, weight: Int)?, check: () throws(Failure) -> Void
  ) throws(Failure) -> Float {
    try check()
    let spread = pass(at: nil).spread
    guard spread > 0, spread.isFinite else { return prior?.scale ?? 1 }
    let bounds = 1e-3 / spread...1e3 / spread
    let start = prior.map { Double($0.scale) } ?? 1 / spread
    var scale = start
    var known = 0.0
    for number in 0..<20 {
      try check()
      let found = pass(at: scale)
      if found.users == 0 { return prior?.scale ?? 1 }
      let share = Double(count) / found.users
      if number == 0, let prior { known = Double(prior.weight) * found.bend / found.users }
      let slope = found.slope * share - known * (scale - start)
      let bend = found.bend * share + known
      let next = bend > 0 ? scale + slope / bend : (slope > 0 ? 3 : 1.0 / 3) * scale
      let bounded = min(
        max(next, scale / 3, bounds.lowerBound), scale * 3, max(bounds.upperBound, start))
      let isFound = abs(bounded - scale) <= 1e-3 * scale
      scale = bounded
      if isFound { break }
    }
    return Float(scale)
  }

  /// Looks at the sample once; without a scale only for the spread of the scores.
  private func pass(at scale: Double?) -> Pass {
    let users = users
    let blocks = pool.map(
      tile.blocks(of: users.count),
      makeScratch: { [scorer, tile] in CatalogueRanker(scorer, tile: tile) }
    ) { [tile, tested] index, ranker in
      let block = Array(users[tile.block(index, of: users.count)])
      ranker.score(block)
      var pass = Pass()
      for row in block.indices {
        let user = Int(block[row])
        let own = Double(ranker.score(row: row, item: Int(tested.holdout[user])))
        guard
          let moments = ranker.moments(
            row: row, leavingOut: tested.known[user], scale: scale.map { Float($0) } ?? 0),
          own.isFinite
        else { continue }
        pass.users += 1
        pass.slope += own - moments.mean
        pass.bend += moments.variance
        pass.spread += moments.variance.squareRoot()
      }
      return pass
    }
    var sum = Pass()
    for block in blocks {
      sum.users += block.users
      sum.slope += block.slope
      sum.bend += block.bend
      sum.spread += block.spread
    }
    if sum.users > 0 { sum.spread /= sum.users }
    return sum
  }
}

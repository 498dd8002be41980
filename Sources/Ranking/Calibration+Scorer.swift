package import Interactions
package import Parallelism

/// What a model's scores are worth, told from the items that users took next.
extension Calibration {
  /// Fits a calibration for a model that has not learnt from what is held out.
  ///
  /// A probability is that of an item to be the user's next new one. The curve is fitted to the
  /// lists of tested users, in which the held-out item is taken if it is there. It goes by score
  /// where at least 500 users are tested and the likelihood is not below that of the curve by rank.
  ///
  /// The calibration of the run before is the prior: its users count as much as those tested now.
  /// Where it counts for 500 users, this one goes by what that one goes by.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - holdout: each user's held-out item, -1 for none.
  ///   - known: what each user has had before.
  ///   - parent: of the model that this one was trained further from; nil for one trained in full.
  ///   - k: how long the lists are that are published.
  ///   - pool: who works; the result is the same with any number of threads.
  ///   - check: is called between parts of the work, and throws to end it.
  /// - Throws: what `check` throws.
  package init<Failure: Error>(
    of scorer: some Scorer, holdout: [Int32], known: UserItems, parent: Calibration? = nil,
    k: Int, pool: WorkerPool, check: () throws(Failure) -> Void
  ) throws(Failure) {
    let tested = TestedUsers(holdout: holdout, known: known, itemCount: scorer.itemCount)
    let users = tested.sample(Self.mostUsers, mostPairs: 500_000_000)
    let settled = parent.flatMap { $0.weight >= Self.fewestUsers ? $0 : nil }
    let mayGoByScore = settled.map { $0.kind == .score } ?? (users.count >= Self.fewestUsers)
    var scale: Float?
    if mayGoByScore {
      let known = settled.flatMap { prior in prior.scale.map { (scale: $0, weight: prior.weight) } }
      scale = try ScoreScale(scorer, tested, count: users.count, pool: pool)
        .fitted(known, check: check)
    }
    let lists = try tested.lists(
      scorer, users, k: min(max(k, Self.depths.lowerBound), Self.depths.upperBound), scale: scale,
      pool: pool, check: check)
    if let settled {
      self = Self.fitted(lists, scale: scale, prior: settled)?.calibration ?? settled
      return
    }
    let prior =
      parent.flatMap { $0.kind == .rank ? $0 : nil } ?? .untested(itemCount: tested.meanUnseen)
    let byRank = Self.fitted(lists, scale: nil, prior: prior)
    let byScore = scale.flatMap { Self.fitted(lists, scale: $0, prior: nil) }
    if let byScore, byScore.likelihood >= byRank?.likelihood ?? -.infinity {
      self = byScore.calibration
    } else {
      self = byRank?.calibration ?? prior
    }
  }

  /// Fits the curve to lists; nil where they say nothing of it.
  private static func fitted(
    _ lists: [TestedUsers.List], scale: Float?, prior: Calibration?
  ) -> (calibration: Calibration, likelihood: Double)? {
    let unfitted = Calibration(
      scale: scale, curve: ScoreCurve(slope: 1, offset: 0), tested: 0, weight: 0)
    let samples = lists.flatMap { list in
      list.scores.enumerated().map { place, score in
        ScoreCurve.Sample(
          x: unfitted.x(of: score, logSum: list.logSum, rank: place + 1),
          isTaken: place == list.taken)
      }
    }
    let strength = Double(prior?.weight ?? 0) / Double(max(lists.count, 1))
    guard
      let curve = ScoreCurve(samples, prior: prior.map { .init($0.curve, strength: strength) })
    else { return nil }
    let calibration = Calibration(
      scale: scale, curve: curve, tested: lists.count,
      weight: min(lists.count + (prior?.weight ?? 0), mostUsers))
    return (calibration, curve.logLikelihood(samples))
  }
}

/// Users with a held-out item, and what they have had before.
struct TestedUsers {
  /// Each user's held-out item, -1 for none.
  let holdout: [Int32]
  /// What each user has had before.
  let known: UserItems
  /// How many items there are.
  let itemCount: Int
  /// Those that have a choice.
  private let users: [UInt32]

  /// A user's best items, without those that the user has had.
  struct List {
    /// Descending.
    let scores: [Float]
    /// Of all items that the user has not had; nil without a scale.
    let logSum: Float?
    /// The place of the held-out item, from 0; nil when it is not among them.
    let taken: Int?
  }

  /// Finds them.
  init(holdout: [Int32], known: UserItems, itemCount: Int) {
    (self.holdout, self.known, self.itemCount) = (holdout, known, itemCount)
    users = holdout.indices.filter { holdout[$0] >= 0 && known[$0].count + 1 < itemCount }
      .map { UInt32(truncatingIfNeeded: $0) }
  }

  /// How many items a tested user has not had, on average; all of them where nobody is tested.
  var meanUnseen: Int {
    if users.isEmpty { return max(itemCount, 1) }
    return users.reduce(0) { $0 + itemCount - known[Int($1)].count } / users.count
  }

  /// Every so many of them, up to a number of users and of pairs of a user and an item; 500 at the
  /// least.
  func sample(_ most: Int, mostPairs: Int) -> [UInt32] {
    let most = min(most, max(Calibration.fewestUsers, mostPairs / max(itemCount, 1)))
    let step = max(1, (users.count + most - 1) / most)
    return stride(from: 0, to: users.count, by: step).map { users[$0] }
  }

  /// Lists of some of them.
  func lists<Failure: Error>(
    _ scorer: some Scorer, _ users: [UInt32], k: Int, scale: Float?, pool: WorkerPool,
    check: () throws(Failure) -> Void
  ) throws(Failure) -> [List] {
    var lists: [List] = []
    let slice = max(64, 60_000_000 / max(itemCount, 1) / 64 * 64)
    for first in stride(from: 0, to: users.count, by: slice) {
      try check()
      let best = topK(
        scorer, users: Array(users[first..<min(first + slice, users.count)]),
        k: k, history: known, scale: scale, pool: pool)
      for list in 0..<best.count {
        let range = best.range(ofList: list)
        let own = UInt32(truncatingIfNeeded: holdout[Int(best.users[list])])
        lists.append(
          List(
            scores: Array(best.scores[range]),
            logSum: best.logSums.isEmpty ? nil : best.logSums[list],
            taken: best.items[range].firstIndex(of: own).map { $0 - range.lowerBound }))
      }
    }
    return lists
  }
}

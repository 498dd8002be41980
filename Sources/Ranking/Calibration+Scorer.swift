package import Interactions

/// What a model's scores are worth, told from the items that users took next.
extension Calibration {
  /// The most users that a curve is fitted to; two numbers need no more.
  private static let mostUsers = 20_000

  /// Fits the curve for a model that has not learnt from what is held out.
  ///
  /// Each user's held-out item counts once, and the items drawn beside it count for all that the user
  /// has not seen: so a probability is that of an item to be the user's next new one.
  ///
  /// - Parameters:
  ///   - scorer: the model.
  ///   - holdout: each user's held-out item, -1 for none.
  ///   - candidates: items drawn beside it; users without any are left out.
  ///   - known: what each user has had before.
  package init?(
    of scorer: some Scorer, holdout: [Int32], candidates: UserItems, known: UserItems
  ) {
    let users = holdout.indices.filter { holdout[$0] >= 0 && !candidates[$0].isEmpty }
    var samples: [Sample] = []
    var scratch = scorer.makeScratch()
    let step = max(1, (users.count + Self.mostUsers - 1) / Self.mostUsers)
    for place in stride(from: 0, to: users.count, by: step) {
      let user = users[place]
      let own = UInt32(holdout[user])
      let drawn = candidates[user].filter { $0 != own }
      let unseen = scorer.itemCount - known[user].count - 1
      guard !drawn.isEmpty, unseen > 0 else { continue }
      let items = [own] + drawn
      var scores = [Float](repeating: 0, count: items.count)
      var span = scores.mutableSpan
      scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
      let weight = Double(unseen) / Double(drawn.count)
      for (place, score) in scores.enumerated() {
        samples.append(
          Sample(score: Double(score), isTaken: place == 0, weight: place == 0 ? 1 : weight))
      }
    }
    self.init(samples)
  }
}

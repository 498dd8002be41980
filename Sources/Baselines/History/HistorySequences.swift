import Interactions

/// What each user did, in order, as a history block reads it.
///
/// A position is an event of a training interaction; consecutive repeats of an item are one position.
package struct HistorySequences: Sendable, Equatable {
  /// Where each user's positions begin, and at last their end: `userCount + 1` numbers.
  package let offsets: [Int]
  /// Each position's item.
  package let items: [UInt32]
  /// How much each position counts as a target: 0 where it is none.
  package let weights: [Float]

  /// How many users there are.
  package var userCount: Int { offsets.count - 1 }

  /// Reads the positions of a log.
  ///
  /// A target is an item's first event. A held-out interaction is no position. Where a user's held-out
  /// interactions are the latest ones, nothing after the first of them is a position either.
  ///
  /// - Parameters:
  ///   - log: with times.
  ///   - repeats: whether every position is a target, because lists may repeat what a user knows.
  /// - Throws: `FactorizationError` where the log has no times.
  package init(_ log: TrainingLog, repeats: Bool) throws(FactorizationError) {
    guard let events = log.events else {
      throw FactorizationError(
        description: "the history block reads events in order, and this log has no times",
        advice: "map source.columns.time, or choose another model")
    }
    precondition(log.weights.isEmpty || log.weights.count == log.positives.count)
    var (offsets, items, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    items.reserveCapacity(log.positives.count)
    weights.reserveCapacity(log.positives.count)
    var met: [Bool] = []
    for user in 0..<log.positives.userCount {
      let rows = log.positives.range(of: user)
      met.removeAll(keepingCapacity: true)
      met.append(contentsOf: repeatElement(false, count: rows.count))
      var left = rows.count
      for place in events.range(of: user) {
        let item = events.items[place]
        let row = lowerBound(in: rows) { log.positives.items[$0] < item }
        guard row < rows.upperBound, log.positives.items[row] == item else {
          if left == 0 { break }
          continue
        }
        let isFirst = !met[row - rows.lowerBound]
        if isFirst {
          met[row - rows.lowerBound] = true
          left -= 1
        }
        if items.count > offsets[user], items[items.count - 1] == item { continue }
        let weight = log.weights.isEmpty ? 1 : log.weights[row]
        items.append(item)
        weights.append(isFirst || repeats ? weight : 0)
      }
      offsets.append(items.count)
    }
    (self.offsets, self.items, self.weights) = (offsets, items, weights)
  }

  /// Takes positions that are laid out already.
  ///
  /// - Parameters:
  ///   - offsets: `userCount + 1` positions, ascending from 0 to `items.count`.
  ///   - items: each position's item.
  ///   - weights: how much each position counts as a target.
  package init(offsets: [Int], items: [UInt32], weights: [Float]) {
    precondition(offsets.first == 0 && offsets.last == items.count && items.count == weights.count)
    (self.offsets, self.items, self.weights) = (offsets, items, weights)
  }

  /// How many positions have one after them: those that a target may follow.
  package var inputs: Int {
    (0..<userCount).reduce(0) { $0 + max(0, offsets[$1 + 1] - offsets[$1] - 1) }
  }
}

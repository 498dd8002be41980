import Interactions

/// What one training learns from.
struct Positives {
  /// Each user's items.
  let items: UserItems
  /// A weight for each, in their order; empty when all count alike.
  let weights: [Float]
  /// Whether validation items are among them: the second training, of a refit.
  var isRefit: Bool

  /// The training interactions alone.
  ///
  /// - Parameters:
  ///   - split: how the log is split.
  ///   - weighted: whether events have weights.
  init(training split: HoldoutSplit, weighted: Bool) {
    (items, isRefit) = (split.training, false)
    weights = weighted ? split.trainingWeights : []
  }

  /// Training and validation interactions together: all that is known before the test.
  ///
  /// - Parameters:
  ///   - items: all that is known before the test.
  ///   - split: how the log is split.
  ///   - table: what was split; it has the weights.
  ///   - weighted: whether events have weights.
  init(
    beforeTest items: UserItems, _ split: HoldoutSplit, of table: InteractionTable, weighted: Bool
  ) {
    (self.items, isRefit) = (items, true)
    // Both ascend within a user, and only the test item is missing.
    weights =
      weighted
      ? Positives(picking: table, split, weighted: true) { $2 != .test }.weights : []
  }
}

extension Positives {
  /// All interactions of a table.
  ///
  /// - Parameters:
  ///   - table: the interactions.
  ///   - weighted: whether events have weights.
  init(whole table: InteractionTable, weighted: Bool) {
    (items, weights, isRefit) = (table.history, weighted ? table.weights : [], false)
  }

  /// Some interactions of a table that nothing is held out of.
  ///
  /// - Parameters:
  ///   - table: the interactions.
  ///   - weighted: whether events have weights.
  ///   - picks: whether to take an interaction, by its row.
  init(picking table: InteractionTable, weighted: Bool, where picks: (_ row: Int) -> Bool) {
    let none = [Int32](repeating: -1, count: table.userCount)
    self.init(
      picking: table, held: (none, none), weights: weighted ? table.weights : [], isRefit: false
    ) { _, row, _ in picks(row) }
  }

  /// Where an interaction stands in a split.
  enum Standing {
    case training, validation, test
  }

  /// Some interactions of a table, in its order.
  ///
  /// - Parameters:
  ///   - table: what was split; it has the weights.
  ///   - split: how it was split.
  ///   - weighted: whether events have weights.
  ///   - isRefit: whether validation items are among them and the result is tested.
  ///   - isPublished: whether the result is published and not tested: weights are of all events.
  ///   - picks: whether to take an interaction, by its user, its row and where it stands.
  init(
    picking table: InteractionTable, _ split: HoldoutSplit, weighted: Bool,
    isRefit: Bool = false, isPublished: Bool = false,
    where picks: (_ user: Int, _ row: Int, _ standing: Standing) -> Bool
  ) {
    self.init(
      picking: table, held: (split.test, split.validation),
      weights: !weighted ? [] : isPublished ? table.weights : split.weights(of: table),
      isRefit: isRefit, where: picks)
  }

  private init(
    picking table: InteractionTable, held: (test: [Int32], validation: [Int32]),
    weights known: [Float], isRefit: Bool,
    where picks: (_ user: Int, _ row: Int, _ standing: Standing) -> Bool
  ) {
    var (offsets, items, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(table.userCount + 1)
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        let item = Int32(table.items[row])
        let standing: Standing =
          item == held.test[user]
          ? .test : item == held.validation[user] ? .validation : .training
        guard picks(user, row, standing) else { continue }
        items.append(table.items[row])
        if !known.isEmpty { weights.append(known[row]) }
      }
      offsets.append(items.count)
    }
    self.items = UserItems(offsets: offsets, items: items)
    (self.weights, self.isRefit) = (weights, isRefit)
  }
}

extension HoldoutSplit {
  /// Whether a user's item is not held out.
  func isTraining(user: Int, item: UInt32) -> Bool {
    Int32(item) != test[user] && Int32(item) != validation[user]
  }
}

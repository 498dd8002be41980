import Interactions

/// What one training learns from.
struct Positives {
  /// Each user's items.
  let items: UserItems
  /// A weight for each, in their order; empty when all count alike.
  let weights: [Float]
  /// Whether validation items are among them: the second training, of a refit.
  let isRefit: Bool

  /// Takes lists that are picked already.
  init(items: UserItems, weights: [Float], isRefit: Bool) {
    self.items = items
    self.weights = weights
    self.isRefit = isRefit
  }

  /// The training interactions alone.
  ///
  /// - Parameters:
  ///   - divided: the split.
  ///   - weighted: whether events have weights.
  init(training divided: Divided, weighted: Bool) {
    items = divided.split.training
    weights = weighted ? divided.split.trainingWeights : []
    isRefit = false
  }

  /// Training and validation interactions together: all that is known before the test.
  ///
  /// - Parameters:
  ///   - divided: the split.
  ///   - table: what was split; it has the weights.
  ///   - weighted: whether events have weights.
  init(beforeTest divided: Divided, of table: InteractionTable, weighted: Bool) {
    items = divided.beforeTest
    isRefit = true
    guard weighted else {
      weights = []
      return
    }
    // Both ascend within a user, and only the test item is missing.
    let test = divided.split.test
    weights = (0..<table.userCount).flatMap { user in
      (table.offsets[user]..<table.offsets[user + 1])
        .filter { test[user] < 0 || table.items[$0] != UInt32(test[user]) }
        .map { table.weights[$0] }
    }
  }
}

import Interactions

extension Positives {
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
  ///   - picks: whether to take an interaction, by its user, its row and where it stands.
  init(
    picking table: InteractionTable, _ split: LeaveOneOutSplit, weighted: Bool, isRefit: Bool,
    where picks: (_ user: Int, _ row: Int, _ standing: Standing) -> Bool
  ) {
    var (offsets, items, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(table.userCount + 1)
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        let item = Int32(table.items[row])
        let standing: Standing =
          item == split.test[user]
          ? .test : item == split.validation[user] ? .validation : .training
        guard picks(user, row, standing) else { continue }
        items.append(table.items[row])
        if weighted { weights.append(table.weights[row]) }
      }
      offsets.append(items.count)
    }
    self.init(
      items: UserItems(offsets: offsets, items: items), weights: weights, isRefit: isRefit)
  }
}

extension LeaveOneOutSplit {
  /// Whether a user's item is not held out.
  func isTraining(user: Int, item: UInt32) -> Bool {
    Int32(item) != test[user] && Int32(item) != validation[user]
  }
}

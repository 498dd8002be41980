extension LeaveOneOutSplit {
  /// Splits a table as the paper does: the latest interaction is the test, a random other one is
  /// validation.
  ///
  /// Which one is validation depends on the seed and the user only. The test items are those of the
  /// other split.
  ///
  /// - Parameters:
  ///   - table: interactions, one for each user and item.
  ///   - seed: of the draw.
  ///   - minimumInteractions: how many a user needs to be tested; at least 3.
  package init(
    _ table: InteractionTable, randomValidation seed: UInt64, minimumInteractions: Int = 3
  ) {
    precondition(minimumInteractions >= 3, "a tested user needs 3 interactions")
    precondition(table.itemCount <= Int(Int32.max), "more items than a holdout can number")
    var offsets = [0]
    offsets.reserveCapacity(table.userCount + 1)
    var items: [UInt32] = []
    items.reserveCapacity(table.count)
    var weights: [Float] = []
    weights.reserveCapacity(table.count)
    var validation = [Int32](repeating: -1, count: table.userCount)
    var test = validation
    for user in 0..<table.userCount {
      let rows = table.offsets[user]..<table.offsets[user + 1]
      var (latest, drawn) = (-1, -1)
      if rows.count >= minimumInteractions {
        latest = rows.lowerBound
        // Items ascend, so "not earlier" gives the higher item of two with the same time.
        for row in rows where table.seconds[row] >= table.seconds[latest] { latest = row }
        var random = CounterRandom(seed: seed, stream: Self.validationStream + UInt64(user))
        drawn = rows.lowerBound + random.uniform(below: rows.count - 1)
        if drawn >= latest { drawn += 1 }
        test[user] = Int32(table.items[latest])
        validation[user] = Int32(table.items[drawn])
      }
      for row in rows where row != latest && row != drawn {
        items.append(table.items[row])
        weights.append(table.weights[row])
      }
      offsets.append(items.count)
    }
    self.training = UserItems(offsets: offsets, items: items)
    self.trainingWeights = weights
    self.validation = validation
    self.test = test
  }

  /// Streams of the seed from which validation items are drawn, one a user.
  private static let validationStream: UInt64 = 7 << 56
}

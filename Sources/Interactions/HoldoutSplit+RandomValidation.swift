extension HoldoutSplit {
  /// Splits a table as the paper does: the latest interaction is the test, a random other one is
  /// validation.
  ///
  /// Which one is validation depends on the seed and the user only. The test items are those of the
  /// other split.
  ///
  /// - Parameters:
  ///   - table: interactions, one for each user and item.
  ///   - sequences: the table's events in order of time.
  ///   - seed: of the draw.
  ///   - minimumInteractions: how many a user needs to be tested; at least 3.
  package init(
    _ table: InteractionTable, _ sequences: UserSequences, randomValidation seed: UInt64,
    minimumInteractions: Int = 3
  ) {
    self.init(table, minimumInteractions: minimumInteractions) { user, rows in
      let latest = sequences.latestRows(of: user, in: table).latest
      var random = CounterRandom(seed: seed, stream: Self.validationStream + UInt64(user))
      let drawn = rows.lowerBound + random.uniform(below: rows.count - 1)
      return (test: latest, validation: drawn >= latest ? drawn + 1 : drawn)
    }
  }

  /// Streams of the seed from which validation items are drawn, one a user.
  private static let validationStream: UInt64 = 7 << 56
}

package import Interactions
package import Parallelism
package import Settings

/// Settings of `ItemPop`: none.
package struct ItemPopOptions: Sendable, Equatable, Codable {
  /// The only value.
  package init() {}
}

extension ItemPopOptions: BaselineOptions {
  /// Its numbers.
  package static var settings: [Setting<ItemPopOptions>] { [] }

  /// Its name in tables.
  package static var title: String { "ItemPop" }

  /// Each user's 1 against an item's count.
  package var form: BaselineForm { .factors(width: 1) }

  /// Counts.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    let counts = ItemPop(positives: log.positives, itemCount: log.itemCount).counts
    try report(1)
    let users = log.positives.userCount
    return .factors(
      MatrixFactors(
        width: 1, userCount: users, itemCount: log.itemCount,
        users: [Float](repeating: 1, count: users), items: counts.map { Float($0) }))
  }

  /// An addition for each interaction.
  package func work(on log: TrainingLog) -> Double { Double(log.positives.count) }

  /// An addition.
  package var cost: Double { 1 }

  /// A factor of each user and item, in a whole vector.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    32 * (sizes.users + sizes.items)
  }
}

/// Everyone gets what most users have: an item's score is its number of training interactions.
package struct ItemPop: Scorer {
  /// How many users can be scored; all alike.
  package let userCount: Int
  /// How many training interactions each item has.
  package let counts: [Int]
  /// The counts as scores, exact below 2^24.
  private let scores: [Float]

  /// Counts interactions.
  ///
  /// - Parameters:
  ///   - positives: the training interactions.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  package init(positives: UserItems, itemCount: Int) {
    var counts = [Int](repeating: 0, count: itemCount)
    for item in positives.items { counts[Int(item)] += 1 }
    userCount = positives.userCount
    self.counts = counts
    scores = counts.map { Float($0) }
  }

  /// The size of the catalogue.
  package var itemCount: Int { counts.count }

  /// Makes nothing: counts need no working memory.
  package func makeScratch() {}

  /// Gives every user the counts of a run of items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: not used.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Void
  ) {
    for row in users.indices {
      let base = row * items.count
      for (column, item) in items.enumerated() { scores[base + column] = self.scores[item] }
    }
  }

  /// Gives a user the counts of some items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores.
  ///   - user: any.
  ///   - items: which items.
  ///   - scratch: not used.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Void
  ) {
    for index in items.indices { scores[index] = self.scores[Int(items[index])] }
  }
}

package import Interactions
package import Parallelism
package import Settings

/// Settings of `ItemKNN`.
package struct KNNOptions: Sendable, Equatable, Codable {
  /// How many neighbours an item keeps.
  package var neighbours: Int
  /// What is added to the product of two items' lengths: it makes little of what few users say.
  package var shrinkage: Float

  /// Names the settings.
  package init(neighbours: Int = 50, shrinkage: Float = 10) {
    (self.neighbours, self.shrinkage) = (neighbours, shrinkage)
  }
}

extension KNNOptions: BaselineOptions {
  /// Its name in tables.
  package static var title: String { "ItemKNN" }

  /// Neighbours.
  package var form: BaselineForm { .neighbours(perItem: neighbours) }

  /// Finds every item's neighbours.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    let model = ItemKNN(
      positives: log.positives, weights: log.weights, itemCount: log.itemCount, options: self,
      pool: pool)
    try report(1)
    return .neighbours(model)
  }

  /// Pairs of items that a user has together.
  package func work(on log: TrainingLog) -> Double {
    (0..<log.positives.userCount).reduce(0) { sum, user in
      let count = Double(log.positives.range(of: user).count)
      return sum + count * count
    }
  }

  /// Pairs of a user's items, by the mean.
  package var cost: Double { 2_000 }

  /// The interactions by item, and a row of similarities for each thread.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    sizes.bytesByItem + threads * 16 * sizes.items
  }

  /// Its numbers.
  package static var settings: [Setting<KNNOptions>] {
    [
      Setting("neighbours", \.neighbours, .from(1, to: 100_000)),
      Setting("shrinkage", \.shrinkage, .from(0)),
    ]
  }
}

/// Neighbours of items: an item's score is how like it is to what the user has.
///
/// Sarwar et al., "Item-based Collaborative Filtering Recommendation Algorithms", WWW 2001. Two items
/// are as like as `v_i . v_j / (|v_i| |v_j| + shrinkage)` says, with `v_i` the weights of an item's
/// users. An item keeps its most alike neighbours, of equals the lower number; its score is the sum
/// over those of them that the user has, each times the user's weight.
package struct ItemKNN: Scorer {
  /// What it was made with.
  package let options: KNNOptions
  /// The size of the catalogue.
  package let itemCount: Int
  /// What each user has.
  package let positives: UserItems
  /// One for each positive, or none: all 1.
  package let weights: [Float]
  /// Where the items begin that have an item among their neighbours; one more than there are items.
  package let offsets: [Int]
  /// Those items, by number.
  package let items: [UInt32]
  /// How alike each is.
  package let similarities: [Float]
  /// What each item scores for everyone, before its neighbours are added; empty for 0.
  package let base: [Float]

  /// How many users can be scored.
  package var userCount: Int { positives.userCount }

  /// Whether every number is one.
  package var isFinite: Bool {
    similarities.allSatisfy(\.isFinite) && base.allSatisfy(\.isFinite)
  }

  /// Finds every item's neighbours.
  ///
  /// - Parameters:
  ///   - positives: each user's training interactions.
  ///   - weights: one for each positive, in their order; empty for 1.
  ///   - itemCount: the size of the catalogue; every positive is below it.
  ///   - options: the settings.
  ///   - pool: the threads; the result is the same for any number.
  package init(
    positives: UserItems, weights: [Float] = [], itemCount: Int, options: KNNOptions,
    pool: WorkerPool
  ) {
    let byUser = WeightedRows(positives, weights)
    let byItem = byUser.transposed(columnCount: itemCount)
    let lengths = (0..<itemCount).map { item in
      byItem.range(of: item).reduce(Float(0)) { sum, entry in
        let weight = byItem.weight(entry)
        return sum + weight * weight
      }.squareRoot()
    }
    let lists = pool.map(
      itemCount, makeScratch: { [Float](repeating: 0, count: itemCount) }
    ) { item, products in
      Self.neighbours(
        of: item, byItem, byUser, lengths: lengths, options: options, products: &products)
    }
    var entries: [[(item: UInt32, similarity: Float)]] = Array(repeating: [], count: itemCount)
    for item in 0..<itemCount {
      for neighbour in lists[item] {
        entries[Int(neighbour.item)].append(
          (UInt32(truncatingIfNeeded: item), neighbour.similarity))
      }
    }
    var offsets = [0]
    for list in entries { offsets.append(offsets[offsets.count - 1] + list.count) }
    self.init(
      options: options, itemCount: itemCount, positives: positives, weights: weights,
      offsets: offsets, items: entries.flatMap { $0.map(\.item) },
      similarities: entries.flatMap { $0.map(\.similarity) })
  }

  /// Takes a model that was kept.
  ///
  /// - Parameters:
  ///   - options: what it was made with.
  ///   - itemCount: the size of the catalogue.
  ///   - positives: what each user has.
  ///   - weights: one for each positive, or none.
  ///   - offsets: `itemCount + 1` places in `items`.
  ///   - items: who has an item as neighbour, in order, each below `itemCount`.
  ///   - similarities: one for each of `items`.
  ///   - base: what each item scores for everyone; empty for 0.
  package init(
    options: KNNOptions, itemCount: Int, positives: UserItems, weights: [Float], offsets: [Int],
    items: [UInt32], similarities: [Float], base: [Float] = []
  ) {
    precondition(base.isEmpty || base.count == itemCount, "one base for each item")
    precondition(offsets.count == itemCount + 1 && offsets[itemCount] == items.count)
    precondition(items.count == similarities.count, "one similarity for each neighbour")
    (self.options, self.itemCount, self.positives) = (options, itemCount, positives)
    (self.weights, self.offsets, self.items) = (weights, offsets, items)
    (self.similarities, self.base) = (similarities, base)
  }

  /// The same for users with other interactions.
  ///
  /// - Parameters:
  ///   - positives: what each user has.
  ///   - weights: one for each positive, or none.
  /// - Returns: the same neighbours.
  package func scoring(_ positives: UserItems, weights: [Float] = []) -> ItemKNN {
    ItemKNN(
      options: options, itemCount: itemCount, positives: positives, weights: weights,
      offsets: offsets, items: items, similarities: similarities, base: base)
  }

  /// The most alike of an item's neighbours; `products` is zero before and after.
  private static func neighbours(
    of item: Int, _ byItem: WeightedRows, _ byUser: WeightedRows, lengths: [Float],
    options: KNNOptions, products: inout [Float]
  ) -> [(item: UInt32, similarity: Float)] {
    var met: [UInt32] = []
    for entry in byItem.range(of: item) {
      let weight = byItem.weight(entry)
      for other in byUser.range(of: Int(byItem.columns[entry])) {
        let column = byUser.columns[other]
        if products[Int(column)] == 0 { met.append(column) }
        products[Int(column)] += weight * byUser.weight(other)
      }
    }
    var found: [(item: UInt32, similarity: Float)] = []
    for other in met {
      let product = products[Int(other)]
      products[Int(other)] = 0
      if Int(other) == item || product == 0 { continue }
      found.append((other, product / (lengths[item] * lengths[Int(other)] + options.shrinkage)))
    }
    found.sort {
      $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.item < $1.item
    }
    return Array(found.prefix(options.neighbours))
  }

  /// Makes a row of scores for one thread.
  package func makeScratch() -> [Float] { [Float](repeating: 0, count: itemCount) }

  /// Scores a block of users against consecutive items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` scores.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout [Float]
  ) {
    precondition(scores.count == users.count * items.count, "one score for each pair")
    for place in users.indices {
      score(Int(users[place]), into: &scratch)
      for (column, item) in items.enumerated() {
        scores[place * items.count + column] = scratch[item]
      }
    }
  }

  /// Scores one user against any items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` scores.
  ///   - user: which user.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout [Float]
  ) {
    precondition(scores.count == items.count, "one score for each item")
    score(user, into: &scratch)
    for place in items.indices { scores[place] = scratch[Int(items[place])] }
  }

  /// Scores a user against everything.
  private func score(_ user: Int, into row: inout [Float]) {
    if base.isEmpty {
      for item in row.indices { row[item] = 0 }
    } else {
      for item in row.indices { row[item] = base[item] }
    }
    for entry in positives.range(of: user) {
      let weight = weights.isEmpty ? 1 : weights[entry]
      let own = Int(positives.items[entry])
      for place in offsets[own]..<offsets[own + 1] {
        row[Int(items[place])] += weight * similarities[place]
      }
    }
  }
}

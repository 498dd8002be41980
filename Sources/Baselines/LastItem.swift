import Interactions
package import Parallelism
package import Settings

/// Settings of the last item's counts.
package struct LastItemOptions: Sendable, Equatable, Codable {
  /// How many successors an item keeps.
  package var successors: Int

  /// Names the setting.
  package init(successors: Int = 200) { self.successors = successors }
}

/// What comes next after a user's last item, by counts of pairs of items that users took up one after the
/// other.
///
/// An item's score is the number of users who took it up right after the user's last item. Items with the
/// same number are in the order of their popularity. Without times nothing is last, and popularity is left.
extension LastItemOptions: BaselineOptions {
  /// Its numbers.
  package static var settings: [Setting<LastItemOptions>] {
    [Setting("successors", \.successors, .from(1, to: 100_000))]
  }

  /// Its name in tables.
  package static var title: String { "LastItem" }

  /// Successors.
  package var form: BaselineForm { .neighbours(perItem: successors) }

  /// Counts.
  package func fit(
    _ log: TrainingLog, pool: WorkerPool, report: (_ pass: Int) throws -> Void
  ) throws -> FittedBaseline {
    let (offsets, items, counts) = successors(log)
    try report(1)
    let popularity = ItemPop(positives: log.positives, itemCount: log.itemCount).counts
    let most = Float((popularity.max() ?? 0) + 1)
    let users = log.positives.userCount
    return .neighbours(
      ItemKNN(
        options: KNNOptions(neighbours: successors, shrinkage: 0), itemCount: log.itemCount,
        positives: log.events.map(log.positives.last)
          ?? UserItems(lists: [[UInt32]](repeating: [], count: users)),
        weights: [], offsets: offsets, items: items, similarities: counts,
        base: popularity.map { Float($0) / most }))
  }

  /// For each item those that came next, by number, with counts.
  private func successors(_ log: TrainingLog) -> ([Int], [UInt32], [Float]) {
    var pairs: [UInt64] = []
    for user in 0..<log.positives.userCount {
      var previous: UInt32?
      log.forEachInOrder(of: user) { item, _ in
        if let previous { pairs.append(UInt64(previous) << 32 | UInt64(item)) }
        previous = item
      }
    }
    pairs.sort()
    var (offsets, items, counts): ([Int], [UInt32], [Float]) = ([0], [], [])
    var place = 0
    for item in 0..<log.itemCount {
      var own: [(item: UInt32, count: Int)] = []
      while place < pairs.count, Int(pairs[place] >> 32) == item {
        let next = UInt32(truncatingIfNeeded: pairs[place])
        if own.last?.item == next {
          own[own.count - 1].count += 1
        } else {
          own.append((next, 1))
        }
        place += 1
      }
      own.sort { ($1.count, $0.item) < ($0.count, $1.item) }
      for successor in own.prefix(successors).sorted(by: { $0.item < $1.item }) {
        items.append(successor.item)
        counts.append(Float(successor.count))
      }
      offsets.append(items.count)
    }
    return (offsets, items, counts)
  }

  /// A pair for each interaction.
  package func work(on log: TrainingLog) -> Double { Double(log.positives.count) }

  /// A place among the pairs.
  package var cost: Double { 50 }

  /// The pairs, and what is kept of them.
  package func fittingMemory(_ sizes: LogSizes, threads: Int) -> Int {
    24 * sizes.interactions + 16 * (sizes.users + sizes.items)
  }
}

/// A log by the rules of a job: who and what remains of it, and what each user is not to be shown.
///
/// Users and items are numbered anew, in the order of their identifiers: the table holds users with
/// enough interactions and the items that they have. The others are outsiders: nothing is learnt from
/// them, but what they are not to be shown is known.
package struct InteractionLog: Sendable {
  /// For each user of the table the number that it had before.
  package let keptUsers: [UInt32]
  /// For each item of the table the number that it had before.
  package let keptItems: [UInt32]
  /// One interaction per user and item whose events weigh more than 0 together.
  package let table: InteractionTable
  /// For each user of the table the items that are not to be listed.
  package let excluded: UserItems
  /// Items that users of the table have spoken against; nil when nobody has.
  package let negatives: KnownNegatives?
  /// For each user of the table the second of the latest event of any kind.
  package let latest: [UInt32]
  /// How many users of the table have each item, each user by the age of the last event.
  package let popularity: [Double]
  /// Users that are not in the table, by the number that they had before.
  package let outsiders: [UInt32]
  /// For each outsider the items of the table that are not to be listed.
  package let outsidersExcluded: UserItems
  /// For each outsider the second of the latest event of any kind.
  package let outsidersLatest: [UInt32]
  /// Pairs of user and item whose events weigh 0 or less together.
  package let negativePairs: Int
  /// Interactions of users with too few of them.
  package let tooFew: Int
  /// Events beyond the most that count of a user.
  package let overMaximum: Int
}

extension InteractionLog {
  /// Merges events by the rules and leaves out users with too few interactions.
  ///
  /// Beside the table it takes 4 bytes for each excluded pair, unless that is what the table holds.
  ///
  /// - Parameters:
  ///   - columns: the events; nobody else should hold them, or their memory stays.
  ///   - userRemap: the dense index of each provisional user number.
  ///   - itemRemap: the dense index of each provisional item number.
  ///   - rules: what counts, and what excludes.
  package init(
    columns: consuming InteractionColumns, userRemap: [UInt32], itemRemap: [UInt32],
    rules: MergeRules
  ) {
    var columns = columns
    let (userCount, itemCount) = (userRemap.count, itemRemap.count)
    var users = columns.takeUsers()
    let starts = InteractionTable.denseUsers(&users, remap: userRemap, userCount: userCount)
    let items = InteractionTable.scattered(
      columns.takeItems(), filler: 0, users: users, starts: starts,
      transform: { itemRemap[Int($0)] })
    let seconds = InteractionTable.scattered(
      columns.takeSeconds(), filler: 0, users: users, starts: starts)
    let weights = InteractionTable.scattered(
      columns.takeWeights(), filler: 0, users: users, starts: starts)
    let marks = columns.takeMarks()
    let sortedMarks =
      marks.isEmpty
      ? [] : InteractionTable.scattered(marks, filler: false, users: users, starts: starts)
    users = []
    var builder = LogBuilder(
      rules: rules, itemCount: itemCount, starts: starts, items: consume items,
      seconds: consume seconds, weights: consume weights, marks: sortedMarks)
    self = builder.build()
  }

}

/// Lists that grow user by user.
private struct GrowingLists {
  var offsets = [0]
  var items: [UInt32] = []

  mutating func close() { offsets.append(items.count) }

  /// The lists with other numbers for items; those without one are left out.
  func renumbered(_ remap: [UInt32?]) -> UserItems {
    var lists = GrowingLists()
    lists.items.reserveCapacity(items.count)
    for user in 0..<(offsets.count - 1) {
      lists.items += items[offsets[user]..<offsets[user + 1]].lazy.compactMap { remap[Int($0)] }
      lists.close()
    }
    return UserItems(offsets: lists.offsets, items: lists.items)
  }
}

/// Goes over the users once, each one's rows being together, and writes the table in their place.
private struct LogBuilder {
  private let rules: MergeRules
  private let newest: UInt32
  private let starts: [Int]
  private var items: [UInt32]
  private var seconds: [UInt32]
  private var weights: [Float]
  private let marks: [Bool]
  private let itemCount: Int
  /// Whether what is excluded is just what the table holds, so that it needs no lists of its own.
  private let excludesTable: Bool

  private var written = 0
  private var offsets = [0]
  private var keptUsers: [UInt32] = []
  private var excluded = GrowingLists()
  private var negatives = GrowingLists()
  private var negativeWeights: [Float] = []
  private var latest: [UInt32] = []
  private var outsiders: [UInt32] = []
  private var outsidersExcluded = GrowingLists()
  private var outsidersLatest: [UInt32] = []
  private var popularity: [Double]
  private var (negativePairs, tooFew, counted) = (0, 0, 0)

  init(
    rules: MergeRules, itemCount: Int, starts: [Int], items: [UInt32], seconds: [UInt32],
    weights: [Float], marks: [Bool]
  ) {
    (self.rules, self.itemCount, self.starts, self.items) = (rules, itemCount, starts, items)
    (self.seconds, self.weights, self.marks) = (seconds, weights, marks)
    var newest: UInt32 = 0
    for row in seconds.indices where weights[row] != 0 { newest = max(newest, seconds[row]) }
    self.newest = newest
    excludesTable =
      rules.exclusion == .counted && rules.readmittedBefore == 0 && rules.maximumPerUser == nil
      && weights.allSatisfy { $0 > 0 }
    popularity = [Double](repeating: 0, count: itemCount)
  }

  mutating func build() -> InteractionLog {
    var merger = EventMerger(rules: rules, newest: newest)
    var pairs: [UserItemPair] = []
    for user in 0..<(starts.count - 1) {
      let rows = starts[user]..<starts[user + 1]
      if rows.isEmpty { continue }
      let last = rows.reduce(0) { max($0, seconds[$1]) }
      merger.merge(
        rows, items: items, seconds: seconds, weights: weights, marks: marks, into: &pairs)
      take(pairs, of: UInt32(truncatingIfNeeded: user), latest: last)
    }
    InteractionTable.shrink(&items, to: written)
    InteractionTable.shrink(&seconds, to: written)
    InteractionTable.shrink(&weights, to: written)
    return finish(overMaximum: merger.overMaximum)
  }

  /// Writes a user's pairs; there are no more of them than rows, so nothing unread is overwritten.
  private mutating func take(_ pairs: [UserItemPair], of user: UInt32, latest last: UInt32) {
    var interactions = 0
    for pair in pairs {
      counted += pair.events
      if pair.events > 0 {
        if pair.weight > 0 { interactions += 1 } else { negativePairs += 1 }
      }
    }
    guard interactions >= max(rules.minimumInteractions, 1) else {
      tooFew += interactions
      outsiders.append(user)
      outsidersLatest.append(last)
      for pair in pairs where pair.isExcluded { outsidersExcluded.items.append(pair.item) }
      outsidersExcluded.close()
      return
    }
    keptUsers.append(user)
    latest.append(last)
    for pair in pairs {
      if pair.isExcluded && !excludesTable { excluded.items.append(pair.item) }
      guard pair.events > 0 else { continue }
      if pair.weight > 0 {
        items[written] = pair.item
        seconds[written] = pair.first
        weights[written] = Float(pair.weight)
        written += 1
        if pair.last >= rules.popularSince {
          popularity[Int(pair.item)] += MergeRules.share(
            after: newest - pair.last, halfLife: rules.popularHalfLife)
        }
      } else {
        negatives.items.append(pair.item)
        negativeWeights.append(Float(-pair.weight))
      }
    }
    offsets.append(written)
    excluded.close()
    negatives.close()
  }

  /// Numbers the items that remain, and puts everything together.
  private mutating func finish(overMaximum: Int) -> InteractionLog {
    var isKept = [Bool](repeating: false, count: itemCount)
    for item in items { isKept[Int(item)] = true }
    let keptItems = isKept.indices.filter { isKept[$0] }.map { UInt32(truncatingIfNeeded: $0) }
    var remap = [UInt32?](repeating: nil, count: itemCount)
    for (dense, item) in keptItems.enumerated() {
      remap[Int(item)] = UInt32(truncatingIfNeeded: dense)
    }
    if keptItems.count < itemCount {
      for row in items.indices { items[row] = remap[Int(items[row])] ?? 0 }
    }
    let table = InteractionTable(
      itemCount: keptItems.count, offsets: offsets, items: items, seconds: seconds,
      weights: weights, merged: counted - written - tooFew - negativePairs)
    return InteractionLog(
      keptUsers: keptUsers, keptItems: keptItems, table: table,
      excluded: excludesTable ? table.history : excluded.renumbered(remap),
      negatives: knownNegatives(remap), latest: latest,
      popularity: keptItems.map { popularity[Int($0)] }, outsiders: outsiders,
      outsidersExcluded: outsidersExcluded.renumbered(remap), outsidersLatest: outsidersLatest,
      negativePairs: negativePairs, tooFew: tooFew, overMaximum: overMaximum)
  }

  private func knownNegatives(_ remap: [UInt32?]) -> KnownNegatives? {
    let kept = negatives.renumbered(remap)
    if kept.count == 0 { return nil }
    // A negative of no weight at all, a view and a hide that cancel out, is let weigh little.
    let weights = zip(negatives.items, negativeWeights).lazy
      .filter { remap[Int($0.0)] != nil }
      .map { max($0.1, Float(MergeRules.leastShare)) }
    return KnownNegatives(items: kept, weights: Array(weights))
  }
}

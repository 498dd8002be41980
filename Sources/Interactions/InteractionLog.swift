/// A log by the rules of a job: who and what remains of it, and what each user is not to be shown.
///
/// Users and items are numbered in the order of their identifiers: the table holds users with enough
/// interactions and the items that they have. The others are outsiders: nothing is learnt from them, but
/// what they are not to be shown is known.
package struct InteractionLog: Sendable {
  /// Identifiers of the table's users.
  package let users: Vocabulary
  /// Identifiers of the table's items.
  package let items: Vocabulary
  /// One interaction per user and item whose events weigh more than 0 together.
  package let table: InteractionTable
  /// The events of the table's interactions, each user's in order of time.
  package let sequences: UserSequences
  /// For each user of the table the items that are not to be listed.
  package let excluded: UserItems
  /// Items that users of the table have spoken against; nil when nobody has.
  package let negatives: KnownNegatives?
  /// The same by the events of each user that are not after the latest new item; nil where it is the same.
  package let negativesUpToLatest: KnownNegatives?
  /// For each user of the table the second of the latest event of any kind.
  package let latest: [UInt32]
  /// How many users of the table have each item, each user by the age of the last event.
  package let popularity: [Double]
  /// Identifiers of users that are not in the table.
  package let outsiders: Vocabulary
  /// For each outsider the items of the table that are not to be listed.
  package let outsidersExcluded: UserItems
  /// For each outsider the second of the latest event of any kind.
  package let outsidersLatest: [UInt32]
  /// Identifiers of items that have events and are not in the table.
  package let unusedItems: Vocabulary
  /// Pairs of user and item whose events weigh 0 or less together.
  package let negativePairs: Int
  /// Interactions of users with too few of them.
  package let tooFew: Int
  /// Events beyond the most that count of a user.
  package let overMaximum: Int
  /// Events of users who are left out altogether.
  package let absent: Int
}

extension InteractionLog {
  /// Merges events by the rules and leaves out users with too few interactions.
  ///
  /// While events become interactions it takes 20 bytes an event, as much as while they are sorted, and 4
  /// more for each interaction when there are many repeats; beside that 4 bytes for each excluded pair,
  /// unless that is what the table holds.
  ///
  /// - Parameters:
  ///   - columns: the events; nobody else should hold them, or their memory stays.
  ///   - users: identifiers of all users, in order.
  ///   - userMap: the index in `users` of each provisional user number; events of users without one are
  ///     left out.
  ///   - items: identifiers of all items, in order.
  ///   - itemMap: the index in `items` of each provisional item number.
  ///   - rules: what counts, and what excludes.
  package init(
    columns: consuming InteractionColumns, users: Vocabulary, userMap: IndexMap,
    items: Vocabulary, itemMap: IndexMap, rules: MergeRules
  ) {
    var columns = columns
    var owners = columns.takeUsers()
    let events = owners.count
    let starts = InteractionTable.denseUsers(&owners, map: userMap, userCount: users.count)
    let eventItems = InteractionTable.scattered(
      columns.takeItems(), filler: 0, users: owners, starts: starts,
      transform: { UInt32(itemMap.values[Int($0)]) })
    let seconds = InteractionTable.scattered(
      columns.takeSeconds(), filler: 0, users: owners, starts: starts)
    let weights = InteractionTable.scattered(
      columns.takeWeights(), filler: 0, users: owners, starts: starts)
    let marks = columns.takeMarks()
    let sortedMarks =
      marks.isEmpty
      ? [] : InteractionTable.scattered(marks, filler: false, users: owners, starts: starts)
    owners = []
    var builder = LogBuilder(
      rules: rules, users: users, items: items, starts: starts, eventItems: consume eventItems,
      seconds: consume seconds, weights: consume weights, marks: sortedMarks,
      absent: events - (starts.last ?? 0))
    self = builder.build()
  }

}

/// Lists that grow user by user.
private struct GrowingLists {
  var offsets = [0]
  var items: [UInt32] = []

  mutating func close() { offsets.append(items.count) }

  /// The lists with other numbers for items; those without one are left out.
  func renumbered(_ map: IndexMap) -> UserItems {
    var lists = GrowingLists()
    lists.items.reserveCapacity(items.count)
    for user in 0..<(offsets.count - 1) {
      for item in items[offsets[user]..<offsets[user + 1]] {
        if let index = map[Int(item)] { lists.items.append(UInt32(truncatingIfNeeded: index)) }
      }
      lists.close()
    }
    return UserItems(offsets: lists.offsets, items: lists.items)
  }
}

/// Goes over the users once, each one's rows being together, and writes their sequences and the table's
/// weights in the place of the events.
private struct LogBuilder {
  private let rules: MergeRules
  private let newest: UInt32
  private let users: Vocabulary
  private let items: Vocabulary
  private let starts: [Int]
  /// Items and seconds of events as they come, then of the sequences.
  private var eventItems: [UInt32]
  private var eventSeconds: [UInt32]
  /// Weights of events as they come, then of interactions.
  private var weights: [Float]
  private let marks: [Bool]
  /// Whether what is excluded is just what the table holds, so that it needs no lists of its own.
  private let excludesTable: Bool
  private let absent: Int

  private var sequenced = 0
  private var sequenceOffsets = [0]
  private var offsets = [0]
  private var tableItems: [UInt32] = []
  private var tableSeconds: [UInt32] = []
  private var keptUsers: [UInt32] = []
  private var excluded = GrowingLists()
  private var negatives = GrowingLists()
  private var negativeWeights: [Float] = []
  /// What weights are by the events up to each user's latest new item; empty as long as they are the same.
  private var weightsUpToLatest: [Float] = []
  /// The same of known negatives, 0 or more; `notNegative` for those that were none then.
  private var negativeWeightsUpToLatest: [Float] = []
  private var latest: [UInt32] = []
  private var outsiders: [UInt32] = []
  private var outsidersExcluded = GrowingLists()
  private var outsidersLatest: [UInt32] = []
  private var popularity: [Double]
  private var (negativePairs, tooFew, counted) = (0, 0, 0)

  init(
    rules: MergeRules, users: Vocabulary, items: Vocabulary, starts: [Int],
    eventItems: [UInt32], seconds: [UInt32], weights: [Float], marks: [Bool], absent: Int
  ) {
    (self.rules, self.users, self.items, self.starts) = (rules, users, items, starts)
    (self.eventItems, eventSeconds, self.weights) = (eventItems, seconds, weights)
    (self.marks, self.absent) = (marks, absent)
    var newest: UInt32 = 0
    for row in seconds.indices where weights[row] != 0 { newest = max(newest, seconds[row]) }
    self.newest = rules.ageFrom ?? newest
    excludesTable =
      rules.exclusion == .counted && rules.readmittedBefore == 0 && rules.maximumPerUser == nil
      && weights.allSatisfy { $0 > 0 }
    popularity = [Double](repeating: 0, count: items.count)
  }

  mutating func build() -> InteractionLog {
    var merger = EventMerger(
      rules: rules, newest: newest,
      order: EventOrder(seed: rules.seed, users: users, items: items))
    var pairs: [UserItemPair] = []
    var earlier: [UserItemPair] = []
    var sequence: [UInt64] = []
    tableItems.reserveCapacity(eventItems.count)
    tableSeconds.reserveCapacity(eventItems.count)
    for user in 0..<users.count {
      let rows = starts[user]..<starts[user + 1]
      if rows.isEmpty { continue }
      let last = rows.reduce(0) { max($0, eventSeconds[$1]) }
      merger.merge(
        rows, of: user, items: eventItems, seconds: eventSeconds, weights: weights, marks: marks,
        into: &pairs)
      guard take(pairs, of: UInt32(truncatingIfNeeded: user), latest: last) else { continue }
      merger.sequence(pairs, of: user, into: &sequence)
      take(sequence)
      if rules.weighsUpToLatest, merger.mergeUpToLatest(pairs, of: user, into: &earlier) {
        takeUpToLatest(earlier)
      } else if !weightsUpToLatest.isEmpty {
        weightsUpToLatest += weights[weightsUpToLatest.count..<tableItems.count]
        negativeWeightsUpToLatest += negativeWeights[negativeWeightsUpToLatest.count...]
      }
    }
    InteractionTable.shrink(&weights, to: tableItems.count)
    InteractionTable.shrink(&eventItems, to: sequenced)
    InteractionTable.shrink(&eventSeconds, to: sequenced)
    InteractionTable.shrinkCapacity(&tableItems)
    InteractionTable.shrinkCapacity(&tableSeconds)
    return finish(overMaximum: merger.overMaximum)
  }

  /// Writes a user's pairs; there are no more of them than rows, so nothing unread is overwritten.
  ///
  /// - Returns: whether the user is in the table.
  private mutating func take(
    _ pairs: [UserItemPair], of user: UInt32, latest last: UInt32
  ) -> Bool {
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
      return false
    }
    keptUsers.append(user)
    latest.append(last)
    for pair in pairs {
      if pair.isExcluded && !excludesTable { excluded.items.append(pair.item) }
      guard pair.events > 0 else { continue }
      if pair.weight > 0 {
        weights[tableItems.count] = Float(pair.weight)
        tableItems.append(pair.item)
        tableSeconds.append(pair.first)
        if pair.last >= rules.popularSince {
          popularity[Int(pair.item)] += MergeRules.share(
            after: newest - min(newest, pair.last), halfLife: rules.popularHalfLife)
        }
      } else {
        negatives.items.append(pair.item)
        negativeWeights.append(Float(-pair.weight))
      }
    }
    offsets.append(tableItems.count)
    excluded.close()
    negatives.close()
    return true
  }

  /// Stands for the weight of an item that a user has spoken against only later.
  private static let notNegative: Float = -1

  /// Writes what the last user's pairs weigh by the events up to the latest new item.
  ///
  /// - Parameter earlier: what these events come to, items ascending.
  private mutating func takeUpToLatest(_ earlier: [UserItemPair]) {
    if weightsUpToLatest.isEmpty {
      // Of the users before there are no later events.
      weightsUpToLatest = Array(weights[..<(offsets.dropLast().last ?? 0)])
      let others = negatives.offsets.dropLast().last ?? 0
      negativeWeightsUpToLatest = Array(negativeWeights[..<others])
    }
    /// The sum of an item's events, nil without one that counts.
    func weight(_ item: UInt32) -> Double? {
      let place = lowerBound(in: earlier.indices) { earlier[$0].item < item }
      guard place < earlier.count, earlier[place].item == item, earlier[place].events > 0
      else { return nil }
      return earlier[place].weight
    }
    for item in tableItems[weightsUpToLatest.count...] {
      let weight = weight(item) ?? 0
      weightsUpToLatest.append(Float(weight > 0 ? weight : MergeRules.leastShare))
    }
    for item in negatives.items[negativeWeightsUpToLatest.count...] {
      let weight = weight(item)
      negativeWeightsUpToLatest.append(
        weight.map { $0 > 0 ? Self.notNegative : Float(-$0) } ?? Self.notNegative)
    }
  }

  /// Writes a user's sequence; it has no more events than rows were read.
  private mutating func take(_ sequence: [UInt64]) {
    for event in sequence {
      (eventItems[sequenced], eventSeconds[sequenced]) = UserSequences.parts(event)
      sequenced += 1
    }
    sequenceOffsets.append(sequenced)
  }

  /// Numbers the items that remain, and puts everything together.
  private mutating func finish(overMaximum: Int) -> InteractionLog {
    var isKept = [Bool](repeating: false, count: items.count)
    for item in tableItems { isKept[Int(item)] = true }
    func positions(kept: Bool) -> [UInt32] {
      isKept.indices.filter { isKept[$0] == kept }.map { UInt32(truncatingIfNeeded: $0) }
    }
    let keptItems = positions(kept: true)
    let map = IndexMap(inverting: keptItems, count: items.count)
    if keptItems.count < items.count {
      for row in tableItems.indices { tableItems[row] = UInt32(map.values[Int(tableItems[row])]) }
      for row in eventItems.indices { eventItems[row] = UInt32(map.values[Int(eventItems[row])]) }
    }
    let table = InteractionTable(
      itemCount: keptItems.count, offsets: offsets, items: tableItems, seconds: tableSeconds,
      weights: weights, weightsUpToLatest: weightsUpToLatest,
      merged: counted - tableItems.count - tooFew - negativePairs)
    return InteractionLog(
      users: users.keeping(keptUsers), items: items.keeping(keptItems), table: table,
      sequences: UserSequences(
        offsets: sequenceOffsets, items: eventItems, seconds: eventSeconds),
      excluded: excludesTable ? table.history : excluded.renumbered(map),
      negatives: knownNegatives(map), negativesUpToLatest: negativesUpToLatest(map),
      latest: latest,
      popularity: keptItems.map { popularity[Int($0)] }, outsiders: users.keeping(outsiders),
      outsidersExcluded: outsidersExcluded.renumbered(map), outsidersLatest: outsidersLatest,
      unusedItems: items.keeping(positions(kept: false)), negativePairs: negativePairs,
      tooFew: tooFew, overMaximum: overMaximum, absent: absent)
  }

  private func knownNegatives(_ map: IndexMap) -> KnownNegatives? {
    let known = known(negatives, negativeWeights, map)
    return known.items.count == 0 ? nil : known
  }

  private func negativesUpToLatest(_ map: IndexMap) -> KnownNegatives? {
    if weightsUpToLatest.isEmpty || negativeWeightsUpToLatest == negativeWeights { return nil }
    var kept = GrowingLists()
    for user in 0..<(negatives.offsets.count - 1) {
      for place in negatives.offsets[user]..<negatives.offsets[user + 1]
      where negativeWeightsUpToLatest[place] != Self.notNegative {
        kept.items.append(negatives.items[place])
      }
      kept.close()
    }
    return known(kept, negativeWeightsUpToLatest.filter { $0 != Self.notNegative }, map)
  }

  /// Lists of items with their weights, in the numbering of the table.
  private func known(
    _ lists: GrowingLists, _ weights: [Float], _ map: IndexMap
  ) -> KnownNegatives {
    // A negative of no weight at all, a view and a hide that cancel out, is let weigh little.
    let weights = zip(lists.items, weights).lazy.filter { map[Int($0.0)] != nil }
      .map { max($0.1, Float(MergeRules.leastShare)) }
    return KnownNegatives(items: lists.renumbered(map), weights: Array(weights))
  }
}

/// The events of each user in order of time: what the table's interactions are made of.
///
/// There is every event that counts, with a weight above 0, of every interaction of a table, repeats
/// included. Events of one second are in the order of a hash of user, item and `evaluate.seed`. It takes
/// 8 bytes an event.
package struct UserSequences: Sendable, Equatable {
  /// Where each user's events begin, and at last their end: `userCount + 1` numbers.
  package let offsets: [Int]
  /// Each event's item, by the table's indices.
  package let items: [UInt32]
  /// Each event's time in seconds since 1970 UTC, ascending within a user.
  package let seconds: [UInt32]

  /// Takes events that are in order.
  ///
  /// - Parameters:
  ///   - offsets: where each user's events begin, and at last their end.
  ///   - items: each event's item.
  ///   - seconds: each event's time, ascending within a user.
  package init(offsets: [Int], items: [UInt32], seconds: [UInt32]) {
    precondition(
      offsets.last == items.count && items.count == seconds.count,
      "offsets must span the events exactly")
    (self.offsets, self.items, self.seconds) = (offsets, items, seconds)
  }

  /// The first event of each interaction of a table, for logs whose repeats are not known.
  ///
  /// - Parameters:
  ///   - table: the interactions; its indices stand for identifiers.
  ///   - seed: settles the order of events of one second.
  package init(firstEventsOf table: InteractionTable, seed: UInt64 = 1) {
    let order = EventOrder(seed: seed)
    var (items, seconds) = (table.items, table.seconds)
    var events: [UInt64] = []
    for user in 0..<table.userCount {
      let rows = table.offsets[user]..<table.offsets[user + 1]
      events.removeAll(keepingCapacity: true)
      for row in rows { events.append(Self.event(table.items[row], at: table.seconds[row])) }
      order.sort(&events, of: user)
      for (row, event) in zip(rows, events) {
        (items[row], seconds[row]) = Self.parts(event)
      }
    }
    self.init(offsets: table.offsets, items: items, seconds: seconds)
  }

  /// An event as one number: the second in the high half, the item in the low half.
  static func event(_ item: UInt32, at second: UInt32) -> UInt64 {
    UInt64(second) << 32 | UInt64(item)
  }

  /// The item and the second of such a number.
  static func parts(_ event: UInt64) -> (item: UInt32, second: UInt32) {
    (UInt32(truncatingIfNeeded: event), UInt32(truncatingIfNeeded: event >> 32))
  }

  /// How many users there are.
  package var userCount: Int { offsets.count - 1 }

  /// How many events there are.
  package var count: Int { items.count }

  /// Finds where a user's events lie, the latest one last.
  ///
  /// - Parameter user: in `0..<userCount`.
  /// - Returns: positions in `items` and `seconds`.
  package func range(of user: Int) -> Range<Int> { offsets[user]..<offsets[user + 1] }

  /// Whether a user's latest event shares its second with an event of another item.
  ///
  /// - Parameter user: in `0..<userCount`.
  /// - Returns: whether there is a tie.
  package func isLatestTied(of user: Int) -> Bool {
    let own = range(of: user)
    guard let last = own.last else { return false }
    return own.dropLast().reversed().prefix { seconds[$0] == seconds[last] }
      .contains { items[$0] != items[last] }
  }

  /// Finds the two items that a user met last, each item by its first event.
  ///
  /// - Parameters:
  ///   - user: in `0..<userCount`, with an interaction at least.
  ///   - table: the table that the events belong to.
  /// - Returns: rows of the table; -1 for the second latest of a single interaction.
  package func latestRows(
    of user: Int, in table: InteractionTable
  ) -> (latest: Int, second: Int) {
    let (own, rows) = (range(of: user), table.offsets[user]..<table.offsets[user + 1])
    var latest = -1
    for place in own.reversed() {
      let (item, second) = (items[place], seconds[place])
      // Repeats of an item in one second lie side by side.
      if place > own.lowerBound, items[place - 1] == item, seconds[place - 1] == second {
        continue
      }
      let row = lowerBound(in: rows) { table.items[$0] < item }
      precondition(row < rows.upperBound && table.items[row] == item, "events of another table")
      if table.seconds[row] != second { continue }
      if latest >= 0 { return (latest, row) }
      latest = row
    }
    precondition(latest >= 0, "a user without an interaction has no latest")
    return (latest, -1)
  }
}

/// The log in compressed rows: for each user the items in ascending order, each once.
///
/// Events of the same user and item are one interaction: its time is that of the first of them with a
/// weight above 0, its weight the sum of theirs. The table depends on which events there are and not on their order of
/// arrival, down to the bits of the sums. It takes 12 bytes an interaction, and 4 more where a user has events
/// that count after the latest new item.
package struct InteractionTable: Sendable, Equatable {
  /// How many users there are; they are numbered from 0.
  package let userCount: Int
  /// How many items there are; they are numbered from 0.
  package let itemCount: Int
  /// Where each user's interactions begin, and at last their end: `userCount + 1` numbers.
  package let offsets: [Int]
  /// Each interaction's item, ascending within a user.
  package let items: [UInt32]
  /// Each interaction's first event with a weight above 0, in seconds since 1970 UTC.
  package let seconds: [UInt32]
  /// Each interaction's weight, the sum over its events.
  package let weights: [Float]
  /// Each interaction's weight by the events of its user that are not after the latest new item, above 0;
  /// empty where there are no later ones.
  package let weightsUpToLatest: [Float]
  /// How many events repeated an earlier one and were merged into it.
  package let merged: Int

  /// How many interactions there are.
  package var count: Int { items.count }

  /// The table's items alone: everything that is known of each user.
  package var history: UserItems { UserItems(offsets: offsets, items: items) }

  /// The weight of an interaction.
  ///
  /// - Parameters:
  ///   - row: the interaction's row.
  ///   - isTested: whether the user's latest new item is held out, so that later events are not known.
  /// - Returns: the sum over the events that are known, above 0.
  func weight(of row: Int, isTested: Bool) -> Float {
    isTested && !weightsUpToLatest.isEmpty ? weightsUpToLatest[row] : weights[row]
  }

  /// Sorts events by user and item and merges repeats.
  ///
  /// Users are sorted by counting, one column after the other, and each column goes as soon as it
  /// has been used: the peak is the columns and 4 bytes an event. Then each user's events are
  /// sorted by item, time and weight.
  ///
  /// - Parameters:
  ///   - columns: the events; nobody else should hold them, or their memory stays.
  ///   - userMap: the dense index of each provisional user number; events of users without one are left
  ///     out.
  ///   - itemMap: the dense index of each provisional item number.
  ///   - userCount: dense user indices are below it.
  ///   - itemCount: dense item indices are below it.
  package init(
    columns: consuming InteractionColumns, users userMap: IndexMap, items itemMap: IndexMap,
    userCount: Int, itemCount: Int
  ) {
    var columns = columns
    var users = columns.takeUsers()
    var starts = Self.denseUsers(&users, map: userMap, userCount: userCount)
    var items = Self.scattered(
      columns.takeItems(), filler: 0, users: users, starts: starts,
      transform: { UInt32(itemMap.values[Int($0)]) })
    precondition(items.allSatisfy { $0 < itemCount }, "an item index outside the table")
    var seconds = Self.scattered(
      columns.takeSeconds(), filler: 0, users: users, starts: starts)
    var weights = Self.scattered(
      columns.takeWeights(), filler: 0, users: users, starts: starts)
    users = []

    let events = items.count
    Self.sortAndMerge(&starts, &items, &seconds, &weights)
    (self.userCount, self.itemCount) = (userCount, itemCount)
    self.offsets = starts
    self.merged = events - items.count
    (self.items, self.seconds, self.weights) = (items, seconds, weights)
    weightsUpToLatest = []
  }

  /// Takes rows that are laid out already.
  init(
    itemCount: Int, offsets: [Int], items: [UInt32], seconds: [UInt32], weights: [Float],
    weightsUpToLatest: [Float], merged: Int
  ) {
    self.userCount = offsets.count - 1
    (self.itemCount, self.offsets, self.items, self.seconds) = (itemCount, offsets, items, seconds)
    (self.weights, self.weightsUpToLatest, self.merged) = (weights, weightsUpToLatest, merged)
  }

  /// Stands for the user of an event that is left out.
  private static let noUser = UInt32.max

  /// Replaces provisional users by dense ones and counts them into the users' first positions.
  static func denseUsers(
    _ users: inout [UInt32], map: IndexMap, userCount: Int
  ) -> [Int] {
    var starts = [Int](repeating: 0, count: userCount + 1)
    for row in users.indices {
      guard let user = map[Int(users[row])] else {
        users[row] = noUser
        continue
      }
      users[row] = UInt32(truncatingIfNeeded: user)
      starts[user + 1] += 1
    }
    for user in 0..<userCount { starts[user + 1] += starts[user] }
    return starts
  }

  /// Moves a column's values to their users' places, in order of arrival within a user.
  static func scattered<Value>(
    _ column: consuming [Value], filler: Value, users: [UInt32], starts: [Int],
    transform: (Value) -> Value = { $0 }
  ) -> [Value] {
    var next = starts
    var result = [Value](repeating: filler, count: starts.last ?? 0)
    var destination = result.mutableSpan
    for row in users.indices where users[row] != noUser {
      let user = Int(users[row])
      let position = next[user]
      next[user] = position + 1
      destination[position] = transform(column[row])
    }
    return result
  }

  /// Sorts each user's events by item, time and weight, and closes the gaps that repeats leave.
  private static func sortAndMerge(
    _ offsets: inout [Int], _ items: inout [UInt32], _ seconds: inout [UInt32],
    _ weights: inout [Float]
  ) {
    var merger = EventMerger(rules: MergeRules(), newest: 0, order: EventOrder(seed: 0))
    var pairs: [UserItemPair] = []
    var written = 0
    for user in 0..<(offsets.count - 1) {
      merger.merge(
        offsets[user]..<offsets[user + 1], of: user, items: items, seconds: seconds,
        weights: weights, marks: [], into: &pairs)
      offsets[user] = written
      for pair in pairs {
        items[written] = pair.item
        seconds[written] = pair.first
        weights[written] = Float(pair.weight)
        written += 1
      }
    }
    offsets[offsets.count - 1] = written
    shrink(&items, to: written)
    shrink(&seconds, to: written)
    shrink(&weights, to: written)
  }

  /// Drops what lies behind the merged rows; gives the memory back when it is worth a copy.
  static func shrink<Value>(_ column: inout [Value], to count: Int) {
    let surplus = column.count - count
    if surplus > column.count / 8 {
      column = Array(column[..<count])
    } else {
      column.removeLast(surplus)
    }
  }

  /// Gives memory that a column has in reserve back when it is worth a copy.
  static func shrinkCapacity(_ column: inout [UInt32]) {
    if column.capacity - column.count > column.capacity / 8 { column = column.map { $0 } }
  }
}

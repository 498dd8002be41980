/// The log as it arrives: four columns of four bytes, one row an event.
///
/// Users and items are the provisional numbers of two `VocabularyBuilder`s. Where some events exclude
/// their items from lists and others don't, a fifth column of a byte says which.
package struct InteractionColumns: Sendable {
  /// Each event's user, a provisional number.
  package private(set) var users: [UInt32] = []
  /// Each event's item, a provisional number.
  package private(set) var items: [UInt32] = []
  /// Each event's time in whole seconds since 1970 UTC.
  package private(set) var seconds: [UInt32] = []
  /// Each event's weight; 0 for an event that only excludes, below 0 for one that speaks against.
  package private(set) var weights: [Float] = []
  /// Whether each event excludes its item from the user's list; empty when no event is marked.
  package private(set) var marks: [Bool] = []
  private let isMarked: Bool

  /// Begins with no events.
  ///
  /// - Parameter isMarked: whether to keep what `append` is told of marks.
  package init(isMarked: Bool = false) {
    self.isMarked = isMarked
  }

  /// How many events there are.
  package var count: Int { users.count }

  /// Makes room for a number of events, where it is known.
  ///
  /// - Parameter count: of events in all.
  package mutating func reserveCapacity(_ count: Int) {
    users.reserveCapacity(count)
    items.reserveCapacity(count)
    seconds.reserveCapacity(count)
    weights.reserveCapacity(count)
    if isMarked { marks.reserveCapacity(count) }
  }

  /// Adds an event.
  ///
  /// - Parameters:
  ///   - user: its provisional number.
  ///   - item: its provisional number.
  ///   - second: since 1970 UTC.
  ///   - weight: 1 where events have none.
  ///   - excludes: whether the event excludes its item from the user's list.
  package mutating func append(
    user: UInt32, item: UInt32, second: UInt32, weight: Float = 1, excludes: Bool = false
  ) {
    users.append(user)
    items.append(item)
    seconds.append(second)
    weights.append(weight)
    if isMarked { marks.append(excludes) }
  }

  /// Adds all events of another log.
  ///
  /// - Parameters:
  ///   - other: events whose users and items are numbered otherwise.
  ///   - users: for each of its users the number here.
  ///   - items: for each of its items the number here.
  package mutating func append(
    _ other: consuming InteractionColumns, users: [UInt32], items: [UInt32]
  ) {
    self.users.append(contentsOf: other.takeUsers().lazy.map { users[Int($0)] })
    self.items.append(contentsOf: other.takeItems().lazy.map { items[Int($0)] })
    seconds.append(contentsOf: other.takeSeconds())
    weights.append(contentsOf: other.takeWeights())
    marks.append(contentsOf: other.takeMarks())
  }

  /// The events before a moment, in their order of arrival.
  ///
  /// - Parameter second: the first second that is left out.
  /// - Returns: the earlier part.
  package func before(_ second: UInt32) -> InteractionColumns { within(0..<second) }

  /// The events of a stretch of time, in their order of arrival.
  ///
  /// - Parameter stretch: seconds since 1970 UTC.
  /// - Returns: the part.
  package func within(_ stretch: Range<UInt32>) -> InteractionColumns {
    var earlier = InteractionColumns(isMarked: isMarked)
    earlier.reserveCapacity(seconds.count { stretch.contains($0) })
    for row in seconds.indices where stretch.contains(seconds[row]) {
      earlier.append(
        user: users[row], item: items[row], second: seconds[row], weight: weights[row],
        excludes: isMarked && marks[row])
    }
    return earlier
  }

  /// Hands over the column of users and keeps an empty one, so that its memory can go early.
  mutating func takeUsers() -> [UInt32] { Self.taken(&users) }
  /// Hands over the column of items and keeps an empty one.
  mutating func takeItems() -> [UInt32] { Self.taken(&items) }
  /// Hands over the column of times and keeps an empty one.
  mutating func takeSeconds() -> [UInt32] { Self.taken(&seconds) }
  /// Hands over the column of weights and keeps an empty one.
  mutating func takeWeights() -> [Float] { Self.taken(&weights) }
  /// Hands over the column of marks and keeps an empty one.
  mutating func takeMarks() -> [Bool] { Self.taken(&marks) }

  private static func taken<Value>(_ column: inout [Value]) -> [Value] {
    defer { column = [] }
    return column
  }
}

/// The log as it arrives: four columns of four bytes, one row an event.
///
/// Users and items are the provisional numbers of two `VocabularyBuilder`s.
package struct InteractionColumns: Sendable {
  /// Each event's user, a provisional number.
  package private(set) var users: [UInt32] = []
  /// Each event's item, a provisional number.
  package private(set) var items: [UInt32] = []
  /// Each event's time in whole seconds since 1970 UTC.
  package private(set) var seconds: [UInt32] = []
  /// Each event's weight.
  package private(set) var weights: [Float] = []

  /// Begins with no events.
  package init() {}

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
  }

  /// Adds an event.
  ///
  /// - Parameters:
  ///   - user: its provisional number.
  ///   - item: its provisional number.
  ///   - second: since 1970 UTC.
  ///   - weight: 1 where events have none.
  package mutating func append(user: UInt32, item: UInt32, second: UInt32, weight: Float = 1) {
    users.append(user)
    items.append(item)
    seconds.append(second)
    weights.append(weight)
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
  }

  /// Hands over the column of users and keeps an empty one, so that its memory can go early.
  mutating func takeUsers() -> [UInt32] {
    let taken = users
    users = []
    return taken
  }

  /// Hands over the column of items and keeps an empty one.
  mutating func takeItems() -> [UInt32] {
    let taken = items
    items = []
    return taken
  }

  /// Hands over the column of times and keeps an empty one.
  mutating func takeSeconds() -> [UInt32] {
    let taken = seconds
    seconds = []
    return taken
  }

  /// Hands over the column of weights and keeps an empty one.
  mutating func takeWeights() -> [Float] {
    let taken = weights
    weights = []
    return taken
  }
}

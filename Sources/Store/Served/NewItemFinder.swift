package import Interactions

/// Finds each user's first new item in each span of time in which a list was live.
///
/// An item is new by its first event under the list, if none of the user's earlier events with it
/// excluded it from the list: there is none, or all are so old that the item was readmitted. An event
/// belongs to the second that it is in, since that is how times are kept.
package struct NewItemFinder {
  /// A user's first new item in a span.
  package struct Found: Sendable, Equatable {
    /// The span's number.
    package var span: Int
    /// The user's index.
    package var user: Int
    /// The item's index.
    package var item: UInt32
    /// When, in seconds since 1970 UTC.
    package var second: UInt32
    /// The group of the user's length of history, by its least value.
    package var history: Int32
    /// The group of the item's age in days, by its least value; -1 for an item without an event before
    /// the list.
    package var itemAge: Int32
  }

  /// The least values of the groups by number of items that a user had.
  static let histories: [Int32] = [0, 1, 2, 3, 5, 10, 20, 50, 100]
  /// The least values of the groups by age of an item in days.
  static let ages: [Int32] = [-1, 0, 1, 7, 28, 90, 365]

  private let sequences: UserSequences
  private let spans: [ServedSpan]
  private let begins: UInt32
  /// The second of each item's first event.
  private let firstSeconds: [UInt32]

  /// A user's events while they are looked at.
  private struct User {
    /// For each event the second of the one before it with the same item; nil where it is the first.
    var previous: [UInt32?] = []
    /// The seconds of each item's first event, ascending.
    var firsts: [UInt32] = []
    var last: [UInt32: UInt32] = [:]
  }

  /// Looks at a log; takes one pass over it and 4 bytes an item.
  ///
  /// - Parameters:
  ///   - sequences: each user's events in order of time.
  ///   - itemCount: how many items there are.
  ///   - spans: the stretches of time.
  package init(_ sequences: UserSequences, itemCount: Int, spans: [ServedSpan]) {
    (self.sequences, self.spans) = (sequences, spans)
    begins = spans.map(\.begins).min() ?? .max
    var firstSeconds = [UInt32](repeating: .max, count: spans.isEmpty ? 0 : itemCount)
    if !spans.isEmpty {
      for (item, second) in zip(sequences.items, sequences.seconds) {
        firstSeconds[Int(item)] = min(firstSeconds[Int(item)], second)
      }
    }
    self.firstSeconds = firstSeconds
  }

  /// Hands on what is found, user by user.
  ///
  /// Only users with an event within the spans take time.
  ///
  /// - Parameters:
  ///   - checkpoint: called every thousand users.
  ///   - body: takes one.
  /// - Throws: what the two throw.
  package func forEach(
    checkpoint: () throws -> Void = {}, _ body: (Found) throws -> Void
  ) throws {
    var state = User()
    for user in 0..<sequences.userCount {
      if user & 0x3FF == 0 { try checkpoint() }
      let range = sequences.range(of: user)
      guard let last = range.last, sequences.seconds[last] >= begins else { continue }
      read(range, into: &state)
      for span in spans {
        if let found = first(in: span, of: user, range, state) { try body(found) }
      }
    }
  }

  private func read(_ range: Range<Int>, into state: inout User) {
    state.previous.removeAll(keepingCapacity: true)
    state.firsts.removeAll(keepingCapacity: true)
    state.last.removeAll(keepingCapacity: true)
    for place in range {
      let (item, second) = (sequences.items[place], sequences.seconds[place])
      let previous = state.last.updateValue(second, forKey: item)
      state.previous.append(previous)
      if previous == nil { state.firsts.append(second) }
    }
  }

  private func first(
    in span: ServedSpan, of user: Int, _ range: Range<Int>, _ state: User
  ) -> Found? {
    var place = lowerBound(in: range) { sequences.seconds[$0] < span.begins }
    while place < range.upperBound, sequences.seconds[place] < span.ends {
      let previous = state.previous[place - range.lowerBound]
      if previous.map({ $0 < span.readmittedBefore }) ?? true {
        let item = sequences.items[place]
        let history = lowerBound(in: state.firsts.indices) { state.firsts[$0] < span.published }
        return Found(
          span: span.span, user: user, item: item, second: sequences.seconds[place],
          history: Self.group(Int32(clamping: history), Self.histories),
          itemAge: age(of: item, at: span.published))
      }
      place += 1
    }
    return nil
  }

  private func age(of item: UInt32, at second: UInt32) -> Int32 {
    let first = firstSeconds[Int(item)]
    return first < second ? Self.group(Int32((second - first) / 86_400), Self.ages) : -1
  }

  /// The greatest least value that is not above a number.
  private static func group(_ value: Int32, _ least: [Int32]) -> Int32 {
    least.last { $0 <= value } ?? least[0]
  }
}

private import Glibc

/// How the events of a user with an item become one interaction, and what they exclude.
package struct MergeRules: Sendable, Equatable {
  /// Which events exclude their item from the user's list.
  ///
  /// Those with a weight below 0 always do.
  package enum Exclusion: Sendable, Equatable {
    /// Those that count: with a weight other than 0.
    case counted
    /// Those that are marked.
    case marked
    /// None.
    case none
  }

  /// Seconds in which an event's weight halves; nil keeps weights.
  package var halfLife: Double?
  /// The most events of a user that count, the latest ones; nil for no limit.
  package var maximumPerUser: Int?
  /// Users with fewer interactions are not in the table; at least 1.
  package var minimumInteractions = 1
  /// Which events exclude.
  package var exclusion = Exclusion.counted
  /// Excluding events before this second no longer do, save those with a weight below 0.
  package var readmittedBefore: UInt32 = 0
  /// Interactions whose last event is before this second make no item popular.
  package var popularSince: UInt32 = 0
  /// Seconds in which what an interaction adds to its item's popularity halves; nil for none.
  package var popularHalfLife: Double?

  /// Rules that keep weights as they are, and everybody, and exclude what counts.
  package init() {}

  /// The least that is left of a weight, however old: it stays a number above 0.
  static let leastShare = 0x1p-20

  /// What is left of a weight after some seconds.
  static func share(after seconds: UInt32, halfLife: Double?) -> Double {
    guard let halfLife else { return 1 }
    return max(exp2(-Double(seconds) / halfLife), leastShare)
  }
}

/// What a user has done with an item.
struct UserItemPair {
  var item: UInt32
  /// Of the first event that counts.
  var first: UInt32
  /// Of the last event that counts.
  var last: UInt32
  /// The sum over events that count, each by its age.
  var weight: Double
  /// Events that count.
  var events: Int
  /// Whether the item is excluded from the user's list.
  var isExcluded: Bool
}

/// Sorts a user's events by item, time and weight, and merges those of one item.
///
/// What comes out depends on which events there are and not on the order of their arrival, down to the
/// bits of the sums.
struct EventMerger {
  /// One event while a user's events are sorted.
  private struct Event: Comparable {
    /// The item in the high half, the second in the low half.
    var key: UInt64
    /// The weight's bits, whose order has no meaning but is the same for the same weights.
    var weight: UInt32
    var isMarked: Bool
    /// False for the events beyond the most that count.
    var counts: Bool

    var item: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    var second: UInt32 { UInt32(truncatingIfNeeded: key) }

    static func < (left: Event, right: Event) -> Bool {
      if left.key != right.key { return left.key < right.key }
      return left.weight < right.weight || (left.weight == right.weight && right.isMarked)
    }
  }

  let rules: MergeRules
  /// The second that ages are counted from.
  let newest: UInt32
  private var events: [Event] = []
  /// Events beyond the most that count of a user, so far.
  private(set) var overMaximum = 0

  init(rules: MergeRules, newest: UInt32) {
    (self.rules, self.newest) = (rules, newest)
  }

  /// Takes the events of one user and gives what each item's come to, items ascending.
  mutating func merge(
    _ rows: Range<Int>, items: [UInt32], seconds: [UInt32], weights: [Float], marks: [Bool],
    into pairs: inout [UserItemPair]
  ) {
    events.removeAll(keepingCapacity: true)
    for row in rows {
      let weight = weights[row]
      events.append(
        Event(
          key: UInt64(items[row]) << 32 | UInt64(seconds[row]), weight: weight.bitPattern,
          isMarked: !marks.isEmpty && marks[row], counts: weight != 0))
    }
    events.sort()
    if let maximum = rules.maximumPerUser, events.count > maximum { keepLatest(maximum) }
    pairs.removeAll(keepingCapacity: true)
    for event in events {
      let weight = Double(Float(bitPattern: event.weight))
      let age = newest - min(newest, event.second)
      let share = event.counts ? MergeRules.share(after: age, halfLife: rules.halfLife) : 0
      if let last = pairs.indices.last, pairs[last].item == event.item {
        if event.counts {
          if pairs[last].events == 0 { pairs[last].first = event.second }
          pairs[last].last = event.second
          pairs[last].weight += weight * share
          pairs[last].events += 1
        }
        if excludes(event, weight) { pairs[last].isExcluded = true }
      } else {
        pairs.append(
          UserItemPair(
            item: event.item, first: event.second, last: event.second, weight: weight * share,
            events: event.counts ? 1 : 0, isExcluded: excludes(event, weight)))
      }
    }
  }

  private func excludes(_ event: Event, _ weight: Double) -> Bool {
    if weight < 0 { return true }
    if event.second < rules.readmittedBefore { return false }
    switch rules.exclusion {
    case .counted: return weight != 0
    case .marked: return event.isMarked
    case .none: return false
    }
  }

  /// Lets only the latest events count; of those of one second the higher item's is later.
  private mutating func keepLatest(_ maximum: Int) {
    let counted = events.indices.filter { events[$0].counts }
    guard counted.count > maximum else { return }
    let latestFirst = counted.sorted { left, right in
      events[left].second != events[right].second
        ? events[left].second > events[right].second : left > right
    }
    for place in latestFirst.dropFirst(maximum) { events[place].counts = false }
    overMaximum += counted.count - maximum
  }
}

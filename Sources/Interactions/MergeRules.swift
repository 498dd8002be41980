private import Elementary

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
  /// Settles the order of a user's events of one second.
  package var seed: UInt64 = 1
  /// The second that ages are counted from; nil for that of the newest event.
  package var ageFrom: UInt32?
  /// Whether weights by the events up to each user's latest new item are kept beside those by all events.
  package var weighsUpToLatest = false

  /// Rules that keep weights as they are, and everybody, and exclude what counts.
  package init() {}

  /// The same rules as of an earlier moment: ages end there, and other bounds move back with it.
  ///
  /// - Parameters:
  ///   - cut: the earlier moment, in seconds.
  ///   - now: the moment that the rules are of.
  /// - Returns: the earlier rules.
  package func asOf(_ cut: UInt32, insteadOf now: UInt32) -> MergeRules {
    var rules = self
    let back = now - min(cut, now)
    rules.ageFrom = cut
    rules.readmittedBefore = readmittedBefore - min(back, readmittedBefore)
    rules.popularSince = popularSince - min(back, popularSince)
    return rules
  }

  /// The least that is left of a weight, however old: it stays a number above 0.
  static let leastShare = 0x1p-20

  /// What is left of a weight after some seconds.
  static func share(after seconds: UInt32, halfLife: Double?) -> Double {
    guard let halfLife else { return 1 }
    return max(Elementary.exp2(-Double(seconds) / halfLife), leastShare)
  }
}

/// What a user has done with an item.
struct UserItemPair {
  var item: UInt32
  /// Of the first event with a weight above 0; of the first event where no such one counts.
  var first: UInt32
  /// Of the last event that counts.
  var last: UInt32
  /// The sum over events that count, each by its age.
  var weight: Double
  /// Events that count.
  var events: Int
  /// Events that count with a weight above 0.
  var positives: Int
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
    /// Whether its type counts.
    var weighs: Bool { Float(bitPattern: weight) != 0 }
    /// Whether it counts, and for the item.
    var isPositive: Bool { counts && Float(bitPattern: weight) > 0 }

    static func < (left: Event, right: Event) -> Bool {
      if left.key != right.key { return left.key < right.key }
      return left.weight < right.weight || (left.weight == right.weight && right.isMarked)
    }
  }

  let rules: MergeRules
  /// The second that ages are counted from.
  let newest: UInt32
  /// The order of a user's events in time.
  let order: EventOrder
  private var events: [Event] = []
  /// Events beyond the most that count of a user, so far.
  private(set) var overMaximum = 0

  init(rules: MergeRules, newest: UInt32, order: EventOrder) {
    (self.rules, self.newest, self.order) = (rules, newest, order)
  }

  /// Takes the events of one user and gives what each item's come to, items ascending.
  mutating func merge(
    _ rows: Range<Int>, of user: Int, items: [UInt32], seconds: [UInt32], weights: [Float],
    marks: [Bool], into pairs: inout [UserItemPair]
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
    overMaximum += keepLatest(of: user)
    add(into: &pairs)
  }

  /// Gives what the events of the same user come to that are not after the latest new item, if any are.
  ///
  /// The latest new item is that of the last first event, among items of which something above 0 remains.
  ///
  /// - Parameters:
  ///   - pairs: what `merge` gave of this user last.
  ///   - user: whose they are.
  ///   - earlier: replaced by what the earlier events come to, items ascending.
  /// - Returns: false where no event that counts is later; `earlier` is unchanged then.
  mutating func mergeUpToLatest(
    _ pairs: [UserItemPair], of user: Int, into earlier: inout [UserItemPair]
  ) -> Bool {
    let ties = order.ties(of: user)
    func moment(_ item: UInt32, _ second: UInt32) -> (UInt32, UInt64) {
      (second, ties.hash(item))
    }
    let taken = pairs.filter { $0.events > 0 && $0.weight > 0 }
    guard
      let latest = taken.map({ moment($0.item, $0.first) }).max(by: <),
      events.contains(where: { $0.weighs && moment($0.item, $0.second) > latest })
    else { return false }
    for place in events.indices {
      let event = events[place]
      events[place].counts = event.weighs && moment(event.item, event.second) <= latest
    }
    _ = keepLatest(of: user)
    add(into: &earlier)
    return true
  }

  /// Adds up the events of each item.
  private func add(into pairs: inout [UserItemPair]) {
    pairs.removeAll(keepingCapacity: true)
    for event in events {
      let weight = Double(Float(bitPattern: event.weight))
      let age = newest - min(newest, event.second)
      let share = event.counts ? MergeRules.share(after: age, halfLife: rules.halfLife) : 0
      if let last = pairs.indices.last, pairs[last].item == event.item {
        if event.counts {
          // The first for the item or, before it, the first against it.
          let isFirst = event.isPositive ? pairs[last].positives == 0 : pairs[last].events == 0
          if isFirst { pairs[last].first = event.second }
          if event.isPositive { pairs[last].positives += 1 }
          pairs[last].last = event.second
          pairs[last].weight += weight * share
          pairs[last].events += 1
        }
        if excludes(event, weight) { pairs[last].isExcluded = true }
      } else {
        pairs.append(
          UserItemPair(
            item: event.item, first: event.second, last: event.second, weight: weight * share,
            events: event.counts ? 1 : 0, positives: event.isPositive ? 1 : 0,
            isExcluded: excludes(event, weight)))
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

  /// Lets only the latest events count, where the rules have a limit.
  ///
  /// - Parameter user: whose they are.
  /// - Returns: how many no longer count.
  private mutating func keepLatest(of user: Int) -> Int {
    guard let maximum = rules.maximumPerUser, events.count > maximum else { return 0 }
    let counted = events.indices.filter { events[$0].counts }
    guard counted.count > maximum else { return 0 }
    let ties = order.ties(of: user)
    let latestFirst = counted.map { place in
      (second: events[place].second, hash: ties.hash(events[place].item), place: place)
    }.sorted { ($0.second, $0.hash, $0.place) > ($1.second, $1.hash, $1.place) }
    for event in latestFirst.dropFirst(maximum) { events[event.place].counts = false }
    return counted.count - maximum
  }

  /// Gives the events that the positives among a user's pairs are made of, in order of time.
  ///
  /// - Parameters:
  ///   - pairs: what `merge` gave of this user last.
  ///   - user: whose they are.
  ///   - sequence: replaced by the events, as `UserSequences.event` makes them.
  func sequence(_ pairs: [UserItemPair], of user: Int, into sequence: inout [UInt64]) {
    sequence.removeAll(keepingCapacity: true)
    var pair = 0
    for event in events where event.isPositive {
      while pairs[pair].item < event.item { pair += 1 }
      if pairs[pair].weight > 0 {
        sequence.append(UserSequences.event(event.item, at: event.second))
      }
    }
    order.sort(&sequence, of: user)
  }
}

package import Interactions

extension TrainingLog {
  /// Goes over the positives of a user in order of time, each at its first event.
  ///
  /// Without times there are none.
  ///
  /// - Parameters:
  ///   - user: in `0..<positives.userCount`.
  ///   - body: takes an item and its second.
  func forEachInOrder(of user: Int, _ body: (_ item: UInt32, _ second: UInt32) -> Void) {
    guard let events else { return }
    var met = Set<UInt32>()
    for place in events.range(of: user) {
      let item = events.items[place]
      guard positives.contains(user: user, item: item), met.insert(item).inserted else { continue }
      body(item, events.seconds[place])
    }
  }
}

extension TrainingLog {
  /// The same with the positives of some users only; the others have none.
  ///
  /// - Parameter isKept: whether each user's positives stay.
  /// - Returns: the log, with all users and items.
  package func keeping(_ isKept: [Bool]) -> TrainingLog {
    var (offsets, items, kept): ([Int], [UInt32], [Float]) = ([0], [], [])
    for user in 0..<positives.userCount {
      if isKept[user] {
        items += positives[user]
        if !weights.isEmpty { kept += weights[positives.range(of: user)] }
      }
      offsets.append(items.count)
    }
    return TrainingLog(
      positives: UserItems(offsets: offsets, items: items), weights: kept, itemCount: itemCount,
      events: events, end: end)
  }
}

extension UserItems {
  /// The item of each user that was met last, alone; none for users without one.
  ///
  /// - Parameter events: the users' events in order of time, of these items and of others.
  /// - Returns: one item a user at most.
  package func last(by events: UserSequences) -> UserItems {
    UserItems(
      lists: (0..<userCount).map { user in
        var (last, met): (UInt32?, Set<UInt32>) = (nil, [])
        for place in events.range(of: user) where contains(user: user, item: events.items[place]) {
          if met.insert(events.items[place]).inserted { last = events.items[place] }
        }
        return last.map { [$0] } ?? []
      })
  }
}

/// What the users of a log took up from a moment on: the items that were new to them.
package struct LaterItems: Sendable, Equatable {
  /// Each user's first new item; -1 for none, and for one that the log does not know.
  package let first: [Int32]
  /// The second of each user's first new item; 0 for none.
  package let seconds: [UInt32]
  /// Users whose first new item the log does not know, ascending.
  package let missed: [UInt32]
  /// Each user's new items that the log knows.
  package let known: UserItems
  /// How many new items of each user the log does not know.
  package let unknown: [Int32]

  /// Takes items that are known.
  package init(
    first: [Int32], seconds: [UInt32], missed: [UInt32], known: UserItems, unknown: [Int32]
  ) {
    (self.first, self.seconds, self.missed) = (first, seconds, missed)
    (self.known, self.unknown) = (known, unknown)
  }

  /// Finds the new items of a log's users in a longer log.
  ///
  /// - Parameters:
  ///   - users: the log's users.
  ///   - items: the log's items.
  ///   - history: each user's items in the log: these are not new.
  ///   - excluded: what is not listed to each user, so that it is no target either.
  ///   - whole: users, items and events of the longer log.
  ///   - moment: new items are first met from this second on.
  package init(
    users: Vocabulary, items: Vocabulary, history: UserItems, excluded: UserItems,
    whole: (users: Vocabulary, items: Vocabulary, sequences: UserSequences),
    from moment: UInt32
  ) {
    var first = [Int32](repeating: -1, count: users.count)
    var (seconds, unknown) = (
      [UInt32](repeating: 0, count: users.count), first.map { _ in Int32(0) }
    )
    var (missed, lists): ([UInt32], [[UInt32]]) = ([], [])
    lists.reserveCapacity(users.count)
    let places = users.indices(in: whole.users)
    let numbers = whole.items.indices(in: items)
    for user in 0..<users.count {
      var (own, met): ([UInt32], Set<UInt32>) = ([], [])
      var isFirst = true
      for event in places[user].map(whole.sequences.range) ?? 0..<0 {
        let second = whole.sequences.seconds[event]
        if second < moment { continue }
        let place = whole.sequences.items[event]
        guard met.insert(place).inserted else { continue }
        let item = numbers[Int(place)].map { UInt32($0) }
        if let item,
          history.contains(user: user, item: item) || excluded.contains(user: user, item: item)
        {
          continue
        }
        if isFirst {
          (isFirst, seconds[user]) = (false, second)
          if let item { first[user] = Int32(item) } else { missed.append(UInt32(user)) }
        }
        if let item { own.append(item) } else { unknown[user] += 1 }
      }
      lists.append(own)
    }
    (self.first, self.seconds, self.missed) = (first, seconds, missed)
    (known, self.unknown) = (UserItems(lists: lists), unknown)
  }
}

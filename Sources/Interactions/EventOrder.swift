/// The order of a user's events: by time, and those of one second by a hash.
///
/// The hash is of the user's and the item's identifier and of a seed. So a tie is settled alike whatever
/// else is in the log, and no item is the later one for every user.
package struct EventOrder {
  private let seed: UInt64
  private let users: Vocabulary?
  private let items: Vocabulary?

  /// An order with a seed.
  ///
  /// - Parameters:
  ///   - seed: `evaluate.seed`.
  ///   - users: the users' identifiers; nil where an index is an identifier.
  ///   - items: the items' identifiers; nil where an index is an identifier.
  package init(seed: UInt64, users: Vocabulary? = nil, items: Vocabulary? = nil) {
    (self.seed, self.users, self.items) = (seed, users, items)
  }

  /// What settles a user's ties; the greater one is later.
  package func ties(of user: Int) -> Ties {
    Ties(
      start: mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ Self.hash(user, of: users), items: items)
  }

  /// One user's hashes of items.
  package struct Ties {
    fileprivate let start: UInt64
    fileprivate let items: Vocabulary?

    /// The hash of an item.
    package func hash(_ item: UInt32) -> UInt64 {
      mixed(mixed(start) ^ EventOrder.hash(Int(item), of: items))
    }
  }

  private static func hash(_ index: Int, of identifiers: Vocabulary?) -> UInt64 {
    identifiers?.hash(at: index) ?? VocabularyBuilder.hash(Int64(index))
  }

  /// Sorts a user's events.
  ///
  /// - Parameters:
  ///   - events: the second in the high half, the item in the low half.
  ///   - user: whose they are.
  func sort(_ events: inout [UInt64], of user: Int) {
    events.sort()
    var start = 0
    while start < events.count {
      var end = start + 1
      while end < events.count, events[end] >> 32 == events[start] >> 32 { end += 1 }
      // Ascending, so equal ends are repeats of one item.
      if events[end - 1] != events[start] {
        let ties = ties(of: user)
        let settled = events[start..<end]
          .map { (hash: ties.hash(UInt32(truncatingIfNeeded: $0)), event: $0) }
          .sorted { ($0.hash, $0.event) < ($1.hash, $1.event) }
        for (place, tied) in settled.enumerated() { events[start + place] = tied.event }
      }
      start = end
    }
  }
}

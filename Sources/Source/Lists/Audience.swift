package import Interactions

/// Who gets which list.
package struct Audience: Sendable, Equatable {
  /// Users of the table whose lists the model makes, ascending.
  package let scored: [UInt32]
  /// Users of the table who get the popular list, ascending.
  package let cold: [UInt32]
  /// Users outside the table who get the popular list.
  package let strangers: Vocabulary
  /// For each of these the items of the table that are not to be listed.
  package let strangersExcluded: UserItems

  /// How many get the popular list.
  package var coldCount: Int { cold.count + strangers.count }
  /// How many get a list.
  package var count: Int { scored.count + coldCount }

  /// Creates a value from its parts.
  init(
    scored: [UInt32], cold: [UInt32], strangers: Vocabulary, strangersExcluded: UserItems
  ) {
    (self.scored, self.cold) = (scored, cold)
    (self.strangers, self.strangersExcluded) = (strangers, strangersExcluded)
  }

  /// Divides users.
  ///
  /// Users with enough interactions and a recent event are scored. The popular list goes to those with
  /// too few, and, where it is said who should have a list, to everybody else of these: newcomers,
  /// and who has not been seen for long. Otherwise users without a recent event get none.
  ///
  /// - Parameters:
  ///   - log: what was read.
  ///   - users: ids of the table's users.
  ///   - outsiders: ids of the log's other users.
  ///   - asked: who should have a list; nil for everybody in the log, and whoever has features.
  ///   - featured: who has features; nil when nobody's are known.
  ///   - activeSince: an event is recent from this second on.
  ///   - coldBelow: fewer interactions are too few.
  init(
    _ log: InteractionLog, users: Vocabulary, outsiders: Vocabulary, asked: Vocabulary?,
    featured: Vocabulary? = nil, activeSince: UInt32, coldBelow: Int
  ) {
    let offsets = log.table.offsets
    let wanted = asked.map { users.places(in: $0) }
    var (scored, cold): ([UInt32], [UInt32]) = ([], [])
    for user in 0..<users.count {
      if let wanted, wanted[user] < 0 { continue }
      let isActive = log.latest[user] >= activeSince
      if isActive, offsets[user + 1] - offsets[user] >= coldBelow {
        scored.append(UInt32(truncatingIfNeeded: user))
      } else if isActive || wanted != nil {
        cold.append(UInt32(truncatingIfNeeded: user))
      }
    }
    (self.scored, self.cold) = (scored, cold)
    if let asked {
      let known = asked.places(in: users)
      let fresh = known.indices.filter { known[$0] < 0 }.map { UInt32(truncatingIfNeeded: $0) }
      strangers = asked.keeping(fresh)
    } else {
      let active = log.outsidersLatest.indices.filter { log.outsidersLatest[$0] >= activeSince }
        .map { UInt32(truncatingIfNeeded: $0) }
      var all = outsiders.keeping(active)
      if let featured {
        let (known, met) = (featured.places(in: users), featured.places(in: outsiders))
        let fresh = known.indices.filter { known[$0] < 0 && met[$0] < 0 }
        all = all.union(featured.keeping(fresh.map { UInt32($0) }))
      }
      strangers = all
    }
    var (lists, items): ([Int], [UInt32]) = ([0], [])
    // Places among the outsiders, -1 for those that the log has never met.
    for place in strangers.places(in: outsiders) {
      if place >= 0 { items += log.outsidersExcluded[Int(place)] }
      lists.append(items.count)
    }
    strangersExcluded = UserItems(offsets: lists, items: items)
  }
}

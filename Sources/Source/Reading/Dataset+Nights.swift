package import Interactions
import Jobs

/// The log of several nights, read once.
extension Dataset {
  /// The dataset as a night at an earlier moment would have read it.
  ///
  /// The job's window ends at that moment. What the queries beside the source gave is today's.
  ///
  /// - Parameters:
  ///   - moment: the first second that the night does not know, since 1970 UTC.
  ///   - first: the moment of the first night that the log was read for.
  /// - Returns: the night's log.
  package func asOf(_ moment: UInt32, first: UInt32) -> Dataset {
    var part = self
    part.times.upper = nil
    if let lower = times.lower, let arrivals {
      let begins = lower + Int64(moment - first) * 1_000_000
      part.times.lower = begins
      part.arrivals = arrivals.since(UInt32(clamping: (begins + 999_999) / 1_000_000))
    }
    var night = part.before(moment)
    night.counts.users = night.users.count
    night.counts.items = night.items.count
    night.counts.rowsUsed = night.table.count
    night.counts.coldUsers = night.serving.audience.cold.count
    night.counts.watermark = night.times.watermark
    return night
  }

  /// Bytes that are held beside a night's own data.
  package var bytesBesideNights: Int {
    17 * (arrivals?.columns.count ?? 0) + 20 * table.count + 8 * sequences.count
  }

  /// All users and items of the log, in the numbering of `newItems(from:until:)`.
  package var vocabularies: (users: Vocabulary, items: Vocabulary) {
    (arrivals?.users ?? users, arrivals?.items ?? items)
  }

  /// What users took up in a stretch of time that was new to them.
  ///
  /// An item is new by its first event that counts for it, if no earlier one does, or only such that are so
  /// old that the item was readmitted (`exclude.readmit_after`) as the stretch began.
  ///
  /// - Parameters:
  ///   - begins: the first second of the stretch, since 1970 UTC.
  ///   - ends: the first second after it.
  /// - Returns: the items.
  package func newItems(from begins: UInt32, until ends: UInt32) -> NewItems {
    guard let arrivals else { preconditionFailure("the pull kept no events") }
    let columns = arrivals.columns
    let readmitted = arrivals.rules.asOf(begins, insteadOf: arrivals.now).readmittedBefore
    var taken: [UInt64: UInt32] = [:]
    for row in columns.seconds.indices where columns.weights[row] > 0 {
      let second = columns.seconds[row]
      guard second >= begins, second < ends, let pair = arrivals.pair(row) else { continue }
      taken[pair] = min(taken[pair] ?? .max, second)
    }
    for row in columns.seconds.indices where columns.weights[row] > 0 {
      let second = columns.seconds[row]
      guard second < begins, second >= readmitted, let pair = arrivals.pair(row) else { continue }
      taken[pair] = nil
    }
    return NewItems(
      taken,
      order: EventOrder(seed: arrivals.rules.seed, users: arrivals.users, items: arrivals.items))
  }
}

extension Arrivals {
  /// The events from a moment on.
  fileprivate func since(_ second: UInt32) -> Arrivals {
    Arrivals(
      columns: columns.within(second..<UInt32.max), users: users, userMap: userMap, items: items,
      itemMap: itemMap, rules: rules, lists: lists, moments: moments, job: job, now: now)
  }

  /// User and item of a row, the user in the high half; nil for users who are forgotten.
  fileprivate func pair(_ row: Int) -> UInt64? {
    guard let user = userMap[Int(columns.users[row])], let item = itemMap[Int(columns.items[row])]
    else { return nil }
    return UInt64(user) << 32 | UInt64(item)
  }
}

/// The items that users took up in a stretch of time and that were new to them.
package struct NewItems: Sendable, Equatable {
  /// Users with such an item, ascending.
  package let users: [UInt32]
  /// The items of each of them, in the order of time.
  package let items: [[UInt32]]

  /// Names them.
  ///
  /// - Parameters:
  ///   - users: ascending.
  ///   - items: of each of them, in the order of time.
  package init(users: [UInt32], items: [[UInt32]]) { (self.users, self.items) = (users, items) }

  fileprivate init(_ taken: [UInt64: UInt32], order: EventOrder) {
    var (users, items): ([UInt32], [[UInt32]]) = ([], [])
    let pairs = taken.keys.sorted()
    var start = 0
    while start < pairs.count {
      let user = UInt32(pairs[start] >> 32)
      var end = start
      while end < pairs.count, UInt32(pairs[end] >> 32) == user { end += 1 }
      let ties = order.ties(of: Int(user))
      let own = pairs[start..<end].map { pair -> (second: UInt32, hash: UInt64, item: UInt32) in
        let item = UInt32(truncatingIfNeeded: pair)
        return (taken[pair] ?? 0, ties.hash(item), item)
      }
      users.append(user)
      items.append(own.sorted { $0 < $1 }.map(\.item))
      start = end
    }
    (self.users, self.items) = (users, items)
  }
}

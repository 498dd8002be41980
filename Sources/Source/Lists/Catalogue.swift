package import Interactions
import Jobs
package import Ranking

/// What may be listed, and how many of a group.
package struct Catalogue: Sendable, Equatable {
  /// For each item whether it may be listed; nil when all may.
  package let eligible: [Bool]?
  /// How many items of one group a list may hold; nil for no limit.
  package let cap: GroupCap?
  /// How many items there are, eligible or not.
  let itemCount: Int

  /// A catalogue of items; all of them may be listed unless it is said otherwise.
  init(itemCount: Int, eligible: [Bool]? = nil, cap: GroupCap? = nil) {
    (self.itemCount, self.eligible, self.cap) = (itemCount, eligible, cap)
  }

  /// How many items may be listed.
  package var eligibleCount: Int { eligible.map { $0.count(where: { $0 }) } ?? itemCount }

  /// Whether an item may be listed.
  package func isEligible(_ item: Int) -> Bool { eligible?[item] ?? true }

  /// How long lists come out, one for each of some users.
  ///
  /// - Parameters:
  ///   - k: the most.
  ///   - excluded: what each user is not shown.
  ///   - users: whose lists.
  /// - Returns: rows of all lists together.
  package func rows(k: Int, excluded: UserItems, users: some Sequence<Int>) -> Int {
    guard let cap else {
      let all = eligibleCount
      return users.reduce(0) { sum, user in
        let own =
          eligible == nil
          ? excluded.range(of: user).count : excluded[user].count(where: { isEligible(Int($0)) })
        return sum + min(k, all - own)
      }
    }
    var sizes = [Int](repeating: 0, count: cap.groupCount)
    var free = 0
    for item in 0..<itemCount where isEligible(item) {
      if let group = cap.group(of: item) { sizes[group] += 1 } else { free += 1 }
    }
    let room = sizes.reduce(free) { $0 + min($1, cap.most) }
    return users.reduce(0) { sum, user in
      var (left, touched): (Int, [Int]) = (room, [])
      for item in excluded[user] where isEligible(Int(item)) {
        guard let group = cap.group(of: Int(item)) else {
          left -= 1
          continue
        }
        if sizes[group] <= cap.most { left -= 1 }
        sizes[group] -= 1
        touched.append(group)
      }
      for group in touched { sizes[group] += 1 }
      return sum + min(k, left)
    }
  }
}

/// What may be listed, by ids: rules for whichever items there are.
struct CatalogueRules {
  /// What may be listed; nil when all may.
  let ids: Vocabulary?
  /// The group of each of some items.
  let grouped: (ids: Vocabulary, groups: [Int32])?
  /// How many items of one group a list may hold.
  let maxPerGroup: Int

  /// For each of some items whether it may be listed; nil when all may.
  func eligible(_ items: Vocabulary) -> [Bool]? { ids.map { items.places(in: $0).map { $0 >= 0 } } }

  /// The catalogue of some items.
  func catalogue(of items: Vocabulary) -> Catalogue {
    let cap = grouped.map { grouped in
      GroupCap(
        groups: items.places(in: grouped.ids).map { $0 < 0 ? -1 : grouped.groups[Int($0)] },
        most: maxPerGroup)
    }
    return Catalogue(itemCount: items.count, eligible: eligible(items), cap: cap)
  }

  /// Refuses rules by which no item that can be ranked may be listed.
  ///
  /// - Parameter items: what can be ranked.
  /// - Throws: `BatchError`, exit code 65.
  func requireAny(of items: Vocabulary) throws(BatchError) {
    guard let ids, items.count > 0, eligible(items)?.contains(true) == false else { return }
    throw BatchError(
      .data, "items.eligible gave \(ids.count) items, and the log knows none of them",
      advice: "compare their ids with those of the source")
  }
}

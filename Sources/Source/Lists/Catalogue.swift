import Interactions
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

  /// How long lists come out.
  ///
  /// - Parameters:
  ///   - k: the most.
  ///   - excluded: for each list the items that are not in it, ascending.
  /// - Returns: rows of all lists together.
  package func rows(k: Int, excluded: some Sequence<ArraySlice<UInt32>>) -> Int {
    guard let cap else {
      let all = eligibleCount
      return excluded.reduce(0) { sum, items in
        let own = eligible == nil ? items.count : items.count(where: { isEligible(Int($0)) })
        return sum + min(k, all - own)
      }
    }
    var sizes = [Int](repeating: 0, count: cap.groupCount)
    var free = 0
    for item in 0..<itemCount where isEligible(item) {
      if let group = cap.group(of: item) { sizes[group] += 1 } else { free += 1 }
    }
    let room = sizes.reduce(free) { $0 + min($1, cap.most) }
    return excluded.reduce(0) { sum, items in
      var (left, touched): (Int, [Int]) = (room, [])
      for item in items where isEligible(Int(item)) {
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
  var ids: Vocabulary?
  /// The group of each of some items.
  var grouped: (ids: Vocabulary, groups: [Int32])?
  /// How many items of one group a list may hold.
  var maxPerGroup = Int.max

  /// For each of some items whether it may be listed; nil when all may.
  func eligible(_ items: Vocabulary) -> [Bool]? {
    ids.map { items.indices(in: $0).map { $0 != nil } }
  }

  /// The catalogue of some items.
  func catalogue(of items: Vocabulary) -> Catalogue {
    let cap = grouped.map { grouped in
      GroupCap(
        groups: items.indices(in: grouped.ids).map { $0.map { grouped.groups[$0] } ?? -1 },
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

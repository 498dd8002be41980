import Interactions
import Jobs
import Ranking

/// What may be listed, by ids: rules for whichever items there are.
struct CatalogueRules {
  /// What may be listed; nil when all may.
  fileprivate let ids: Vocabulary?
  /// The group of each of some items.
  fileprivate let grouped: (ids: Vocabulary, groups: [Int32])?
  fileprivate let maxPerGroup: Int

  /// Creates a value from its parts.
  package init(ids: Vocabulary?, grouped: (ids: Vocabulary, groups: [Int32])?, maxPerGroup: Int) {
    self.ids = ids
    self.grouped = grouped
    self.maxPerGroup = maxPerGroup
  }

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

package import Ranking
import Source

/// What became of some lists: for each user who had one and took up a new item, where it stood.
package struct JudgedLists: Sendable, Equatable {
  /// The length of the lists that counts.
  package let k: Int
  /// The users, by the numbering of the log, ascending.
  package private(set) var users: [UInt32] = []
  /// The place of each user's first new item in the list, from 1; nil where it is not among the first k.
  package private(set) var ranks: [Int?] = []
  /// How many of the new items are among the first k.
  package private(set) var hits: [Int] = []
  /// How many new items there were.
  package private(set) var taken: [Int] = []

  /// Judges lists by what was taken up.
  ///
  /// - Parameters:
  ///   - taken: users and their new items.
  ///   - k: the length of the lists that counts, 1 or more.
  ///   - only: judges these users alone, who count as having a list; nil for everybody with a list.
  ///   - list: finds a user's list.
  init(
    _ taken: NewItems, k: Int, only: [UInt32]? = nil, _ list: (UInt32) -> ArraySlice<Int32>?
  ) {
    self.k = k
    let chosen = only.map { Set($0) }
    for (user, own) in zip(taken.users, taken.items) {
      if let chosen, !chosen.contains(user) { continue }
      guard let list = list(user) ?? (chosen == nil ? nil : []), let first = own.first else {
        continue
      }
      let top = list.prefix(k)
      users.append(user)
      ranks.append(top.firstIndex(of: Int32(first)).map { $0 - top.startIndex + 1 })
      let mine = Set(own.map { Int32($0) })
      hits.append(top.count { mine.contains($0) })
      self.taken.append(own.count)
    }
  }

  /// Means over the users; nil without any.
  package var means: Means? {
    if users.isEmpty { return nil }
    func mean(_ sum: Double) -> Double { sum / Double(users.count) }
    func gain(_ rank: Int?) -> Double {
      rank.map { HoldoutMetric.ndcg.value(rank: $0 - 1, k: k) } ?? 0
    }
    return Means(
      hr: mean(Double(ranks.count { $0 != nil })),
      ndcg: mean(ranks.reduce(0) { $0 + gain($1) }),
      recall: mean(zip(hits, taken).reduce(0) { $0 + Double($1.0) / Double($1.1) }),
      hits: mean(Double(hits.reduce(0, +))))
  }

  /// Figures of some lists.
  package struct Means: Sendable, Equatable, Codable {
    /// Share of users whose first new item is in the list.
    package let hr: Double
    /// NDCG of the first new item.
    package let ndcg: Double
    /// Share of a user's new items that are in the list, the mean over users.
    package let recall: Double
    /// New items in the list, per user.
    package let hits: Double

    /// Takes figures that are known.
    package init(hr: Double, ndcg: Double, recall: Double, hits: Double) {
      (self.hr, self.ndcg, self.recall, self.hits) = (hr, ndcg, recall, hits)
    }
  }
}

package import Interactions

/// Which of all the items that users took up their lists hold.
package struct LaterHits: Sendable {
  /// One user's list and items.
  private struct User {
    /// Places in the list, from 0, of items that were taken up.
    var places: [Int]
    /// How many items were taken up, those that the log does not know included.
    var taken: Int
  }

  private let users: [User]

  /// Looks lists up.
  ///
  /// - Parameters:
  ///   - lists: of users who took up an item at least.
  ///   - later: what they took up.
  package init(_ lists: RecommendationLists, _ later: LaterItems) {
    users = lists.users.indices.map { list in
      let user = Int(lists.users[list])
      let own = lists.range(ofList: list)
      return User(
        places: own.filter { later.known.contains(user: user, item: lists.items[$0]) }
          .map { $0 - own.lowerBound },
        taken: later.known[user].count + Int(later.unknown[user]))
    }
  }

  /// Computes recall, precision or average precision for each user; other metrics are of one item.
  ///
  /// The average precision is the sum of the precisions at each hit, divided by the most hits that a list
  /// of the length can have.
  ///
  /// - Parameters:
  ///   - metric: `recall`, `precision` or `map`.
  ///   - k: how long the lists are, 1 or more.
  /// - Returns: a value for each list.
  package func values(_ metric: HoldoutMetric, k: Int) -> [Double] {
    users.map { user in
      let hits = user.places.prefix { $0 < k }
      switch metric {
      case .recall: return Double(hits.count) / Double(max(user.taken, 1))
      case .precision: return Double(hits.count) / Double(k)
      default:
        let sum = hits.enumerated().reduce(0) {
          $0 + Double($1.offset + 1) / Double($1.element + 1)
        }
        return sum / Double(max(min(user.taken, k), 1))
      }
    }
  }
}

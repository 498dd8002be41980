private import Elementary

/// What one held-out item's rank is worth, cut off at k.
///
/// With a single relevant item a user several of these coincide: recall is the hit ratio, precision
/// the hit ratio divided by k, and average precision the reciprocal rank.
package enum HoldoutMetric: String, Sendable, CaseIterable, Codable {
  /// 1 when the item is among the first k.
  case hr
  /// 1 / log2(rank + 2) for a rank from 0 below k.
  case ndcg
  /// 1 / (rank + 1) for a rank from 0 below k.
  case mrr
  /// Which share of the relevant items is among the first k.
  case recall
  /// Which share of the first k is relevant.
  case precision
  /// The mean of the precisions at each relevant item among the first k.
  case map

  /// Computes the metric for one user.
  ///
  /// - Parameters:
  ///   - rank: of the held-out item, from 0.
  ///   - k: how long the list is, 1 or more.
  /// - Returns: a value in `0...1`; 0 when the rank is not below k.
  package func value(rank: Int, k: Int) -> Double {
    guard rank < k else { return 0 }
    return switch self {
    case .hr, .recall: 1
    case .ndcg: 1 / Elementary.log2(Double(rank + 2))
    case .mrr, .map: 1 / Double(rank + 1)
    case .precision: 1 / Double(k)
    }
  }
}

extension HoldoutRanks {
  /// Computes a metric for each tested user.
  ///
  /// - Parameters:
  ///   - metric: which one.
  ///   - k: how long the lists are, 1 or more.
  /// - Returns: values in the order of `testedUsers`, so that two models tested on the same users
  ///   can be compared pair by pair.
  package func values(_ metric: HoldoutMetric, k: Int) -> [Double] {
    precondition(k > 0, "a list of \(k) items")
    return ranks.compactMap { $0 < 0 ? nil : metric.value(rank: Int($0), k: k) }
  }

  /// Averages a metric over the tested users.
  ///
  /// - Parameters:
  ///   - metric: which one.
  ///   - k: how long the lists are, 1 or more.
  /// - Returns: the mean with its interval, or `nil` when nobody was tested.
  package func estimate(_ metric: HoldoutMetric, k: Int) -> Estimate? {
    Estimate(meanOf: values(metric, k: k), within: 0...1)
  }
}

package import Ranking

/// What a figure measures, as `ncf.metrics.metric` spells it.
package enum Metric: Hashable, Sendable {
  /// The rank of held-out items.
  case holdout(HoldoutMetric)
  /// The lists as a whole.
  case lists(ListMetric)

  /// What is measured of lists as a whole.
  package enum ListMetric: String, Sendable, CaseIterable {
    case coverage, gini, novelty, diversity, fallback
  }
}

extension Metric {
  /// Hit ratio.
  package static let hr = Metric.holdout(.hr)
  /// Normalised discounted cumulative gain.
  package static let ndcg = Metric.holdout(.ndcg)
}

extension Metric: RawRepresentable, CaseIterable {
  /// Every metric.
  package static let allCases =
    HoldoutMetric.allCases.map(Metric.holdout) + ListMetric.allCases.map(Metric.lists)

  /// The metric of a name.
  package init?(rawValue: String) {
    guard let metric = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = metric
  }

  /// Its name.
  package var rawValue: String {
    switch self {
    case .holdout(let metric): metric.rawValue
    case .lists(let metric): metric.rawValue
    }
  }
}

/// One row of `ncf.metrics`.
package struct MetricRow: Sendable, Equatable {
  /// What a figure is computed on.
  package enum Split: String, Sendable, CaseIterable {
    /// Each user's second latest interaction.
    case validation
    /// Each user's latest interaction.
    case test
    /// The lists themselves.
    case lists
  }

  /// `neumf`, `gmf`, `mlp`, the name of a baseline, or `live`.
  package var model: String
  /// What it is computed on.
  package var split: Split
  /// What the held-out items are ranked among.
  package var proto: EvaluationProtocol
  /// What it measures.
  package var metric: Metric
  /// Length of the list that it is computed on.
  package var k: Int
  /// Its value.
  package var value: Double
  /// Bounds of the 95 % confidence interval; nil for figures of the whole, such as coverage.
  package var confidence: ClosedRange<Double>?
  /// Over how many users.
  package var n: Int

  /// Creates a value from its parts.
  package init(
    model: String, split: Split, proto: EvaluationProtocol, metric: Metric, k: Int, value: Double,
    confidence: ClosedRange<Double>? = nil, n: Int
  ) {
    (self.model, self.split, self.proto, self.metric) = (model, split, proto, metric)
    (self.k, self.value, self.confidence, self.n) = (k, value, confidence, n)
  }
}

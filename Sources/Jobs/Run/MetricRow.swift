/// One row of `ncf.metrics`.
package struct MetricRow: Sendable, Equatable {
  /// `neumf`, `gmf`, `mlp`, the name of a baseline, or `live`.
  package var model: String
  /// `validation`, `test`, or `lists` for figures of the lists themselves.
  package var split: String
  /// `sampled` or `full`.
  package var proto: String
  /// `hr`, `ndcg`, `mrr`, `coverage` and so on.
  package var metric: String
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
    model: String, split: String, proto: String, metric: String, k: Int, value: Double,
    confidence: ClosedRange<Double>? = nil, n: Int
  ) {
    (self.model, self.split, self.proto, self.metric) = (model, split, proto, metric)
    (self.k, self.value, self.confidence, self.n) = (k, value, confidence, n)
  }
}

/// What held-out items are ranked among, as `ncf.metrics.protocol` spells it.
package enum EvaluationProtocol: String, Sendable, CaseIterable {
  /// Items drawn for each user.
  case sampled
  /// The whole catalogue.
  case full
}

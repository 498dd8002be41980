package import Baselines
package import NCF

/// Follows the training of any method.
package protocol MethodObserver: TrainingObserver {
  /// Judges what a baseline has learnt.
  ///
  /// - Returns: hit ratio and NDCG on validation; nil where nothing is measured.
  func judge(_ baseline: FittedModel) throws -> (hr: Double, ndcg: Double)?

  /// Judges what a baseline has learnt so far, where validation chooses how it is trained.
  ///
  /// - Returns: hit ratio and NDCG on validation; nil where nothing can be measured.
  func validate(_ fitted: FittedBaseline) throws -> (hr: Double, ndcg: Double)?
}

extension MethodObserver {
  /// Measures nothing, unless an observer does.
  package func validate(_ fitted: FittedBaseline) throws -> (hr: Double, ndcg: Double)? { nil }
}

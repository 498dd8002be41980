package import NCF

/// Follows the training of any method.
package protocol MethodObserver: TrainingObserver {
  /// Judges what a baseline has learnt.
  ///
  /// - Returns: hit ratio and NDCG on validation; nil where nothing is measured.
  func judge(_ baseline: FittedModel) throws -> (hr: Double, ndcg: Double)?
}

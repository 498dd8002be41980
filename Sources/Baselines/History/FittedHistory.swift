package import Interactions
package import Parallelism

/// A trained history block with users' states, alone or beside a factorisation.
package struct FittedHistory: Sendable {
  /// What turns positions into vectors.
  package let block: HistoryBlock
  /// How often every target was met.
  package let epochs: Int
  /// The block's factors, and beside them those of the factorisation.
  package let factors: MatrixFactors
  /// The factorisation beside it; nil for none.
  package let beside: MatrixFactors?
  /// The spread of the factorisation's scores where that of the block's is 1; 0 without one.
  package let share: Float

  /// Puts a block and a factorisation side by side.
  ///
  /// - Parameters:
  ///   - block: what turns positions into vectors.
  ///   - epochs: how often every target was met.
  ///   - own: the block's factors.
  ///   - beside: the factorisation; nil for none.
  ///   - share: the spread of its scores where that of the block's is 1.
  package init(
    block: HistoryBlock, epochs: Int, own: MatrixFactors, beside: MatrixFactors? = nil,
    share: Float = 0
  ) {
    (self.block, self.epochs, self.beside, self.share) = (block, epochs, beside, share)
    factors = beside.map { MatrixFactors(summing: [own, $0], weights: [1, share]) } ?? own
  }

  /// The same after other positions of the same users; a factorisation beside it stays as it is.
  ///
  /// - Parameters:
  ///   - log: what is known of the users, with the same items.
  ///   - pool: the threads; the result is the same for any number.
  /// - Returns: the same block with other states.
  /// - Throws: `FactorizationError` where the log has no times.
  package func moved(over log: TrainingLog, pool: WorkerPool) throws(FactorizationError)
    -> FittedHistory
  {
    FittedHistory(
      block: block, epochs: epochs,
      own: block.factors(try HistorySequences(log, repeats: false), pool: pool), beside: beside,
      share: share)
  }
}

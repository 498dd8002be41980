package import Settings

/// Settings of a history block.
package struct HistoryOptions: Sendable, Equatable, Codable {
  /// Numbers in an item's vectors and in each state, a multiple of 8.
  package var width: Int
  /// How many decayed sums there are.
  package var states: Int
  /// Outputs of the hidden layer, a multiple of 8; 0 without one.
  package var hidden: Int
  /// The share of the states' numbers that is left out of a step.
  package var dropout: Float
  /// Positions of a user that gradients go back over.
  package var length: Int
  /// Negatives that a batch shares.
  package var negatives: Int
  /// Positions of a batch at most, in a large log.
  package var batch: Int
  /// Adam's rate.
  package var learningRate: Float
  /// How often every target is met; 0 where validation chooses.
  package var epochs: Int
  /// What everything drawn at random follows from.
  package var seed: UInt64

  /// Names the settings.
  package init(
    width: Int = 64, states: Int = 3, hidden: Int = 0, dropout: Float = 0.2, length: Int = 200,
    negatives: Int = 256, batch: Int = 7_000, learningRate: Float = 0.002, epochs: Int = 0,
    seed: UInt64 = 1
  ) {
    (self.width, self.states, self.hidden, self.dropout) = (width, states, hidden, dropout)
    (self.length, self.negatives, self.batch) = (length, negatives, batch)
    (self.learningRate, self.epochs, self.seed) = (learningRate, epochs, seed)
  }

  /// The sizes.
  package var shape: HistoryShape { HistoryShape(width: width, states: states, hidden: hidden) }
}

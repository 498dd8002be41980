import Interactions

/// Draws which of the interactions that are learnt already are trained again.
struct Replay {
  private let seed: UInt64
  private let share: Double

  /// A draw of about `wanted` of `known` interactions; the same seed draws the same.
  init(wanted: Double, of known: Int, seed: UInt64) {
    self.seed = seed
    share = known > 0 ? min(1, wanted / Double(known)) : 0
  }

  /// Whether an interaction is drawn, by its row in the table.
  func takes(_ row: Int) -> Bool {
    if share >= 1 { return true }
    var random = CounterRandom(seed: seed, stream: UInt64(row))
    return random.uniform() < share
  }
}

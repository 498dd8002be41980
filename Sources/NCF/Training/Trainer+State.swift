extension Trainer {
  /// Where a training stands between two batches: with the same data and settings, all that decides how
  /// it goes on, to the bit.
  package struct State: Sendable, Equatable {
    let place: Place
    /// Steps taken, in all epochs together.
    let step: Int
    /// The parameters and what the optimiser keeps of each, as they lie in memory.
    let memory: [[UInt8]]

    /// Which epoch it is in.
    package var epoch: Int { place.epoch }
    /// How many of the epoch's positives it has been through.
    package var position: Int { place.position }
  }
}

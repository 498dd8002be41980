import Testing

/// What is done to nights, and what must hold all the while.
///
/// One fault after the other, since they share a server that they stop, crash and fill. Each enters a
/// line into the table that `make faults` prints.
@Suite(.serialized) struct FaultTests {
  /// Every point at which a run can be stopped or lost, in the order of a night.
  static let points = [
    "locked", "recorded", "pull", "read", "split", "train", "epoch:2", "evaluate", "publish",
    "filled", "attached", "stored", "moved", "committed", "swept",
  ]

  /// Those from which on the lists are live.
  static let livePoints: Set<String> = ["committed", "swept"]
}

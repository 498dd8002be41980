import Jobs

/// What became visible to readers.
struct Published {
  /// Rows of lists.
  let rows: Int
  /// The pointer's generation.
  let generation: Int64
  /// The stage's own record, written with the rest.
  let stage: StageRecord
}

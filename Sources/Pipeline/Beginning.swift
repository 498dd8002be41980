import Source

/// What a night has before it trains.
struct Beginning {
  /// The run that it may go on from, with an earlier night's model.
  let found: ParentSearch.Found
  /// What was read.
  let pulled: Pulled
  /// The stopped run whose data that is, and the training that it had begun; nil where there is none.
  let stopped: (run: Resumable, training: Resumed)?
}

/// The five stages, in the order of the data.
package enum Stage: String, Sendable, CaseIterable {
  case pull, split, train, evaluate, publish
}

/// Moments of a run between which it can be stopped or lost and something else holds.
///
/// A run tells of them and does nothing itself; tests have it stop or end there. Stages and epochs,
/// which are told of anyway, are such moments, too.
package enum RunPoint: String, Sendable, CaseIterable {
  /// The job's lock is held, and nothing is recorded.
  case locked
  /// The run has its row.
  case recorded
  /// The source was read; the pull's transaction is still open.
  case read
  /// The run's own table of lists is filled, in a transaction that is still open.
  case filled
  /// The run's tables are part of what is kept, and readers still see what they saw before.
  case attached
  /// The model is stored, in the transaction that makes the lists live.
  case stored
  /// Everything is done that makes the lists live, except for the COMMIT.
  case moved
  /// The lists are live; nothing old has been removed.
  case committed
  /// What was old has been removed; the process has only its report to write.
  case swept
}

/// What a run tells while it goes on.
package enum RunEvent: Sendable {
  /// The run has its number; nil for a dry run.
  case runBegan(runID: Int64?, job: String)
  /// A stage starts.
  case stageBegan(Stage)
  /// A stage goes on: what it is doing, how far it is (0...1, nil when the end isn't known), how many
  /// units are done, and units a second.
  case progress(Stage, what: String, fraction: Double?, done: Int, perSecond: Double, unit: String)
  /// An epoch is over and validated.
  case epoch(EpochRow)
  /// A stage is over.
  case stageEnded(StageRecord)
  /// The run is at a point; nobody needs to do anything.
  case reached(RunPoint)
  /// Something worth a line.
  case notice(String)
  /// Something that someone should look at, though the run goes on.
  case warning(String)
}

/// Receives a run's events; the command line turns them into a bar or log lines.
///
/// Called from the thread that runs the batch, in order. It must not throw or block for long.
package protocol RunObserver: Sendable {
  /// Takes one event.
  func observe(_ event: RunEvent)
}

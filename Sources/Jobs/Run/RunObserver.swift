package import NCF

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
  case epoch(EpochRecord)
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

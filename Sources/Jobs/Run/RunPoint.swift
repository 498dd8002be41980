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

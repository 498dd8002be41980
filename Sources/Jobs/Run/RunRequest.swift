/// What one invocation asks of the job, beside the job's own values.
package struct RunRequest: Sendable {
  /// How a run is asked to train.
  package enum Mode: String, Sendable, Equatable, Codable, CaseIterable {
    /// Further from an earlier run's model where that can be, else from scratch.
    case auto
    /// From scratch on the whole window.
    case full
    /// Further from an earlier run's model, or not at all.
    case finetune
  }

  /// Whether a run goes on from one that was stopped.
  package enum Resume: String, Sendable, Equatable, Codable, CaseIterable {
    /// It does, when there is one that began the same training on the same data; and it leaves behind
    /// what another one can go on from.
    case auto
    /// It begins anew, and leaves nothing behind.
    case never
  }

  /// Tries again where nobody says how many: with their waits about ten seconds, in which a server is
  /// started anew.
  package static let usualRetries = 6

  /// The rows from this moment on are what the run learns; makes it a backfill.
  package var since: TimePoint?
  /// Rows at or after this moment don't exist for the run; makes it a backfill.
  package var until: TimePoint?
  /// Overrides the job's mode of training.
  package var mode: Mode?
  /// Where it publishes: `main`, or the name of a list beside it.
  package var slot = Job.mainSlot
  /// Pull and plan only: nothing is written to the database.
  package var dryRun = false
  /// False ends the run after evaluation with status `trained`.
  package var publish = true
  /// Publish although the gate refuses; recorded as such.
  package var force = false
  /// Whether the method is searched for again, where the job leaves it to the log.
  package var search = false
  /// Whether the night is replayed: what bounds it by time is bounded by counts, so that it gives the same
  /// twice.
  package var isReplay = false
  /// Overrides the job's `resume`: whether it goes on from a run that was stopped.
  package var resume: Resume?
  /// Overrides the job's seed.
  package var seed: UInt64?
  /// Threads for training, evaluation and scoring; 1 or more.
  package var threads = 1
  /// How often what may pass by itself is tried again.
  package var retries = RunRequest.usualRetries
  /// Any number; spreads the waits of runs that failed together.
  package var jitter: UInt64 = 0
  /// This machine's name, for `ncf.runs`.
  package var host = ""
  /// This program's version, for `ncf.runs`.
  package var version = ""

  /// Whether the run is a one-off over a stretch of time instead of the night's own.
  package var isBackfill: Bool { since != nil || until != nil }
  /// What a run that it asks for is recorded as.
  package var kind: RunKind { isBackfill ? .backfill : .nightly }
}

extension RunRequest {
  /// A night's run on so many threads.
  package init(threads: Int) { self.threads = threads }
}

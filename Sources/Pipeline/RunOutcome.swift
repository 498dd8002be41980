/// State of a run, as `ncf.runs.status` spells it.
package enum RunStatus: String, Sendable, CaseIterable {
  case running, published, trained, skipped, refused, failed, interrupted, abandoned
}

/// How a run ended, with the figures that a report shows.
package struct RunOutcome: Sendable {
  /// `published`, `trained`, `refused`; nil for a dry run, which leaves no record.
  package var status: RunStatus?
  /// What the process returns.
  package var exitCode: ExitCode
  /// Number of the run; nil for a dry run.
  package var runID: Int64?
  /// The job's name.
  package var job: String
  /// Generation of the live pointer after publishing; nil when nothing was published.
  package var generation: Int64?
  /// Why the gate refused, or what it would have refused had it not been forced.
  package var reason: String?
  /// Counts of what was pulled.
  package var counts: PullCounts
  /// All metrics, as in `ncf.metrics`.
  package var metrics: [MetricRow]
  /// Every epoch of every phase, as in `ncf.epochs`.
  package var epochs: [EpochRow]
  /// Time and memory of each stage, as in `ncf.stages`.
  package var stages: [StageRecord]
  /// Rows published.
  package var rowsPublished: Int
  /// Seconds from connect to the end.
  package var seconds: Double
}

/// What the pull read, used and left out.
package struct PullCounts: Sendable, Equatable {
  /// Rows that the source gave.
  package var rowsRead: Int
  /// Interactions that remain: one per user and item.
  package var rowsUsed: Int
  /// Rows that joined an earlier one of the same user and item.
  package var rowsMerged: Int
  /// Rows that can't be used or don't count, by reason, sorted by reason.
  package var rejected: [Rejection]
  /// Users with an interaction.
  package var users: Int
  /// Items with an interaction.
  package var items: Int
  /// Users who get the popular list.
  package var coldUsers: Int
  /// The server's clock in the pull's transaction, microseconds since 1970 UTC.
  package var watermark: Int64

  /// Rows left out for one reason.
  package struct Rejection: Sendable, Equatable {
    /// Short name of the reason, such as `null_user`.
    package var reason: String
    /// How many rows.
    package var rows: Int
  }
}

/// One row of `ncf.metrics`.
package struct MetricRow: Sendable, Equatable {
  /// `neumf`, `gmf`, `mlp`, the name of a baseline, or `live`.
  package var model: String
  /// `validation`, `test`, or `lists` for figures of the lists themselves.
  package var split: String
  /// `sampled` or `full`.
  package var proto: String
  /// `hr`, `ndcg`, `mrr`, `coverage` and so on.
  package var metric: String
  /// Length of the list that it is computed on.
  package var k: Int
  /// Its value.
  package var value: Double
  /// Bounds of the 95 % confidence interval; nil for figures of the whole, such as coverage.
  package var confidence: ClosedRange<Double>?
  /// Over how many users.
  package var n: Int
}

/// One row of `ncf.stages`.
package struct StageRecord: Sendable, Equatable {
  /// Which stage.
  package var stage: Stage
  /// Wall time, seconds.
  package var seconds: Double
  /// Rows that went through it.
  package var rows: Int
  /// Bytes moved to or from the server, where the stage moves any.
  package var bytes: Int
  /// Largest resident size of the process so far, bytes.
  package var peakRSSBytes: Int
}

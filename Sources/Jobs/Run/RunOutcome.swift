package import NCF

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
  package var epochs: [EpochRecord]
  /// Time and memory of each stage, as in `ncf.stages`.
  package var stages: [StageRecord]
  /// Simple methods beside the model, as in `ncf.rivals`.
  package var rivals: [RivalRow] = []
  /// The method that a search chose; nil where the job names its method.
  package var choice: ChosenMethod?
  /// What became of the job's lists in the latest days, of all slots.
  package var served = ServedFigures()
  /// Rows published.
  package var rowsPublished: Int
  /// Seconds from connect to the end.
  package var seconds: Double

  /// Creates a value from its parts.
  package init(
    status: RunStatus? = nil, exitCode: ExitCode, runID: Int64? = nil, job: String,
    generation: Int64? = nil, reason: String? = nil, counts: PullCounts,
    metrics: [MetricRow] = [], epochs: [EpochRecord] = [], stages: [StageRecord],
    rowsPublished: Int = 0, seconds: Double = 0
  ) {
    (self.status, self.exitCode, self.runID, self.job) = (status, exitCode, runID, job)
    (self.generation, self.reason, self.counts) = (generation, reason, counts)
    (self.metrics, self.epochs, self.stages) = (metrics, epochs, stages)
    (self.rowsPublished, self.seconds) = (rowsPublished, seconds)
  }
}

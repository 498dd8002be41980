/// What a run is for, as `ncf.runs.kind` spells it.
package enum RunKind: String, Sendable, Codable, CaseIterable {
  /// The job's regular run.
  case nightly
  /// A one-off over a stretch of time.
  case backfill
  /// Trials that publish nothing.
  case experiment
}

import Jobs
package import Postgres
import RunSupport

/// Which run readers of a slot see, as it was when somebody looked.
package struct LivePointer: Equatable {
  /// Why the pointer is moved, as `ncf.live_moves` spells it.
  package enum Cause: String {
    /// A run makes its own lists live.
    case publish
    /// Somebody chose a run that was kept.
    case rollback
  }

  /// The job whose lists they are.
  let job: String
  /// `main`, or the name of a list beside it.
  let slot: String
  /// The live run; nil when nothing was ever published there.
  package var runID: Int64?
  /// Grows by one with each move; 0 when nothing was ever published there.
  package var generation: Int64

  /// Reads the pointer.
  package static func read(job: String, slot: String, on connection: Connection) throws
    -> LivePointer
  {
    guard let row = try connection.execute(SQL.Live.seen, job, slot).first else {
      return LivePointer(job: job, slot: slot, runID: nil, generation: 0)
    }
    return LivePointer(
      job: job, slot: slot, runID: try row.decode("run_id"),
      generation: try row.decode("generation"))
  }

  /// Moves the pointer to a run, if nobody has moved it since this value was read.
  ///
  /// - Returns: the new generation.
  /// - Throws: `BatchError` (75) when somebody came first; `PostgresError`.
  package func move(to run: Int64, for cause: Cause, on connection: Connection) throws -> Int64 {
    let moved =
      generation > 0
      ? try connection.execute(SQL.Live.move, job, slot, run, cause.rawValue, generation, runID)
      : try connection.execute(SQL.Live.first, job, slot, run, cause.rawValue)
    guard moved.affectedRows == 1 else {
      throw BatchError(
        .temporary,
        "what is served was changed meanwhile, by another run that published or by a rollback",
        advice: "look at ncf-batch runs; start again if the lists served are not the wanted ones")
    }
    try connection.execute(SQL.Live.notify, job)
    return generation + 1
  }

  /// What readers see, in words.
  package var stillServed: String {
    let whose = slot == Job.mainSlot ? "" : " in slot \(slot)"
    return runID.map { "the lists of run \($0)\(whose)" }
      ?? "nothing\(whose): no run was ever published"
  }
}

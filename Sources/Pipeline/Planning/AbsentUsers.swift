import Interactions
import Jobs
import RunSupport
import Source
import Store

/// Users that `users.query` no longer names, where the job forgets such users.
struct AbsentUsers {
  private let context: RunContext
  /// All users but these are absent; nil when the job forgets nobody.
  private let present: Vocabulary?
  /// The stopped run whose training is continued; nil for none.
  private let stopped: Int64?

  /// The users that are absent from what a run has read.
  init(_ inputs: RunInputs, _ context: RunContext) {
    self.context = context
    (present, stopped) = (inputs.pulled.forgetsBut, inputs.stopped?.run.run)
  }

  /// Removes them from lists, stored models and checkpoints, before anything is made of these.
  ///
  /// So early that they are gone however the run ends.
  ///
  /// - Parameter record: of the run.
  /// - Throws: `BatchError`, `PostgresError`.
  func forget(for record: RunRecord) throws {
    guard let present else { return }
    let done = try context.connected(for: "forget") { connection in
      // What a stopped run learnt from this very pull, it learnt from those who are present.
      try CheckpointStore(on: connection).deleteAll(of: context.job.name, except: stopped)
      // Who is forgotten already is not there to be forgotten or counted again.
      return try Retryable.commit {
        try ForgettingWork(context.job, on: connection).forget(
          .absent(from: present), run: record.runID)
      }
    }
    for (run, reason) in done.dropped {
      context.warning(
        "the stored model of run \(run) was dropped, since users can't be told: \(reason)")
    }
    guard !done.users.isEmpty else { return }
    context.notice(
      "\(done.users.count) users are not in users.query any more and were forgotten: "
        + "\(done.rows) rows of lists, \(done.models) stored models")
  }
}

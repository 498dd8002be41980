package import Jobs
package import Postgres
import RunSupport

/// Removes users from everything that a job keeps: lists of all kept runs, and stored models.
///
/// What the source holds of them is not touched: the next run learns from whatever is there.
package struct Forgetting {
  /// What was removed.
  package struct Outcome: Sendable, Equatable {
    /// Name of the job.
    package let job: String
    /// How many of those named there was something of.
    package let users: Int
    /// Rows of lists.
    package let rows: Int
    /// Stored models that knew one of them, and are now without.
    package let models: Int
    /// Runs whose stored models could not be read and were dropped whole.
    package let droppedModels: [Int64]
  }

  private let parameters: ConnectionParameters
  private let job: Job

  /// A job that is to forget.
  ///
  /// - Parameters:
  ///   - parameters: where the server is.
  ///   - job: what keeps lists and models.
  package init(_ parameters: ConnectionParameters, job: Job) {
    (self.parameters, self.job) = (parameters, job)
  }

  /// Forgets users, all of them or none.
  ///
  /// - Parameter users: ids in text form.
  /// - Returns: what was removed.
  /// - Throws: `BatchError`: 75 when a run of the job is at work, which may know them, 65 when a text is
  ///   no id of the source's type; nothing has changed then.
  package func forget(_ users: [String]) throws(BatchError) -> Outcome {
    try BatchError.mapping("forget users of job \(job.name)") {
      let lock = JobLock(job.name, parameters, for: "forget-lock")
      // The lock is a connection's: it lasts as long as the work.
      defer { withExtendedLifetime(lock) {} }
      let connection = try Migrator(parameters).verifiedConnection("forget")
      try lock.take()
      let done = try ForgettingWork(job, on: connection).forget(.named(users), run: nil)
      return Outcome(
        job: job.name, users: done.users.count, rows: done.rows, models: done.models,
        droppedModels: done.dropped.map(\.run))
    }
  }
}

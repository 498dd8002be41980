package import Jobs
package import Postgres
import RunSupport
import Store

/// Lets readers see a run that was kept, at once and without training.
///
/// It moves the pointer as a run does that publishes: only from where it was seen, and with a
/// generation that grows. It doesn't wait for a run of the job that is at work; that run finds the
/// pointer moved and does not publish.
package struct Rollback {
  /// What readers see now.
  package struct Outcome: Sendable, Equatable {
    /// Name of the job.
    package let job: String
    /// The slot whose pointer it is.
    package let slot: String
    /// The run that readers see.
    package let runID: Int64
    /// The run that they saw before; the same one when there was nothing to do.
    package let previousRunID: Int64
    /// The pointer's generation.
    package let generation: Int64
  }

  /// How often the move is tried when a lock is not to be had within 200 ms.
  private static let locks = RetryPolicy(tries: 20, pause: 50, kinds: [.lockTimeout])

  private let parameters: ConnectionParameters
  private let job: Job
  private let slot: String

  /// A rollback to be made.
  ///
  /// - Parameters:
  ///   - parameters: where the server is.
  ///   - job: whose lists.
  ///   - slot: which of its lists.
  package init(_ parameters: ConnectionParameters, job: Job, slot: String = Job.mainSlot) {
    (self.parameters, self.job, self.slot) = (parameters, job, slot)
  }

  /// Moves the pointer.
  ///
  /// - Parameter target: a run of the job whose lists are kept, older or newer, of any slot; nil for
  ///   the one that the live run took the place of.
  /// - Returns: what readers see now.
  /// - Throws: `BatchError`: 65 when there is no such run, 75 when somebody else moved the pointer
  ///   meanwhile; readers then see what that one chose.
  package func run(to target: Int64? = nil) throws(BatchError) -> Outcome {
    try BatchError.mapping("roll back job \(job.name)") {
      let connection = try Migrator(parameters).verifiedConnection("rollback")
      let seen = try LivePointer.read(job: job.name, slot: slot, on: connection)
      do {
        return try move(seen, to: target, on: connection)
      } catch var error as BatchError {
        error.stillServed = error.stillServed ?? seen.stillServed
        throw error
      } catch let error as PostgresError where error.kind == .commitUnknown {
        var failure = BatchError(error, doing: "roll back job \(job.name)")
        failure.stillServed = "either \(seen.stillServed) or those that were asked for"
        failure.advice = "look at ncf-batch runs when the server is back"
        throw failure
      }
    }
  }

  private func move(
    _ seen: LivePointer, to target: Int64?, on connection: Connection
  ) throws -> Outcome {
    guard let live = seen.runID else {
      throw BatchError(
        .data, "nothing was ever published by job \(job.name) in slot \(slot)",
        advice: "look at ncf-batch runs")
    }
    let wanted = try target ?? replaced(by: live, on: connection)
    let generation =
      wanted == live ? seen.generation : try move(seen, toKept: wanted, on: connection)
    return Outcome(
      job: job.name, slot: slot, runID: wanted, previousRunID: live, generation: generation)
  }

  private func replaced(by live: Int64, on connection: Connection) throws -> Int64 {
    let found = try connection.execute(SQL.Live.replaced, job.name, slot, live)
    guard let run = try found.valueIfPresent(Int64.self) else {
      throw BatchError(
        .data, "run \(live) took no other run's place in slot \(slot)",
        advice: "name the run with --to; \(try keptText(on: connection))")
    }
    return run
  }

  private func move(
    _ seen: LivePointer, toKept run: Int64, on connection: Connection
  ) throws -> Int64 {
    try Retrier(Self.locks, Interruption()).attempt {
      try connection.shortTransaction {
        try checkKept(run, on: connection)
        let generation = try seen.move(to: run, for: .rollback, on: connection)
        // Once more, behind the move: who drops a run holds the pointer while it does.
        try checkKept(run, on: connection)
        return generation
      }
    }
  }

  private func checkKept(_ run: Int64, on connection: Connection) throws {
    guard try kept(on: connection).runs.contains(run) else {
      throw BatchError(
        .data, "the lists of run \(run) of job \(job.name) are not kept",
        advice: try keptText(on: connection))
    }
  }

  private func kept(on connection: Connection) throws -> KeptRuns {
    try KeptRuns(of: job.name, in: job.output.schema, on: connection)
  }

  private func keptText(on connection: Connection) throws -> String {
    try kept(on: connection).text(orElse: "no run's lists are kept in \(job.output.schema)")
  }
}

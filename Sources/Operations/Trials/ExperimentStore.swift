import Baselines
import Interactions
package import Jobs
import NCF
import Parallelism
package import Postgres
package import RunSupport
import Source
import Store

/// A run of kind `experiment`: it pulls the job's log, and keeps finished trials in `ncf.trials`.
///
/// The connection that reads the log is closed before trials train; each look at finished trials and
/// each write opens one of its own.
package final class ExperimentStore {
  /// Number of the run.
  package let runID: Int64
  let experiment: String
  let job: Job
  private let record: RunRecord
  let context: RunContext
  /// The job's experiments are kept apart for as long as it lives.
  private let guardian: Connection

  /// Checks the server and begins the run.
  ///
  /// A night of the same job may run beside it; another experiment of it may not.
  ///
  /// - Parameters:
  ///   - experiment: its name; `tune` for a search.
  ///   - job: whose source is read.
  ///   - request: threads, host and version; its seed is recorded.
  ///   - parameters: where the server is.
  ///   - interruption: polled while the log is read.
  ///   - observer: told what goes on.
  ///   - clock: seconds that never go back.
  /// - Throws: `BatchError`.
  package init(
    _ experiment: String, job: Job, request: RunRequest, parameters: ConnectionParameters,
    interruption: Interruption, observer: any RunObserver,
    clock: @escaping @Sendable () -> Double = MonotonicClock.seconds
  ) throws(BatchError) {
    (self.experiment, self.job) = (experiment, job)
    (guardian, record, runID, context) = try BatchError.mapping("\(experiment): begin") {
      try job.validate()
      let guardian = try Migrator(parameters).verifiedConnection("experiment-lock")
      guard try guardian.tryAdvisoryLock(AdvisoryKey.experiment(job.name)) else {
        throw BatchError(
          .temporary, "another experiment of job \(job.name) is at work",
          advice: "wait for it to end, or stop it; finished trials are kept")
      }
      try guardian.execute(SQL.Trials.abandonDead, job.name)
      let connection = try Connection(parameters, applicationName: "ncf-batch/record")
      let record = try RunRecord(
        beginning: request, job: job, seed: request.seed ?? job.training.seed,
        experiment: experiment, on: connection,
        retrier: Retrier(request, interruption: interruption, observer: observer),
        parameters: parameters)
      observer.observe(.runBegan(runID: record.runID, job: job.name))
      let context = RunContext(
        job: job, request: request, parameters: parameters, interruption: interruption,
        observer: observer, clock: clock, pool: WorkerPool(threads: max(1, request.threads)),
        runID: record.runID)
      return (guardian, record, record.runID, context)
    }
  }

  /// Pulls the log by the job's source; no connection of the pull is left open.
  ///
  /// - Throws: `BatchError`; 65 when nobody can be tested.
  package func pull() throws(BatchError) -> ExperimentLog {
    try BatchError.mapping("\(experiment): read the source") {
      let pulled = try read()
      var given: (candidates: UserItems, hasLine: [Bool])?
      if let path = job.evaluation.candidates {
        let file = try CandidateFile(path: path, users: pulled.users, items: pulled.items)
        given = (file.candidates, file.hasLine)
      }
      return ExperimentLog(
        table: pulled.table, sequences: pulled.sequences, isWeighted: job.source.isWeighted,
        negatives: pulled.negatives, features: pulled.features?.content, given: given,
        counts: pulled.counts)
    }
  }

  /// Reads the log and records what was read.
  ///
  /// - Throws: `BatchError`, 65 when nobody can be tested; `PostgresError`.
  func read() throws -> Dataset {
    var stages: [StageRecord] = []
    let pulled = try StageTimer(context).time(.pull, into: &stages) {
      let pulled = try PullStage(context: context).run()
      try record.pulled(
        pulled.counts, snapshot: pulled.snapshot, features: try pulled.features?.counts.json())
      return (pulled, pulled.counts.rowsRead, pulled.bytes)
    }
    for stage in stages { try record.stage(stage) }
    let offsets = pulled.table.offsets
    guard (0..<pulled.table.userCount).contains(where: { offsets[$0 + 1] - offsets[$0] >= 3 })
    else {
      throw BatchError(
        .data, "no user has the 3 interactions that testing needs, so nothing can be measured",
        advice: "look at source.query and source.window")
    }
    return pulled
  }

  /// Reads the results that are kept already.
  ///
  /// - Parameters:
  ///   - keys: settings of trials, as JSON text.
  ///   - data: the log's fingerprint.
  /// - Returns: for each key the result's JSON, nil where there is none.
  /// - Throws: `BatchError`.
  package func results(of keys: [String], data: String) throws(BatchError) -> [String?] {
    try BatchError.mapping("\(experiment): read finished trials") {
      let connection = try context.connect(for: "trials")
      return try keys.map {
        try connection.execute(SQL.Trials.result, job.name, data, $0).valueIfPresent()
      }
    }
  }

  /// Keeps a finished trial.
  ///
  /// - Parameters:
  ///   - key: its settings, as JSON text.
  ///   - data: the log's fingerprint.
  ///   - method: what was trained, by its name in tables.
  ///   - seed: of the trial.
  ///   - seconds: of training.
  ///   - figures: hit ratio and NDCG on validation, on test among candidates, and on test over the whole
  ///     catalogue; nil where the test was not looked at.
  ///   - result: everything, as JSON.
  /// - Throws: `BatchError`.
  package func keep(
    _ key: String, data: String, method: String, seed: UInt64, seconds: Double,
    figures: [(hr: Double, ndcg: Double)?], result: String
  ) throws(BatchError) {
    try BatchError.mapping("\(experiment): keep a trial") {
      let connection = try context.connect(for: "trials")
      try connection.execute(
        SQL.Trials.keep, job.name, data, key, runID, experiment, method, seed, seconds,
        figures[0]?.hr, figures[0]?.ndcg, figures[1]?.hr, figures[1]?.ndcg, figures[2]?.hr,
        figures[2]?.ndcg, result)
    }
  }

  /// Ends the run well.
  ///
  /// - Throws: `BatchError`.
  package func finish() throws(BatchError) {
    try BatchError.mapping("\(experiment): record its end") {
      try record.finish(.trained, exitCode: .success, reason: nil)
    }
  }

  /// Ends the run with an error, as well as that can be recorded, and says what it means.
  ///
  /// - Parameter error: what stopped it.
  /// - Returns: the error for people; 75 when a signal asked for it.
  package func failed(_ error: any Error) -> BatchError {
    var failure =
      (error as? TrainingError).map {
        BatchError(
          .configuration, "\(experiment): \($0)",
          advice: "lower train.learning_rate or train.finetune.learning_rate")
      }
      ?? (error as? FactorizationError).map { BatchError($0) }
      ?? BatchError(error, doing: experiment)
    let reason = context.interruption.reason
    if let reason, failure.exitCode == .temporary {
      failure = BatchError(
        .temporary, "\(experiment) was stopped by \(reason)",
        advice: "start it again: finished trials are kept and not run again")
    }
    do {
      try record.finish(
        reason == nil ? .failed : .interrupted, exitCode: failure.exitCode,
        reason: failure.recordText)
    } catch {
      context.observer.observe(.warning("the failure could not be recorded"))
    }
    return failure
  }
}

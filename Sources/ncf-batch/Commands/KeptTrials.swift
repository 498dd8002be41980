import Experiments
import Jobs
import Operations
import Parallelism
import Postgres
import Recommenders
import RunSupport

/// Trials kept in the database, as experiments see them.
final class KeptTrials: TrialStore {
  private let store: ExperimentStore
  private let data: ExperimentData
  private let fingerprint: String

  init(_ store: ExperimentStore, data: ExperimentData) {
    (self.store, self.data, fingerprint) = (store, data, data.fingerprint)
  }

  func results(of keys: [String]) throws -> [String?] {
    try store.results(of: keys, data: fingerprint)
  }

  func keep(_ trial: Trial, key: String, result: TrialResult) throws {
    func figures(_ ranks: PackedRanks?) -> (hr: Double, ndcg: Double)? {
      ranks.map { $0.figures(k: data.k) }.map { ($0.hr, $0.ndcg) }
    }
    try store.keep(
      key, data: fingerprint, method: trial.label, seed: trial.seed, seconds: result.seconds,
      figures: [
        (result.validation.hr, result.validation.ndcg), figures(result.sampled),
        figures(result.full),
      ], result: try result.text())
  }
}

extension ExperimentData {
  /// The pulled log, judged as the job says.
  init(_ log: ExperimentLog, _ job: Job) {
    self.init(
      table: log.table, sequences: log.sequences, isWeighted: log.isWeighted,
      known: log.negatives, features: log.features,
      given: log.given.map { GivenCandidates(candidates: $0.candidates, hasLine: $0.hasLine) },
      sampled: job.evaluation.sampled, k: job.evaluation.k)
  }
}

/// What an experiment or a search trains with: the pulled log, and where finished trials are kept.
struct TrialWork {
  /// Number of the run.
  let runID: Int64
  /// The log.
  let data: ExperimentData
  /// Finished trials.
  let store: KeptTrials
  /// Told how it comes along.
  let talk: TrialTalk
  /// What trains a trial.
  let runner: TrialRunner
}

extension WorkOptions {
  /// Begins a run of kind `experiment`.
  ///
  /// - Parameters:
  ///   - name: the experiment's.
  ///   - job: whose log.
  ///   - seed: recorded with the run.
  ///   - parameters: where the server is.
  ///   - session: where it tells how it comes along.
  ///   - interruption: polled while the log is read.
  /// - Returns: the run.
  /// - Throws: `BatchError`.
  func experiment(
    _ name: String, of job: Job, seed: UInt64, _ parameters: ConnectionParameters,
    in session: Session, _ interruption: Interruption
  ) throws -> ExperimentStore {
    var request = RunRequest(threads: try threads(in: session))
    (request.publish, request.seed) = (false, seed)
    (request.host, request.version) = (Machine.name, Version.text)
    return try ExperimentStore(
      name, job: job, request: request, parameters: parameters, interruption: interruption,
      observer: RunTalk(console: session.console, log: session.log))
  }

  /// Begins a run of kind `experiment`, pulls the job's log, and records how the work ends.
  ///
  /// - Parameters:
  ///   - name: the experiment's.
  ///   - job: whose log.
  ///   - seed: recorded with the run.
  ///   - parameters: where the server is.
  ///   - session: where it tells how it comes along.
  ///   - interruption: polled while the log is read.
  ///   - body: the work.
  /// - Returns: what `body` returns.
  /// - Throws: `BatchError`.
  func trials<R>(
    _ name: String, of job: Job, seed: UInt64, _ parameters: ConnectionParameters,
    in session: Session, _ interruption: Interruption, _ body: (TrialWork) throws -> R
  ) throws -> R {
    let store = try experiment(name, of: job, seed: seed, parameters, in: session, interruption)
    do {
      let data = ExperimentData(try store.pull(), job)
      let pool = WorkerPool(threads: try threads(in: session))
      let work = TrialWork(
        runID: store.runID, data: data, store: KeptTrials(store, data: data),
        talk: TrialTalk(console: session.console, log: session.log),
        runner: TrialRunner(data: data, pool: pool, clock: MonotonicClock.seconds))
      let value = try body(work)
      try store.finish()
      return value
    } catch {
      throw store.failed(error)
    }
  }
}

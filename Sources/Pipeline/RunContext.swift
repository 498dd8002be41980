import NCF
import Parallelism
import Postgres

/// What every stage of a run may use.
struct RunContext {
  /// The job, checked.
  let job: Job
  /// What was asked of it.
  let request: RunRequest
  /// Where the server is.
  let parameters: ConnectionParameters
  /// Polled at safe points.
  let interruption: Interruption
  /// Told what goes on.
  let observer: any RunObserver
  /// Seconds from some fixed moment, never going back.
  let clock: @Sendable () -> Double
  /// Threads for training, evaluation and scoring.
  let pool: WorkerPool
  /// Number of the run; nil for a dry run.
  let runID: Int64?

  /// Seed of everything drawn at random.
  var seed: UInt64 { request.seed ?? job.training.seed }

  /// Whether the run goes on from one that was stopped, and leaves behind what can be gone on from.
  var resumes: Bool {
    job.method == .ncf && (request.resume ?? job.nightly.resume) == .auto
  }

  /// Connects for a stage, so that the server's activity view names run and stage.
  func connect(for purpose: String) throws(PostgresError) -> Connection {
    let run = runID.map(String.init) ?? "dry"
    return try Connection(parameters, applicationName: "ncf-batch/\(run)/\(purpose)")
  }

  /// Tries again what may pass.
  var patience: Patience {
    Patience(request, interruption: interruption, observer: observer)
  }

  /// Connects and does work that can be done twice without harm; both again where the failure may pass.
  func connected<R>(for purpose: String, _ body: (Connection) throws -> R) throws -> R {
    try patience.attempt(purpose) { try body(connect(for: purpose)) }
  }

  /// Tells how a stage comes along.
  func progress(
    _ stage: Stage, _ what: String, done: Int, of total: Int?, since start: Double, unit: String
  ) {
    let seconds = clock() - start
    observer.observe(
      .progress(
        stage, what: what,
        fraction: total.map { $0 > 0 ? min(1, Double(done) / Double($0)) : 1 }, done: done,
        perSecond: seconds > 0 ? Double(done) / seconds : 0, unit: unit))
  }
}

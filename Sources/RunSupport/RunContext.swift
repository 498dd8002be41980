import Baselines
package import Jobs
import NCF
package import Parallelism
package import Postgres

/// What every stage of a run may use.
package struct RunContext {
  /// The job, checked; its method is the chosen one, once that is known.
  package private(set) var job: Job
  /// The job as it is configured.
  package let configured: Job
  /// What was asked of it.
  package let request: RunRequest
  /// Where the server is.
  let parameters: ConnectionParameters
  /// Polled at safe points.
  package let interruption: Interruption
  /// Told what goes on.
  package let observer: any RunObserver
  /// Seconds from some fixed moment, never going back.
  package let clock: @Sendable () -> Double
  /// Threads for training, evaluation and scoring.
  package let pool: WorkerPool
  /// Number of the run; nil for a dry run.
  package let runID: Int64?

  /// Creates a value from its parts.
  package init(
    job: Job, request: RunRequest, parameters: ConnectionParameters, interruption: Interruption,
    observer: any RunObserver, clock: @escaping @Sendable () -> Double, pool: WorkerPool,
    runID: Int64?
  ) {
    (self.job, configured) = (job, job)
    (self.request, self.parameters) = (request, parameters)
    (self.interruption, self.observer, self.clock) = (interruption, observer, clock)
    (self.pool, self.runID) = (pool, runID)
  }

  /// Whether everybody gets the popular list since a search found nothing better.
  package var publishesPopularLists: Bool {
    guard configured.method == .auto, case .baseline(let baseline) = job.method else {
      return false
    }
    return baseline.isPopularity
  }

  /// Seed of everything drawn at random.
  package var seed: UInt64 { request.seed ?? job.training.seed }

  /// Whether the run goes on from one that was stopped, and leaves behind what can be gone on from.
  package var resumes: Bool {
    (configured.method == .auto || job.method == .ncf)
      && (request.resume ?? job.nightly.resume) == .auto
  }

  /// The same run with a job whose method is chosen.
  package func with(_ job: Job) -> RunContext {
    var context = self
    context.job = job
    return context
  }

  /// Connects for a stage, so that the server's activity view names run and stage.
  package func connect(for purpose: String) throws(PostgresError) -> Connection {
    let run = runID.map(String.init) ?? (request.isReplay ? "backtest" : "dry")
    return try Connection(parameters, applicationName: "ncf-batch/\(run)/\(purpose)")
  }

  /// Tries again what may pass.
  package var retrier: Retrier {
    Retrier(request, interruption: interruption, observer: observer)
  }

  /// Connects and does work that can be done twice without harm; both again where the failure may pass.
  package func connected<R>(for purpose: String, _ body: (Connection) throws -> R) throws -> R {
    try retrier.attempt(purpose) { try body(connect(for: purpose)) }
  }

  /// Connects and does work whose statement a request to stop cancels.
  package func watched<R>(for purpose: String, _ body: (Connection) throws -> R) throws -> R {
    try interruption.watching(connect(for: purpose), body)
  }

  /// Tells something that is worth knowing.
  package func notice(_ text: String) { observer.observe(.notice(text)) }

  /// Tells something that is not as it should be.
  package func warning(_ text: String) { observer.observe(.warning(text)) }

  /// Tells how a stage comes along.
  package func progress(
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

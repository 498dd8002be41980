import Interactions
package import Jobs
import NCF
import Parallelism
package import Postgres
import Recommenders
package import RunSupport
import Source
import Store

/// One run of a job, from the log in the database to the lists in the database.
///
/// It keeps runs apart, opens and ends a run's record, and says in the end what readers see. `NightlyRun`
/// has the steps in between. A dry run reads and splits the log, and changes nothing.
package struct Batch {
  private let job: Job
  private let request: RunRequest
  private let parameters: ConnectionParameters
  private let interruption: Interruption
  private let observer: any RunObserver
  private let clock: @Sendable () -> Double

  /// A run to be made.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - request: what this invocation asks.
  ///   - parameters: where the server is.
  ///   - interruption: set by whoever wants the run to stop.
  ///   - observer: told what goes on.
  ///   - clock: seconds from some fixed moment, never going back.
  package init(
    job: Job, request: RunRequest, parameters: ConnectionParameters, interruption: Interruption,
    observer: any RunObserver, clock: @escaping @Sendable () -> Double = MonotonicClock.seconds
  ) {
    (self.job, self.request, self.parameters) = (job, request, parameters)
    (self.interruption, self.observer, self.clock) = (interruption, observer, clock)
  }

  /// Runs the job.
  ///
  /// - Returns: how it ended; a refusal by the gate is an outcome, not an error.
  /// - Throws: `BatchError`; readers then see what they saw before.
  package func run() throws(BatchError) -> RunOutcome {
    try BatchError.mapping("run") {
      try job.validate()
      if request.mode == .finetune, job.method != .ncf, job.method != .auto {
        throw BatchError(
          .configuration, "--mode finetune can't be used with model.method \(job.method.rawValue)",
          advice: "only the network is fine-tuned; a baseline is always trained in full")
      }
      return try request.dryRun ? dryRun() : recordedRun()
    }
  }

  private func context(run: Int64?) -> RunContext {
    RunContext(
      job: job, request: request, parameters: parameters, interruption: interruption,
      observer: observer, clock: clock, pool: WorkerPool(threads: max(1, request.threads)),
      runID: run)
  }

  // MARK: - A run that leaves a record

  private func recordedRun() throws -> RunOutcome {
    let start = clock()
    let lock = JobLock(job.name, parameters, for: "lock", interruption: interruption)
    // The lock is a connection's: it lasts as long as the run.
    defer { withExtendedLifetime(lock) {} }
    let retrier = Retrier(request, interruption: interruption, observer: observer)
    let (record, seen, rival) = try retrier.attempt("begin") { try begin(lock, retrier) }
    observer.observe(.runBegan(runID: record.runID, job: job.name))
    observer.observe(.reached(.recorded))
    let context = context(run: record.runID)
    let run = NightlyRun(
      context: context, record: record, lock: lock, seen: seen, rival: rival,
      progress: RunProgress(context, record))
    do {
      var outcome = try run.run()
      outcome.seconds = clock() - start
      return outcome
    } catch {
      throw failed(error, record: record, seen: seen)
    }
  }

  /// Looks at the server, takes the job's lock, puts in order what was left behind, and opens the
  /// record; when that failed on the way, a second try finds what the first one left.
  private func begin(
    _ lock: JobLock, _ retrier: Retrier
  ) throws -> (record: RunRecord, seen: LivePointer, rival: Int64?) {
    let guardian = try lock.connection()
    let connection = try Migrator(parameters).verifiedConnection("record")
    try ServerCheck.pooler(guardian, connection)
    try lock.take()
    observer.observe(.reached(.locked))
    // Whoever holds the lock knows that no other run of the job is alive.
    try Recovery(job, on: connection, observer: observer).run()
    let seen = try LivePointer.read(job: job.name, slot: request.slot, on: connection)
    var rival = seen.runID
    if rival == nil, request.slot != Job.mainSlot {
      rival = try LivePointer.read(job: job.name, slot: Job.mainSlot, on: connection).runID
    }
    let record = try RunRecord(
      beginning: request, job: job, seed: request.seed ?? job.training.seed, live: seen.runID,
      on: connection, retrier: retrier, parameters: parameters)
    return (record, seen, rival)
  }

  /// Records a failure as well as it can be, and says what readers see.
  private func failed(_ error: any Error, record: RunRecord, seen: LivePointer) -> BatchError {
    var failure = BatchError(error, doing: "run \(record.runID)")
    if let reason = interruption.reason, failure.exitCode == .temporary {
      failure = BatchError(
        .temporary, "run \(record.runID) was stopped by \(reason)",
        advice: "start the run again; nothing is half-done")
    }
    failure.stillServed = failure.stillServed ?? seen.stillServed
    let status: RunStatus = interruption.reason == nil ? .failed : .interrupted
    do {
      try record.finish(status, exitCode: failure.exitCode, reason: failure.recordText)
    } catch {
      observer.observe(
        .warning("the failure could not be recorded; the next run marks this one abandoned"))
    }
    return failure
  }

  // MARK: - A dry run

  private func dryRun() throws -> RunOutcome {
    let start = clock()
    let retrier = Retrier(request, interruption: interruption, observer: observer)
    let connection = try retrier.attempt("begin") {
      try Connection(parameters, applicationName: "ncf-batch/dry")
    }
    try ServerCheck.version(of: connection)
    let pending = try Migrator(parameters).pending()
    for name in pending {
      observer.observe(.warning("migration \(name) is pending: run ncf-batch migrate up"))
    }
    observer.observe(.runBegan(runID: nil, job: job.name))
    let asked = context(run: nil)
    var known: MethodSelection?
    var stages: [StageRecord] = []
    let found: ParentSearch.Found
    if pending.isEmpty {
      let seen = try LivePointer.read(job: job.name, slot: request.slot, on: connection)
      known = try MethodSelection.known(asked)
      found = try ParentSearch(context: known?.resolved(asked) ?? asked, seen: seen).run()
    } else {
      found = .none(reason: "migrations are pending")
    }
    let pulled = try StageTimer(asked).time(.pull, into: &stages) {
      let pulled = try PullStage(
        context: known?.resolved(asked) ?? asked, beginsAtSince: found.isNone
      ).run()
      return (pulled, pulled.counts.rowsRead, pulled.bytes)
    }
    try pulled.refuseEmpty()
    try OutputRelations(
      job, users: pulled.users.kind, items: pulled.items.kind, on: connection
    ).verify()
    let selection = known?.kept(for: pulled, asked)
    let context = selection?.resolved(asked) ?? asked
    let isSearched = context.job.method == .auto
    let inputs = RunInputs(
      isSearched ? .none(reason: "a method is chosen tonight") : found, pulled
    ).with(selection).clocked(selection, context)
    let course = try NightCourse(inputs, context)
    observer.observe(.notice(course.text))
    let divided = try StageTimer(context).time(.split, into: &stages) {
      let divided = SplitStage(news: course.learnt).run(inputs, validates: course.isFull)
      return (divided, pulled.table.count, 0)
    }
    let lines: [String]
    if isSearched {
      lines = try SearchPlan(context, inputs, divided).lines()
    } else {
      lines = try RunPlan(
        context, pulled: inputs.pulled, divided: divided,
        lesson: course.lesson(divided, context)?.0,
        rivals: SimpleRivals(
          context, divided, course.isFull ? selection?.choice.factorization : nil)
      ).lines()
    }
    for line in lines { observer.observe(.notice(line)) }
    return RunOutcome(
      exitCode: .success, job: job.name,
      counts: inputs.pulled.withPopularLists(below: ColdLimit(context.job).interactions).counts,
      stages: stages,
      seconds: clock() - start)
  }
}

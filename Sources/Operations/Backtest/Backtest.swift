import Formatting
import Interactions
package import Jobs
import NCF
import Parallelism
import Pipeline
package import Postgres
package import RunSupport
import Source
import Store

/// A backtest of one configuration: its nights are replayed one after the other, those that are kept
/// are not replayed again, and nothing is published.
package struct Backtest {
  /// What is told while it goes on.
  package enum Event: Sendable {
    /// The log is read; so many nights are there, so many of them are kept from before.
    case began(nights: Int, kept: Int)
    /// The models that a stopped call left are trained again.
    case restoring
    /// A night begins, of so many; seconds that are left, where a night's length is known.
    case working(number: Int, of: Int, moment: UInt32, left: Double?)
    /// A night is finished and kept.
    case finished(number: Int, of: Int, BacktestNight)
  }

  /// A backtest whose nights are all there.
  package struct Finished: Sendable {
    /// Its number in `ncf.backtests`.
    package let id: Int64
    /// Its nights.
    package let nights: [BacktestNight]
  }

  /// What a call would do.
  package struct Outlook: Sendable {
    /// The nights that would be replayed.
    package let missing: [BacktestPlan.Period]
    /// Seconds that they would take, about or at most; nil where unknown.
    package let seconds: Double?
  }

  /// What makes a backtest another one.
  private struct Key: Encodable {
    let job: Job
    let from: UInt32
    let step: UInt32
    let k: Int
    let seed: UInt64
    let version: String
  }

  private let plan: BacktestPlan
  private let parameters: ConnectionParameters
  private let context: RunContext
  /// The length of the lists that is judged.
  package let k: Int
  /// What makes it another one, as JSON.
  package let key: String

  /// Prepares a backtest.
  ///
  /// - Parameters:
  ///   - job: the configuration.
  ///   - plan: its nights.
  ///   - request: threads, seed and version.
  ///   - parameters: where the server is.
  ///   - interruption: asks it to stop.
  ///   - observer: told what goes on within a night.
  ///   - clock: seconds that never go back.
  /// - Throws: `BatchError` (78) for a job whose values can't work.
  package init(
    _ job: Job, _ plan: BacktestPlan, request: RunRequest, parameters: ConnectionParameters,
    interruption: Interruption, observer: any RunObserver,
    clock: @escaping @Sendable () -> Double = MonotonicClock.seconds
  ) throws(BatchError) {
    try job.validate()
    var request = request
    (request.publish, request.isReplay) = (false, true)
    let context = RunContext(
      job: job, request: request, parameters: parameters, interruption: interruption,
      observer: observer, clock: clock, pool: WorkerPool(threads: max(1, request.threads)),
      runID: nil)
    let k = min(job.evaluation.k, job.output.k)
    (self.plan, self.parameters, self.context, self.k) = (plan, parameters, context, k)
    key = try BatchError.mapping("backtest") {
      try JSONText.encode(
        Key(
          job: job.withoutPasswords, from: plan.first, step: plan.step, k: k, seed: context.seed,
          version: request.version))
    }
  }

  /// Replays the nights that are not kept.
  ///
  /// - Parameter report: told how it comes along; what it throws ends the backtest.
  /// - Returns: all nights.
  /// - Throws: `BatchError`; finished nights are kept then.
  package func run(_ report: (Event) throws -> Void) throws(BatchError) -> Finished {
    do {
      let guardian = try begin()
      // The lock is a connection's: it lasts as long as the work.
      defer { withExtendedLifetime(guardian) {} }
      let store = try BacktestStore(key, k: k, begins: true, context)
      try replay(store, report)
      guard let id = store.id else { throw BatchError(.software, "the backtest is gone") }
      return Finished(id: id, nights: try store.nights(plan))
    } catch {
      throw failed(error)
    }
  }

  /// Finds out which nights would be replayed, and about how long that takes; writes nothing.
  ///
  /// - Throws: `BatchError`.
  package func outlook() throws(BatchError) -> Outlook {
    do {
      _ = try context.retrier.attempt("begin") {
        try Migrator(parameters).verifiedConnection("backtest")
      }
      try checkEnd()
      let store = try BacktestStore(key, k: k, begins: false, context)
      let kept = try store.nights(plan)
      let replay = try replay()
      let reused = try reusable(kept, replay)
      let missing = Array(plan.periods[reused...])
      var each: Double?
      if !missing.isEmpty, reused > 0 {
        each = kept[..<reused].reduce(0) { $0 + $1.seconds } / Double(reused)
      } else if let last = missing.last {
        each = try replay.estimatedSeconds(replay.evening(last.moment, until: last.until))
      }
      return Outlook(missing: missing, seconds: each.map { $0 * Double(missing.count) })
    } catch {
      throw failed(error)
    }
  }

  // MARK: - Steps

  private func begin() throws -> Connection {
    try context.retrier.attempt("begin") {
      let guardian = try Migrator(parameters).verifiedConnection("backtest-lock")
      let name = context.configured.name
      guard try guardian.tryAdvisoryLock(AdvisoryKey.experiment(name)) else {
        throw BatchError(
          .temporary, "another backtest or experiment of job \(name) is at work",
          advice: "wait for it to end, or stop it; finished nights are kept")
      }
      try checkEnd()
      return guardian
    }
  }

  /// Refuses a time of which not everything has happened.
  private func checkEnd() throws {
    let now: Int64 = try context.connected(for: "backtest") {
      try $0.execute(SQL.Backtests.now).value()
    }
    guard Int64(plan.end) <= now else {
      throw BatchError(
        .usage, "--to is later than the server's now",
        advice: "a night can be judged only by what has happened")
    }
  }

  /// Reads the log once for all nights.
  private func replay() throws -> NightReplay {
    let log = try PullStage(
      context: context, for: NightSpan(first: plan.first, end: plan.end)
    ).run()
    try log.refuseEmpty()
    let (first, end) = (BacktestPlan.text(plan.first), BacktestPlan.text(plan.end))
    guard log.times.latest >= Int64(plan.first) * 1_000_000 else {
      throw BatchError(
        .data, "the log has no event from \(first) until \(end), so nothing can be judged",
        advice: "its newest event is from "
          + BacktestPlan.text(UInt32(clamping: log.times.latest / 1_000_000)))
    }
    guard log.asOf(plan.first, first: plan.first).table.count > 0 else {
      throw BatchError(
        .data, "the log has no event before \(first), so the first night would know nothing",
        advice: "give a later --from, or look at source.window")
    }
    return NightReplay(context, log, first: plan.first, k: k)
  }

  /// How many of the kept nights, from the first one on, are of the log as it is now.
  private func reusable(_ kept: [BacktestNight], _ replay: NightReplay) throws -> Int {
    for (index, period) in plan.periods.enumerated() {
      try context.interruption.check()
      guard index < kept.count, kept[index].moment == period.moment,
        kept[index].until == period.until,
        replay.evening(period.moment, until: period.until).fingerprint == kept[index].log
      else { return index }
    }
    return plan.periods.count
  }

  private func replay(_ store: BacktestStore, _ report: (Event) throws -> Void) throws {
    let kept = try store.nights(plan)
    let replay = try replay()
    let reused = try reusable(kept, replay)
    let total = plan.periods.count
    if reused < kept.count {
      context.notice(
        "nights from \(BacktestPlan.text(plan.periods[reused].moment)) on are replayed anew, "
          + "since the log or --to has changed")
    }
    try report(.began(nights: total, kept: reused))
    if reused == total { return }
    if reused > 0 {
      try report(.restoring)
      try replay.restore(kept[..<reused].map { ($0.moment, $0.course) })
    }
    let began = context.clock()
    for index in reused..<total {
      let period = plan.periods[index]
      try context.interruption.check()
      let done = Double(index - reused)
      let left = done > 0 ? (context.clock() - began) / done * Double(total - index) : nil
      try report(.working(number: index + 1, of: total, moment: period.moment, left: left))
      let evening = replay.evening(period.moment, until: period.until)
      let night = try replay.night(evening)
      try store.keep(
        night, period, log: evening.fingerprint, users: replay.vocabularies.users)
      let row = BacktestNight(night, period, log: evening.fingerprint)
      try report(.finished(number: index + 1, of: total, row))
    }
  }

  private func failed(_ error: any Error) -> BatchError {
    let failure = BatchError(error, doing: "backtest")
    guard let reason = context.interruption.reason, failure.exitCode == .temporary else {
      return failure
    }
    return BatchError(
      .temporary, "the backtest was stopped by \(reason)",
      advice: "start it again: finished nights are kept and not replayed again")
  }
}

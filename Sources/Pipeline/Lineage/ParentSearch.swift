import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport
import Store

/// Finds the run whose model a night may go on from.
///
/// A night's own run goes on from the live one: after a rollback that is the run rolled back to. Where
/// that is a backfill, which nothing goes on from, it is the night's run that was live before it. A
/// backfill goes on from the newest night whose watermark is at or before its `--since`, whatever is
/// live, so that it gives the same lists twice.
struct ParentSearch {
  /// The run that looks for its parent.
  let context: RunContext
  /// The pointer as it was when the run began.
  let seen: LivePointer
  /// The server's now of a stopped run that is gone on from; nil for the server's own.
  var now: Int64?

  /// A parent, or why there is none.
  enum Found {
    case parent(Parent)
    case none(reason: String)

    /// Whether there is no parent.
    var isNone: Bool {
      if case .none = self { true } else { false }
    }
  }

  /// Looks for the parent and reads its model.
  ///
  /// - Throws: `PostgresError`, `EncodingError`.
  func run() throws -> Found {
    if let reason = Self.noParent(context) { return .none(reason: reason) }
    return try context.connected(for: "parent") { try find(on: $0) }
  }

  /// Why a run goes on from none, whatever there is; nil when it may.
  static func noParent(_ context: RunContext) -> String? {
    let mode = context.request.mode ?? context.job.nightly.mode
    if mode == .full { return "asked for" }
    return context.job.method == .auto ? "a method is chosen tonight" : nil
  }

  private func find(on connection: Connection) throws -> Found {
    guard let run = try number(on: connection) else {
      return .none(
        reason: context.request.isBackfill
          ? "no night's watermark is at or before --since" : "no earlier night to go on from")
    }
    let configuration = try RunConfiguration(job: context.configured, request: context.request)
      .json()
    guard
      let compared = try LineageReader(on: connection).comparison(of: run, with: configuration)
    else { return .none(reason: "run \(run) is gone") }
    let stored: LiveModel
    do {
      guard let model = try ModelStore(on: connection).load(run: run) else {
        return .none(reason: "run \(run) has no stored model")
      }
      stored = model
    } catch let error as DamagedModel {
      return .none(reason: "the stored model of run \(run) can't be used: \(error)")
    }
    guard let knowledge = stored.knowledge else {
      return .none(reason: "run \(run) did not store what it knew of the log")
    }
    return .parent(Parent(run: run, stored: stored, knowledge: knowledge, compared, context))
  }

  /// The parent's number; nil when there is none.
  private func number(on connection: Connection) throws -> Int64? {
    let request = context.request
    let lineage = LineageReader(on: connection)
    guard request.isBackfill else { return try lineage.parent(live: seen.runID) }
    guard let since = request.since else { return nil }
    return try lineage.parentOfBackfill(
      job: context.job.name, slot: request.slot, since: since, now: now)
  }

}

extension Knowledge {
  /// Whether a split can be gone on with: one of the same kind, and no longer horizon.
  fileprivate func suits(_ evaluation: Job.Evaluation, isSame: Bool) -> Bool {
    switch (evaluation.split, clock) {
    case (.latest, let clock): clock == nil
    // The log had too few users to test by the clock.
    case (.clock, nil): isSame
    case (.clock, let clock?):
      evaluation.horizon.seconds.map { Int64($0) <= clock.horizon } ?? true
    }
  }
}

/// An earlier run whose model this one may go on from.
package struct Parent {
  /// Its number.
  let run: Int64
  /// Its model, as it was before it absorbed anything that was held out.
  let stored: LiveModel
  /// What it knew of the log.
  let knowledge: Knowledge
  /// Until when it knew events: its watermark as `ncf.runs` has it, or the moment of its split by the clock;
  /// microseconds since 1970 UTC.
  let watermark: Int64
  /// Nights that were trained further since the last one that was trained in full.
  let nights: Int
  /// Whether it ran by the same configuration and seed.
  let isSameJob: Bool
  /// Why its model can't be trained further by this job, in words; nil when it can.
  let obstacle: String?
}

extension Parent {
  /// An earlier run whose model and knowledge are at hand.
  ///
  /// - Parameters:
  ///   - run: its number.
  ///   - stored: its model.
  ///   - knowledge: what it knew of the log.
  ///   - compared: how it differs from the run at hand.
  ///   - context: the run at hand.
  init(
    run: Int64, stored: LiveModel, knowledge: Knowledge, _ compared: LineageReader.Comparison,
    _ context: RunContext
  ) {
    self.init(
      run: run, stored: stored, knowledge: knowledge,
      watermark: knowledge.limit(compared.watermark), nights: compared.nights,
      isSameJob: compared.isSameJob && compared.seed == context.seed,
      obstacle: Self.obstacle(context.job, run, stored, compared))
  }

  private static func obstacle(
    _ job: Job, _ run: Int64, _ stored: LiveModel, _ compared: LineageReader.Comparison
  ) -> String? {
    if job.method != .ncf { return "\(job.method.rawValue) is always trained in full" }
    guard case .network(let model) = stored.model, model.spec == job.model else {
      return "the model is of another shape than run \(run)'s"
    }
    if !compared.hasSameFeatures || (stored.features != nil) != job.hasFeatures {
      return "users.features or items.features are others than run \(run)'s"
    }
    if !compared.hasSameOrder { return "evaluate.seed is another than run \(run)'s" }
    if let knowledge = stored.knowledge,
      !knowledge.suits(job.evaluation, isSame: compared.isSameJob)
    {
      return "evaluate.split or evaluate.horizon is another than run \(run)'s"
    }
    return compared.isSameSource ? nil : "the source is another than run \(run)'s"
  }
}

import Interactions
import Jobs
import NCF
import Parallelism
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// The stages of one recorded run, in order.
struct Night {
  /// The run.
  let context: RunContext
  /// Where it is recorded.
  let record: RunRecord
  /// Keeps other runs of the job away.
  let lock: JobLock
  /// The pointer as it was when the run began.
  let seen: LivePointer
  /// The run that this one is held against: the live one of its slot, or main's where that has none.
  let rival: Int64?

  /// Runs the stages to the end: published, trained, skipped or refused.
  func run() throws -> RunOutcome {
    var journal: RunJournal?
    do {
      let outcome = try run(&journal)
      close(journal, after: nil)
      return outcome
    } catch {
      close(journal, after: error)
      throw error
    }
  }

  private func run(_ kept: inout RunJournal?) throws -> RunOutcome {
    var stages: [StageRecord] = []
    let beginning = try stage(.pull, &stages) {
      let beginning = try begin()
      let pulled = beginning.pulled
      try record.pulled(
        pulled.counts, snapshot: pulled.snapshot, features: try pulled.features?.counts.json(),
        isBackfill: context.request.isBackfill)
      return (beginning, pulled.counts.rowsRead, pulled.bytes)
    }
    let pulled = beginning.pulled
    try forgetAbsent(pulled, stopped: beginning.stopped?.run.run)
    try refuseUnusable(pulled)
    let course = try NightCourse(beginning.found, pulled, context)
    context.notice(course.text)
    var outcome = RunOutcome(
      exitCode: .success, runID: record.runID, job: context.job.name, counts: pulled.counts,
      stages: stages)
    if case .skip(let reason) = course.plan {
      try record.lineage(course.row(nil))
      return try ended(outcome, .skipped, reason: reason)
    }
    let divided = try stage(.split, &outcome.stages) {
      (SplitStage(news: course.learnt).run(pulled), pulled.table.count, 0)
    }
    let lesson = course.lesson(pulled, divided, context)
    try record.lineage(course.row(lesson?.0))
    let journal = try journal(beginning, course, isOn: try refuseTooLarge(pulled, divided))
    kept = journal
    guard context.request.force || !divided.split.testUsers.isEmpty else {
      throw BatchError(
        .data, "no user has the 3 interactions that testing needs, so no model could be judged",
        advice: "widen source.window, or publish unjudged with --force")
    }
    let train = TrainStage(
      context: context, pulled: pulled, divided: divided, record: record, journal: journal)
    let trained: Trained
    do {
      defer { outcome.epochs = journal.rows }
      trained = try stage(.train, &outcome.stages) {
        (try train.run(lesson), divided.split.training.count, 0)
      }
    } catch let error as TrainingError {
      let verdict = Gate.Verdict.refuse(reasons: [error.description])
      try record.gate(GateRecord(verdict, on: nil, live: rival, isForced: false).json())
      return try refused(outcome, reasons: verdict.reasons)
    }
    let live = try rivalModel(course.parent, pulled, divided)
    let evaluated = try stage(.evaluate, &outcome.stages) {
      let evaluate = EvaluateStage(context: context, pulled: pulled, divided: divided)
      let evaluated = try evaluate.run(trained, live: live)
      return (evaluated, evaluated.testedUsers, 0)
    }
    outcome.metrics = evaluated.metrics + [fallback(pulled.offered.audience)].compactMap(\.self)
    let stored = StoredModel(
      model: trained.validated, pulled: pulled, split: divided.split,
      scores: StoredScores(
        evaluated.calibration,
        areOfThisModel: !trained.isRefit
          && !(context.request.publish && context.job.nightly.absorbHoldout)))
    if !context.request.publish {
      return try ended(outcome, .trained) { _ = try stored.save(run: record.runID, on: $0) }
    }
    let figures = try gateFigures(trained, evaluated, pulled)
    let verdict = Gate.decide(figures, limits: context.job.gate)
    let force = context.request.force
    try record.gate(GateRecord(verdict, on: figures, live: rival, isForced: force).json())
    if case .refuse(let reasons) = verdict {
      guard force else { return try refused(outcome, reasons: reasons) }
      outcome.reason = reasons.joined(separator: "; ")
      context.warning("published by force, though: \(reasons.joined(separator: "; "))")
    }
    try context.interruption.check()
    context.observer.observe(.stageBegan(.publish))
    let began = context.clock()
    var model = trained.model
    if context.job.nightly.absorbHoldout {
      do {
        model = try train.absorbingEverything(trained)
      } catch let error as TrainingError {
        return try refused(outcome, reasons: [error.description])
      }
      outcome.epochs = journal.rows
    }
    let published = try PublishStage(
      context: context, runID: record.runID, pulled: pulled, seen: seen,
      metrics: outcome.metrics, forcedReason: outcome.reason,
      calibration: evaluated.calibration, stored: stored, began: began, fence: fence
    ).run(model)
    context.observer.observe(.reached(.committed))
    outcome.stages.append(published.stage)
    context.observer.observe(.stageEnded(published.stage))
    (outcome.status, outcome.generation) = (.published, published.generation)
    outcome.rowsPublished = published.rows
    for left in Retention(context: context).run() { context.notice(left) }
    context.observer.observe(.reached(.swept))
    return outcome
  }

  /// Makes sure that no other run has taken over while this one was busy, or cut off.
  private func fence() throws {
    if try lock.keep() {
      context.warning("the connection that held the job's lock was lost; the lock was taken again")
    }
    try record.checkRunning()
  }

  /// The share of users with a list who get the popular one; nil when nobody gets a list.
  private func fallback(_ audience: Audience) -> MetricRow? {
    if audience.count == 0 { return nil }
    return MetricRow(
      model: context.job.label, split: .lists, proto: .full, metric: .lists(.fallback),
      k: context.job.output.k, value: Double(audience.coldCount) / Double(audience.count),
      confidence: nil, n: audience.count)
  }

  /// Ends the record of a night that publishes nothing.
  private func ended(
    _ outcome: RunOutcome, _ status: RunStatus, _ exitCode: ExitCode = .success,
    reason: String? = nil, save: (Connection) throws -> Void = { _ in }
  ) throws -> RunOutcome {
    var outcome = outcome
    (outcome.status, outcome.exitCode, outcome.reason) = (status, exitCode, reason)
    try record.finish(
      status, exitCode: exitCode, reason: reason, metrics: outcome.metrics, save: save)
    return outcome
  }

  private func refused(_ outcome: RunOutcome, reasons: [String]) throws -> RunOutcome {
    try ended(outcome, .refused, .refused, reason: reasons.joined(separator: "; "))
  }

  private func refuseUnusable(_ pulled: Pulled) throws {
    try pulled.refuseEmpty()
    try context.connected(for: "check") { connection in
      try OutputRelations(
        context.job, users: pulled.users.kind, items: pulled.items.kind, on: connection
      ).verify()
    }
  }

  /// Removes users who are no longer there from all that is kept, before anything is made of it.
  ///
  /// So early that they are gone however the night ends.
  private func forgetAbsent(_ pulled: Pulled, stopped: Int64?) throws {
    guard let present = pulled.forgetsBut else { return }
    let done = try context.connected(for: "forget") { connection in
      // What a stopped run learnt from this very pull, it learnt from those who are present.
      try connection.execute(
        SQL.Checkpoints.deleteOfJob,
        context.job.name, stopped)
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

  /// Stops here when the rest of the run can't fit into memory, rather than be killed on the way.
  ///
  /// - Returns: whether there is room for the copy that a checkpoint takes.
  private func refuseTooLarge(_ pulled: Pulled, _ divided: Divided) throws -> Bool {
    var estimate = MemoryEstimate(
      context.job, pulled, divided, threads: context.pool.threads)
    guard let budget = MemoryBudget.bytes, estimate.peak > budget else { return true }
    let copied = estimate.peak
    estimate.keepsCheckpoints = false
    if estimate.peak <= budget {
      context.warning(
        "a run that is stopped can't be gone on from: the copy that is written down would take "
          + "\((copied - estimate.peak) >> 20) MiB of memory more than there are")
      return false
    }
    throw BatchError(
      .configuration,
      "the run needs about \(estimate.peak >> 20) MiB of memory, \(budget >> 20) MiB may be had",
      advice: "give it more, shorten source.window, or make model.gmf and model.tower smaller")
  }

  private func stage<Value>(
    _ stage: Stage, _ stages: inout [StageRecord],
    _ body: () throws -> (Value, rows: Int, bytes: Int)
  ) throws -> Value {
    let value = try StageTimer(context).time(stage, into: &stages, body)
    if let last = stages.last { try record.stage(last) }
    return value
  }

  /// The live run's model; nil, with a word about it, when there is none that can be used.
  ///
  /// - Throws: `PostgresError`: a server that can't be asked is no reason to let a model pass.
  private func rivalModel(
    _ parent: Parent?, _ pulled: Pulled, _ divided: Divided
  ) throws -> Rival? {
    guard let run = rival else { return nil }
    func beside(_ model: LiveModel, watermark: Int64?) -> Rival {
      Rival(model, run: run, watermark: watermark, pulled: pulled, split: divided.split)
    }
    if let parent, parent.run == run { return beside(parent.stored, watermark: parent.watermark) }
    do {
      let found = try context.connected(for: "evaluate") { connection in
        try ModelStore(on: connection).load(run: run).map { model in
          let watermark = try connection.execute(SQL.Lineage.watermark, run)
          return beside(model, watermark: try watermark.valueIfPresent())
        }
      }
      if let found { return found }
      context.warning("the live run \(run) has no stored model to compare with")
    } catch let error as DamagedModel {
      context.warning("the stored model of the live run \(run) can't be used: \(error)")
    }
    return nil
  }

  /// What the gate decides on.
  private func gateFigures(
    _ trained: Trained, _ evaluated: Evaluated, _ pulled: Pulled
  ) throws -> Gate.Figures {
    var k = context.job.output.k
    var figures = Gate.Figures(
      isFinite: trained.model.isFinite, challenger: evaluated.ndcg, stored: evaluated.storedNDCG,
      itemPop: evaluated.itemPopNDCG, live: evaluated.liveNDCG, coverage: evaluated.coverage,
      users: pulled.counts.users, rows: 0)
    if let run = rival {
      let wanted = k
      try context.connected(for: "gate") { connection in
        let found = try connection.execute(SQL.Live.figures, run, context.job.evaluation.k)
        guard let live = found.first else { return }
        figures.liveUsers = try live.decodeIfPresent("users")
        figures.liveRows = try live.decodeIfPresent("rows")
        figures.liveCoverage = try live.decodeIfPresent("coverage")
        // Lists that were made shorter or longer on purpose have not lost or gained users.
        let liveK = try live.decodeIfPresent("k") ?? wanted
        if liveK > wanted {
          figures.liveRows = try liveRows(of: run, upTo: wanted, on: connection)
        }
        k = min(wanted, liveK)
      }
    }
    let offered = pulled.offered
    let (audience, catalogue) = (offered.audience, offered.catalogue)
    figures.rows =
      catalogue.rows(
        k: k, excluded: offered.excluded,
        users: (audience.scored + audience.cold).lazy.map { Int($0) })
      + catalogue.rows(
        k: k, excluded: audience.strangersExcluded, users: 0..<audience.strangers.count)
    return figures
  }

  /// Rows of a run's lists down to a place; nil when the lists are not kept.
  private func liveRows(of run: Int64, upTo place: Int, on connection: Connection) throws -> Int? {
    let sql = try SQL.Output(schema: context.job.output.schema, on: connection)
    let isThere = try connection.execute(SQL.Output.isAttached, sql.child(run, of: sql.lists))
    guard try isThere.value() else { return nil }
    return try connection.execute(sql.countUpTo(place, of: run)).value()
  }
}

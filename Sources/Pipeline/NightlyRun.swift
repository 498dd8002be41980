import Interactions
import Jobs
import Recommenders
import RunSupport
import Source
import Store

/// The steps of one recorded run, in order.
struct NightlyRun {
  /// The run.
  let context: RunContext
  /// Where it is recorded.
  let record: RunRecord
  /// Keeps other runs of the job away.
  let lock: JobLock
  /// The pointer as it was when the run began.
  let seen: LivePointer
  /// The run that this one is compared with: the live one of its slot, or main's where that has none.
  let rival: Int64?
  /// Times the stages, and ends record and checkpoints as the run ends.
  let progress: RunProgress

  /// Runs the steps to the end: published, trained, skipped or refused.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  func run() throws -> RunOutcome {
    // Take over the method that an earlier run chose, where the job leaves it to the log.
    let selection = try MethodSelection.known(context)
    return try with(selection).run(selection)
  }

  private func run(_ known: MethodSelection?) throws -> RunOutcome {
    // Read the log, as of a stopped run's time where that run's training can be continued.
    let inputs = try readLog()
    return try progress.outcome(of: inputs.pulled.counts) {
      // Remove users that the source no longer names from everything that is kept.
      try AbsentUsers(inputs, context).forget(for: record)
      // Refuse a log without usable rows, and an output schema that holds other relations.
      try inputs.refuseUnusable(context)
      // Count what became of the lists that were live.
      progress.served = try ServedStep(context, inputs.pulled).run()
      // Search for the method, where the job leaves it to the log and no choice is taken over.
      let selection = try steps.choosing(known, inputs)
      // Find the moments of a split by the clock.
      let split = inputs.with(selection).clocked(selection, context)
      try progress.counted(split.pulled.counts)
      return try with(selection).trainAndPublish(split, selection)
    }
  }

  private func trainAndPublish(
    _ inputs: RunInputs, _ selection: MethodSelection?
  ) throws -> RunEnd {
    // Train a model and evaluate it beside the live run's.
    let model = try steps.model(inputs, selection) { course, divided in
      try Rival.load(run: rival, parent: course.parent, divided, context)
    }
    let (trained, evaluated, pulled) = (model.trained, model.evaluated, model.pulled)
    // Record how many users get the popular list, which the test may have decided.
    try progress.counted(pulled.counts)
    // Store the model alone where nothing is to be published.
    let stored = StoredModel(trained, evaluated, pulled, model.divided, context)
    guard context.request.publish else { return .trained(stored, metrics: evaluated.metrics) }
    // Let the gate decide on the figures, unless the run is forced.
    let forced = try GateCheck(context, record, rival: rival).run(trained, evaluated, pulled)
    // Begin the last stage, unless the run is to stop.
    let began = try progress.begin(.publish)
    // Fit the holdouts into the copy that is published.
    let copy = try steps.fitHoldouts(model)
    // Publish the copy's lists, and store the model.
    let published = try PublishStage(
      context: context, record: record, lock: lock, pulled: pulled, seen: seen,
      metrics: evaluated.metrics, forcedReason: forced, calibration: evaluated.calibration,
      rivals: try RivalSample(pulled, context, model.rivals).lists(), stored: stored, began: began
    ).run(copy)
    progress.committed(published.stage)
    // Remove the lists and models that need no longer be kept.
    sweep()
    return .published(published, metrics: evaluated.metrics, forced: forced)
  }

  /// The steps that change nothing that readers see.
  private var steps: NightSteps {
    NightSteps(context: context, recorded: (record, progress), rival: rival)
  }

  /// The same run with a chosen method; itself without one.
  private func with(_ selection: MethodSelection?) -> NightlyRun {
    guard let selection else { return self }
    return NightlyRun(
      context: selection.resolved(context), record: record, lock: lock, seen: seen, rival: rival,
      progress: progress)
  }

  private func readLog() throws -> RunInputs {
    try progress.stage(.pull) {
      let inputs = try RunInputs(reading: context, seen: seen)
      let pulled = inputs.pulled
      try record.pulled(
        pulled.counts, snapshot: pulled.snapshot, features: try pulled.features?.counts.json(),
        isBackfill: context.request.isBackfill)
      return (inputs, pulled.counts.rowsRead, pulled.bytes)
    }
  }

  private func sweep() {
    for left in Retention(context: context).run() { context.notice(left) }
    context.observer.observe(.reached(.swept))
  }
}

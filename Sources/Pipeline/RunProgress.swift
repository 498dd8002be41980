import Jobs
import NCF
import Postgres
import RunSupport
import Store

/// Times and records the stages of a run, and ends its record and its checkpoints as the run ends.
final class RunProgress {
  private let context: RunContext
  private let record: RunRecord
  private var stages: [StageRecord] = []
  /// What became of the lists that were live; nothing where it was not counted.
  var served = ServedFigures()
  /// Simple methods beside the model; none where they were not compared.
  var rivals: [RivalRow] = []
  /// The method that a search chose; nil where the job names its method.
  var choice: ChosenMethod?
  /// What was pulled, with the users who get the popular list by a search; nil before that is known.
  private var recounted: PullCounts?
  /// Nil before training.
  private var journal: RunJournal?

  /// The progress of a run that has just begun.
  init(_ context: RunContext, _ record: RunRecord) {
    (self.context, self.record) = (context, record)
  }

  /// Runs a stage, times it and writes its record.
  ///
  /// - Parameters:
  ///   - stage: which one.
  ///   - body: the stage; gives its value, and the rows and bytes that went through it.
  /// - Returns: the stage's value.
  /// - Throws: what `body` throws; `BatchError` when the run is to stop; `PostgresError`.
  func stage<Value>(
    _ stage: Stage, _ body: () throws -> (Value, rows: Int, bytes: Int)
  ) throws -> Value {
    let value = try StageTimer(context).time(stage, into: &stages, body)
    if let last = stages.last { try record.stage(last) }
    return value
  }

  /// Begins a stage whose record is written by the stage itself.
  ///
  /// - Returns: when it began, on the context's clock.
  /// - Throws: `BatchError` when the run is to stop.
  func begin(_ stage: Stage) throws -> Double {
    try context.interruption.check()
    context.observer.observe(.stageBegan(stage))
    return context.clock()
  }

  /// Ends the stage that publishes, which has written its record and moved the pointer.
  func committed(_ stage: StageRecord) {
    context.observer.observe(.reached(.committed))
    stages.append(stage)
    context.observer.observe(.stageEnded(stage))
  }

  /// Keeps a journal, to be ended with the run.
  func keep(_ journal: RunJournal) -> RunJournal {
    self.journal = journal
    return journal
  }

  /// Records how many users get the popular list, as a search may have changed that.
  ///
  /// - Throws: `PostgresError`.
  func counted(_ counts: PullCounts) throws {
    recounted = counts
    try record.popularLists(counts.coldUsers)
  }

  /// Runs the steps, records how they end, and ends the journal.
  ///
  /// - Parameters:
  ///   - counts: what was pulled.
  ///   - steps: gives the end, or throws an `EarlyEnd`.
  /// - Returns: the outcome.
  /// - Throws: what `steps` throws otherwise; `BatchError` (75) when a later run has marked this one
  ///   abandoned; `PostgresError`.
  func outcome(of counts: PullCounts, _ steps: () throws -> RunEnd) throws -> RunOutcome {
    do {
      let outcome = try recorded(Self.end(of: steps), counts)
      journal?.discard()
      return outcome
    } catch {
      endJournal(after: error)
      throw error
    }
  }

  private static func end(of steps: () throws -> RunEnd) throws -> RunEnd {
    do {
      return try steps()
    } catch let end as EarlyEnd {
      return .early(end)
    }
  }

  /// Records an end, but for that of a published run, which publishing has recorded.
  private func recorded(_ end: RunEnd, _ counts: PullCounts) throws -> RunOutcome {
    var outcome = RunOutcome(
      exitCode: .success, runID: record.runID, job: context.job.name, counts: recounted ?? counts,
      epochs: journal?.rows ?? [], stages: stages)
    (outcome.served, outcome.rivals, outcome.choice) = (served, rivals, choice)
    switch end {
    case .published(let published, let metrics, let forced):
      (outcome.status, outcome.reason, outcome.metrics) = (.published, forced, metrics)
      (outcome.generation, outcome.rowsPublished) = (published.generation, published.rows)
    case .trained(let model, let metrics):
      (outcome.status, outcome.metrics) = (.trained, metrics)
      try record.finish(.trained, exitCode: .success, reason: nil, metrics: metrics) {
        _ = try model.save(run: record.runID, on: $0)
      }
    case .early(let end):
      (outcome.status, outcome.exitCode) = (end.status, end.exitCode)
      (outcome.reason, outcome.metrics) = (end.reason, end.metrics)
      try record.finish(
        end.status, exitCode: end.exitCode, reason: end.reason, metrics: end.metrics)
    }
    return outcome
  }

  /// Ends the journal of a run that failed.
  ///
  /// A checkpoint is left where the same run may succeed another time, which it can't where the failure
  /// is the program's own fault.
  private func endJournal(after error: any Error) {
    let mayPass =
      switch error {
      case let error as BatchError: error.exitCode != .software
      case is PostgresError: true
      default: false
      }
    guard let journal else { return }
    guard mayPass else { return journal.discard() }
    guard let left = journal.leave() else { return }
    context.notice("what was learnt is kept, for the next run to go on from: \(left)")
  }
}

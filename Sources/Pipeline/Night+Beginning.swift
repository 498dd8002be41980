import Jobs
import NCF
import Postgres
import RunSupport
import Source
import Store

extension Night {
  /// Reads the log; as of a stopped run's time, where that gives what it had read.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  func begin() throws -> Beginning {
    let connection = try context.connected(for: "resume") { $0 }
    var stopped = try Resumable.find(context, seen: seen, on: connection)
    while true {
      let past = stopped.map {
        PastPull(watermark: $0.identity.watermark, recent: $0.identity.recent)
      }
      let found = try ParentSearch(context: context, seen: seen, now: past?.watermark).run()
      let pulled = try PullStage(
        context: context, beginsAtSince: found.isNone, past: past
      ).run()
      guard let run = stopped else {
        return Beginning(found: found, pulled: pulled, stopped: nil)
      }
      if let training = try run.load(pulled, on: connection) {
        return Beginning(found: found, pulled: pulled, stopped: (run, training))
      }
      stopped = nil
    }
  }

  /// Opens the run's journal.
  ///
  /// - Parameters:
  ///   - beginning: what was read, and what an earlier run had done.
  ///   - course: what is done tonight.
  ///   - isOn: whether there is memory for checkpoints.
  /// - Returns: a journal that knows what an earlier run had done, if that is gone on from.
  /// - Throws: `PostgresError`.
  func journal(_ beginning: Beginning, _ course: NightCourse, isOn: Bool) throws -> RunJournal {
    let pulled = beginning.pulled
    let identity =
      beginning.stopped?.run.identity
      ?? CheckpointStore.Identity(
        watermark: pulled.times.watermark, fingerprint: pulled.fingerprint, engine: Engine.name,
        recent: pulled.recent)
    guard let stopped = beginning.stopped, stopped.run.matches(course) else {
      return RunJournal(context, identity, goingOnFrom: nil, isOn: isOn)
    }
    let training = stopped.training
    try record.resumed(training.run)
    context.notice(
      "goes on from run \(training.run), as of the moment that it read the log: "
        + training.text)
    let journal = RunJournal(context, identity, goingOnFrom: training, isOn: isOn)
    for row in journal.rows { try record.epoch(row) }
    return journal
  }

  /// Ends a journal with the run.
  ///
  /// - Parameters:
  ///   - journal: nil when the run ended before it was opened.
  ///   - error: why the run ended without having done its work; nil when it has.
  func close(_ journal: RunJournal?, after error: (any Error)?) {
    guard let journal else { return }
    guard let error, Self.mayPass(error) else { return journal.discard() }
    guard let left = journal.leave() else { return }
    context.notice("what was learnt is kept, for the next run to go on from: \(left)")
  }

  /// Whether the same run may succeed another time: not where it is the program's own fault.
  private static func mayPass(_ error: any Error) -> Bool {
    switch error {
    case let error as BatchError: error.exitCode != .software
    case is PostgresError: true
    default: false
    }
  }
}

/// What a night has before it trains.
struct Beginning {
  /// The run that it may go on from, with an earlier night's model.
  let found: ParentSearch.Found
  /// What was read.
  let pulled: Pulled
  /// The stopped run whose data that is, and the training that it had begun; nil where there is none.
  let stopped: (run: Resumable, training: Resumed)?
}

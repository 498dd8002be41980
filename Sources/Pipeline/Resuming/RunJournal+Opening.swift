import Jobs
import NCF
import RunSupport
import Source
import Store

extension RunJournal {
  /// Opens a run's journal, with what a stopped run had done where its training is continued.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the stopped run.
  ///   - course: how the run trains.
  ///   - context: the run.
  ///   - record: where the resumption and the stopped run's epochs are recorded.
  ///   - isOn: whether there is memory for checkpoints.
  /// - Throws: `PostgresError`.
  convenience init(
    opening inputs: RunInputs, _ course: NightCourse, _ context: RunContext, _ record: RunRecord,
    isOn: Bool
  ) throws {
    let pulled = inputs.pulled
    let identity =
      inputs.stopped?.run.identity
      ?? CheckpointStore.Identity(
        watermark: pulled.times.watermark, fingerprint: pulled.fingerprint, engine: Engine.name,
        recent: pulled.recent)
    guard let stopped = inputs.stopped, stopped.run.matches(course) else {
      self.init(context, identity, goingOnFrom: nil, isOn: isOn)
      return
    }
    let training = stopped.training
    try record.resumed(training.run)
    context.notice(
      "goes on from run \(training.run), as of the moment that it read the log: "
        + training.text)
    self.init(context, identity, goingOnFrom: training, isOn: isOn)
    for row in rows { try record.epoch(row) }
  }
}

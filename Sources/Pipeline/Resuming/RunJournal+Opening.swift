import Jobs
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
    guard let stopped = inputs.stopped, stopped.training.hasBegun, stopped.run.matches(course)
    else {
      self.init(
        context, inputs.identity, goingOnFrom: nil, search: inputs.search, isOn: isOn)
      return
    }
    let training = stopped.training
    try record.resumed(training.run)
    context.notice(
      "goes on from run \(training.run), as of the moment that it read the log: "
        + training.text)
    self.init(
      context, inputs.identity, goingOnFrom: training, search: inputs.search, isOn: isOn)
    for row in rows { try record.epoch(row) }
  }
}

import Interactions
import Jobs
import Recommenders
import RunSupport
import Source
import Store

/// The steps that hold interactions out, and judge the model by them.
extension NightSteps {
  /// Holds out what is tested, and records what that is.
  ///
  /// - Parameters:
  ///   - inputs: what was read.
  ///   - course: how the run trains.
  /// - Returns: the split.
  /// - Throws: `PostgresError`.
  func split(_ inputs: RunInputs, _ course: NightCourse) throws -> Divided {
    try stage(.split) {
      let divided = SplitStage(news: course.learnt).run(inputs, validates: course.isFull)
      try record?.holdout(divided.record.json())
      return (divided, inputs.pulled.table.count, 0)
    }
  }

  /// Evaluates the model, and records what makes probabilities of its scores, and its rivals.
  ///
  /// - Parameters:
  ///   - trained: the model.
  ///   - live: the live model; nil for none.
  ///   - rivals: the simple methods to compare with; nil for none.
  ///   - pulled: what was read.
  ///   - divided: how it was split.
  ///   - course: how the run trains.
  /// - Returns: the figures.
  /// - Throws: `BatchError`, `PostgresError`.
  func evaluate(
    _ trained: Trained, _ live: Rival?, _ rivals: SimpleRivals?, _ pulled: Dataset,
    _ divided: Divided, _ course: NightCourse
  ) throws -> Evaluated {
    try stage(.evaluate) {
      let stage = EvaluateStage(
        context: context, pulled: pulled, divided: divided, prior: course.calibration)
      let evaluated = try stage.run(
        trained, live: live, rivals: recorded != nil && course.isFull ? rivals : nil)
      if let (record, progress) = recorded {
        try record.scores(evaluated.calibration.json())
        progress.rivals = evaluated.rivals
        try record.rivals(evaluated.rivals)
      }
      return (evaluated, evaluated.testedUsers, 0)
    }
  }
}

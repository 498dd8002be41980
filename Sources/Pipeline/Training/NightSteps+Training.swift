import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport
import Source
import Store

/// The steps that train.
extension NightSteps {
  /// Opens the checkpoints, with what a stopped run had learnt where its training is continued.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the stopped run.
  ///   - course: how the run trains.
  ///   - divided: the split.
  ///   - memory: whether there is room for checkpoints.
  /// - Returns: what trains models on the split, and records their epochs.
  /// - Throws: `PostgresError`.
  func training(
    _ inputs: RunInputs, _ course: NightCourse, _ divided: Divided, _ memory: MemoryCheck
  ) throws -> TrainStage {
    let journal = try recorded.map { record, progress in
      try progress.keep(
        RunJournal(opening: inputs, course, context, record, isOn: memory.fitsCheckpoints))
    }
    return TrainStage(
      context: context, pulled: inputs.pulled, divided: divided, record: record,
      journal: journal)
  }

  /// Trains the model that is tested.
  ///
  /// - Parameters:
  ///   - training: what trains it.
  ///   - lesson: what a fine-tune trains on, and where it starts; nil for a full training.
  /// - Returns: the model, and how it came about.
  /// - Throws: `EarlyEnd` when the training diverges; `BatchError` (65) when no user can be tested;
  ///   `PostgresError`.
  func train(_ training: TrainStage, _ lesson: (Lesson, start: Model)?) throws -> Trained {
    let split = training.divided.split
    guard context.request.force || context.publishesPopularLists || !split.testUsers.isEmpty else {
      throw BatchError(
        .data, "no user has the 3 interactions that testing needs, so no model could be judged",
        advice: "widen source.window, or publish unjudged with --force")
    }
    do {
      return try stage(.train) { (try training.run(lesson), split.training.count, 0) }
    } catch let error as TrainingError {
      let verdict = Gate.Verdict.refuse(reasons: [error.description])
      try record?.gate(GateRecord(verdict, on: nil, live: rival, isForced: false).json())
      throw EarlyEnd.refused(reasons: verdict.reasons)
    }
  }

  /// Fits the held-out interactions into a copy of the model, where the job publishes such a copy.
  ///
  /// - Parameter model: the model that was tested, and what trains the copy.
  /// - Returns: the copy; the model itself where the job publishes that.
  /// - Throws: `EarlyEnd` when the training diverges; `BatchError` when interrupted; `PostgresError`.
  func fitHoldouts(_ model: NightModel) throws -> PublishedModel {
    guard context.job.nightly.absorbHoldout else { return model.trained.model }
    do {
      return try model.training.absorbingEverything(model.trained)
    } catch let error as TrainingError {
      throw EarlyEnd.refused(reasons: [error.description], metrics: model.evaluated.metrics)
    }
  }
}

import Interactions
import Jobs
import Recommenders
import RunSupport
import Source
import Store

/// The steps of a night between its pull and its publishing: they change nothing that readers see.
///
/// A recorded run takes them, and so does a night that a backtest replays, which records nothing.
struct NightSteps {
  /// The run.
  let context: RunContext
  /// Where the run is recorded, and what times its stages; nil for a night that is replayed.
  let recorded: (record: RunRecord, progress: RunProgress)?
  /// The run that this one is compared with; nil for none.
  let rival: Int64?
  /// Bytes that are held beside the night's own data.
  var besides = 0

  /// Where the run is recorded; nil for a night that is replayed.
  var record: RunRecord? { recorded?.record }

  /// The same steps for a job whose method was chosen.
  func with(_ selection: MethodSelection?) -> NightSteps {
    guard let selection else { return self }
    return NightSteps(
      context: selection.resolved(context), recorded: recorded, rival: rival, besides: besides)
  }

  /// Decides how to train, trains and evaluates.
  ///
  /// - Parameters:
  ///   - inputs: what was read, with its split by the clock.
  ///   - selection: the method that was chosen; nil where the job names it.
  ///   - live: finds the live run's model, by the decision and the split.
  /// - Returns: the model and its figures.
  /// - Throws: `EarlyEnd` when there is nothing to do or the training diverges; `BatchError`;
  ///   `PostgresError`; what `live` throws.
  func model(
    _ inputs: RunInputs, _ selection: MethodSelection?,
    against live: (NightCourse, Divided) throws -> Rival?
  ) throws -> NightModel {
    let pulled = inputs.pulled
    // Decide how to train: in full, further from an earlier model, or not at all.
    let course = try NightCourse.decide(inputs, context, record)
    // Hold out what is tested.
    let divided = try split(inputs, course)
    // Choose what a fine-tune trains on.
    let lesson = try course.recordedLesson(divided, context, record)
    // Check that the rest of the run fits into memory.
    let memory = try MemoryCheck(context, pulled, divided, besides: besides)
    // Open the checkpoints, with what a stopped run had learnt.
    let training = try training(inputs, course, divided, memory)
    // Train the model.
    let trained = try train(training, lesson)
    // Load the live run's model.
    let live = try live(course, divided)
    // Evaluate the model beside ItemPop, the live one and, on full nights, simple methods.
    let rivals = SimpleRivals(
      context, divided, course.isFull ? selection?.choice.factorization : nil)
    let evaluated = try evaluate(trained, live, rivals, pulled, divided, course)
    return NightModel(
      course: course, divided: divided, training: training, trained: trained,
      evaluated: evaluated, rivals: rivals,
      pulled: pulled.withPopularLists(below: evaluated.coldLimit.interactions))
  }

  /// Runs a stage, timed and recorded where the run is.
  ///
  /// - Parameters:
  ///   - stage: which one.
  ///   - body: the stage; gives its value, and the rows and bytes that went through it.
  /// - Returns: the stage's value.
  /// - Throws: what `body` throws; `BatchError` when the run is to stop; `PostgresError`.
  func stage<Value>(
    _ stage: Stage, _ body: () throws -> (Value, rows: Int, bytes: Int)
  ) throws -> Value {
    if let recorded { return try recorded.progress.stage(stage, body) }
    try context.interruption.check()
    return try body().0
  }
}

/// What a night has trained and evaluated.
struct NightModel {
  /// How it trained.
  let course: NightCourse
  /// The split.
  let divided: Divided
  /// What trained it, and fits the holdouts into the copy that is published.
  let training: TrainStage
  /// The model.
  let trained: Trained
  /// Its figures.
  let evaluated: Evaluated
  /// The simple methods that it is compared with; nil where the job asks for none.
  let rivals: SimpleRivals?
  /// What was read, with the users who get a list of the model.
  let pulled: Dataset
}

import Interactions
import Jobs
import NCF
import Ranking
import Recommenders
import RunSupport
import Source

/// Stage 3: learn it.
///
/// In: training positives and validation items, and for a fine-tune the parent's model. Out: from
/// scratch, the model of the best epoch, chosen on validation by the sampled protocol, or a baseline;
/// in a fine-tune, the parent's model trained further on what it has not learnt. With `train.refit` a
/// second one that has learnt from the validation items too. Test items are never looked at. Durable:
/// the epochs, as `record` writes them.
struct TrainStage {
  /// The run.
  let context: RunContext
  /// Where the training stands, and what an earlier process has done of it.
  let journal: TrainingJournal
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRow) throws -> Void

  /// Trains.
  ///
  /// - Parameters:
  ///   - divided: the split.
  ///   - pulled: what was split.
  ///   - lesson: what a fine-tune trains on, and the model that it starts from; nil trains in full.
  /// - Returns: the model, and how it came about.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; whatever `record` throws.
  func run(
    _ divided: Divided, of pulled: Pulled, lesson: (Lesson, start: Model)? = nil
  ) throws -> Trained {
    let split = divided.split
    let candidates = Candidates.drawn(
      context.job.evaluation.sampled, users: split.testUsers, outside: divided.beforeTest,
      itemCount: pulled.table.itemCount, seed: context.seed &+ 1, pool: context.pool)
    let validation = Validation(
      context: context, holdout: split.validation, candidates: candidates)
    var epochs: [EpochRow] = []
    func write(_ row: EpochRow) throws {
      epochs.append(row)
      try record(row)
    }
    let refit = context.job.training.refit
    let (model, validated): (PublishedModel, PublishedModel)
    if let (lesson, start) = lesson {
      let course = TrainingCourse(
        context: context, positives: lesson.positives, known: pulled.negatives,
        itemCount: pulled.table.itemCount, validation: validation, journal: journal,
        rejected: split.training, features: pulled.features?.content, record: write)
      let tuned = try course.goOn(from: start, .finetune)
      let copy = Absorption(
        context: context, pulled: pulled, divided: divided, journal: journal, record: write)
      validated = .network(tuned)
      model = refit ? .network(try copy.ofValidation(tuned)) : validated
    } else {
      func train(on positives: Positives) throws -> PublishedModel {
        let course = TrainingCourse(
          context: context, positives: positives, known: pulled.negatives,
          itemCount: pulled.table.itemCount, validation: validation, journal: journal,
          features: pulled.features?.content, record: write)
        return try course.run()
      }
      let weighted = context.job.source.isWeighted
      validated = try train(on: Positives(training: divided, weighted: weighted))
      model =
        refit
        ? try train(
          on: Positives(beforeTest: divided, of: pulled.table, weighted: weighted))
        : validated
    }
    return Trained(
      model: model, validated: validated, isRefit: refit, epochs: epochs,
      validationCandidates: candidates)
  }
}

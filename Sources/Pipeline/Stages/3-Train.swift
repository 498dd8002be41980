import Interactions
import NCF
import Ranking

/// A trained model and how it came about.
struct Trained {
  /// What is tested and published.
  let model: PublishedModel
  /// What validation judged: the model itself, or the one before the refit, which has never seen a
  /// validation item.
  let validated: PublishedModel
  /// Whether the two differ.
  let isRefit: Bool
  /// Every epoch of every phase.
  let epochs: [EpochRow]
  /// Candidates of the validation items, drawn once.
  let validationCandidates: UserItems
}

/// Stage 3: learn it.
///
/// In: training positives and validation items. Out: the model of the best epoch, chosen on
/// validation by the sampled protocol, or a baseline; with `train.refit` a second one that has learnt
/// from the validation items too, by the epochs chosen. Test items are never looked at. Durable: the
/// epochs, as `record` writes them.
struct TrainStage {
  /// The run.
  let context: RunContext
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRow) throws -> Void

  /// Trains.
  ///
  /// - Parameters:
  ///   - divided: the split.
  ///   - pulled: what was split.
  /// - Returns: the model, and how it came about.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; whatever `record` throws.
  func run(_ divided: Divided, of pulled: Pulled) throws -> Trained {
    let (split, table) = (divided.split, pulled.table)
    let candidates = Candidates.drawn(
      context.job.evaluation.sampled, users: split.testUsers, outside: divided.beforeTest,
      itemCount: table.itemCount, seed: context.seed &+ 1, pool: context.pool)
    let validation = Validation(
      context: context, holdout: split.validation, candidates: candidates)
    var epochs: [EpochRow] = []
    var chosen = TrainingCourse.Chosen()
    func train(on positives: Positives) throws -> PublishedModel {
      let course = TrainingCourse(
        context: context, positives: positives, known: pulled.negatives,
        itemCount: table.itemCount, validation: validation
      ) { row in
        epochs.append(row)
        try record(row)
      }
      return try course.run(&chosen)
    }
    let weighted = context.job.source.isWeighted
    let validated = try train(on: Positives(training: divided, weighted: weighted))
    let refit = context.job.training.refit
    let model =
      refit
      ? try train(on: Positives(beforeTest: divided, of: table, weighted: weighted)) : validated
    return Trained(
      model: model, validated: validated, isRefit: refit, epochs: epochs,
      validationCandidates: candidates)
  }
}

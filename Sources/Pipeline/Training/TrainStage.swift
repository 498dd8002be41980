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
  /// What was pulled.
  let pulled: Pulled
  /// How it was split.
  let divided: Divided
  /// Where the training stands, and what an earlier process has done of it.
  let journal: TrainingJournal
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRecord) throws -> Void

  /// Trains.
  ///
  /// - Parameter lesson: what a fine-tune trains on, and the model that it starts from; nil trains in full.
  /// - Returns: the model, and how it came about.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; whatever `record` throws.
  func run(_ lesson: (Lesson, start: Model)? = nil) throws -> Trained {
    let split = divided.split
    let candidates = Candidates.drawn(
      context.job.evaluation.sampled, users: split.testUsers, outside: divided.beforeTest,
      itemCount: pulled.table.itemCount, seed: context.seed &+ 1, pool: context.pool)
    let validation = Validation(
      context: context, holdout: split.validation, candidates: candidates)
    let (refit, weighted) = (context.job.training.refit, context.job.source.isWeighted)
    let (model, validated): (PublishedModel, PublishedModel)
    if let (lesson, start) = lesson {
      let tuned = try course(lesson.positives, validation, rejected: split.training)
        .goOn(from: start, .finetune)
      validated = .network(tuned)
      model = refit ? .network(try absorbingValidation(tuned)) : validated
    } else {
      validated = try course(Positives(training: divided, weighted: weighted), validation).run()
      let all = Positives(beforeTest: divided, of: pulled.table, weighted: weighted && refit)
      model = refit ? try course(all, validation).run() : validated
    }
    return Trained(
      model: model, validated: validated, isRefit: refit, validationCandidates: candidates)
  }

  /// One training on some positives.
  func course(
    _ positives: Positives, _ validation: Validation? = nil, rejected: UserItems? = nil
  ) -> TrainingCourse {
    TrainingCourse(
      context: context, positives: positives, known: pulled.negatives,
      itemCount: pulled.table.itemCount, validation: validation, journal: journal,
      rejected: rejected, features: pulled.features?.content, record: record)
  }
}

/// A trained model and how it came about.
struct Trained {
  /// What is tested, and published unless a copy absorbs what was held out.
  let model: PublishedModel
  /// What validation judged: the model itself, or the one before the refit, which has never seen a
  /// validation item.
  ///
  /// It is what is stored, so that the next night may go on from it.
  let validated: PublishedModel
  /// Whether the two differ.
  let isRefit: Bool
  /// Candidates of the validation items, drawn once.
  let validationCandidates: UserItems
}

/// Judges scorers on the validation items by the sampled protocol.
struct Validation {
  /// The run.
  let context: RunContext
  /// Each user's validation item, -1 for users without.
  let holdout: [Int32]
  /// What it is ranked among, drawn once.
  let candidates: UserItems

  /// Hit ratio and NDCG at `evaluate.k`.
  func figures(_ scorer: some Scorer) -> (hr: Double, ndcg: Double) {
    let k = context.job.evaluation.k
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: holdout, candidates: candidates, pool: context.pool)
    return (
      hr: ranks.estimate(.hr, k: k)?.value ?? 0, ndcg: ranks.estimate(.ndcg, k: k)?.value ?? 0
    )
  }
}

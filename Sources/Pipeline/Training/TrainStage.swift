import Baselines
import Interactions
import Jobs
import NCF
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// Stage 3: learn it.
///
/// In: training positives and validation items, and for a fine-tune the parent's model. Out: from
/// scratch, the model of the best epoch, chosen on validation by the sampled protocol, or a baseline;
/// in a fine-tune, the parent's model trained further on what it has not learnt. With `train.refit` a
/// second one that has learnt from the validation items too. Test items are never looked at. Durable:
/// the epochs.
struct TrainStage {
  /// The run.
  let context: RunContext
  /// What was pulled.
  let pulled: Dataset
  /// How it was split.
  let divided: Divided
  /// Where epochs are recorded; nil records none.
  var record: RunRecord?
  /// Where epochs and the state of the training are kept, with what an earlier process had done; nil
  /// keeps nothing.
  var journal: RunJournal?

  /// What is trained.
  var method: Method { Method(context.job).seeded(context.seed) }

  /// Trains.
  ///
  /// - Parameter lesson: what a fine-tune trains on, and the model that it starts from; nil trains in full.
  /// - Returns: the model, and how it came about.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; `PostgresError` of the record.
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
      let tuned = try training(lesson.positives, validation, rejected: split.training)
        .goOn(from: start, .finetune, context)
      validated = .network(tuned)
      model = refit ? .network(try absorbingValidation(tuned)) : validated
    } else {
      let trained = try training(Positives(training: divided, weighted: weighted), validation)
        .train(method)
      validated = PublishedModel(trained.model)
      let all = Positives(beforeTest: divided, of: pulled.table, weighted: weighted && refit)
      model =
        refit
        ? PublishedModel(try training(all, validation).refit(method, epochs: trained.epochs))
        : validated
    }
    return Trained(
      model: model, validated: validated, isRefit: refit, validationCandidates: candidates)
  }

  /// One training on some positives.
  func training(
    _ positives: Positives, _ validation: Validation? = nil, rejected: UserItems? = nil
  ) -> MethodTraining {
    let isRefit = positives.isRefit
    let log = TrainingLog(
      positives: positives.items, weights: positives.weights, itemCount: pulled.table.itemCount)
    var training = MethodTraining(
      MethodTraining.Data(
        log, known: pulled.negatives, features: pulled.features?.content, rejected: rejected,
        isRefit: isRefit),
      pool: context.pool, clock: context.clock,
      observer: RunTrainingObserver(
        context: context, record: record, journal: journal, validation: validation,
        isRefit: isRefit, start: context.clock()))
    training.chapter = journal?.training.chapter(isRefit ? "refit" : "")
    return training
  }
}

extension MethodTraining {
  /// Trains the job's network further by the settings of `train.nightly`.
  func goOn(from model: Model, _ phase: Phase, _ context: RunContext) throws -> Model {
    guard case .network(let network) = Method(context.job).seeded(context.seed) else {
      preconditionFailure("a baseline is not trained further")
    }
    return try goOn(
      network, from: model, phase, context.job.nightly.phase,
      isValidated: phase == .finetune && !data.isRefit)
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

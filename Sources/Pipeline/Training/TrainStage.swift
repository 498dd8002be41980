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
/// scratch, the model of the best epoch, chosen on validation over the whole catalogue, or a baseline;
/// in a fine-tune, the parent's model trained further on what it has not learnt. With `train.refit` a
/// second one that has learnt from the validation items too. Test items are never looked at. Durable:
/// the epochs.
struct TrainStage {
  /// The run.
  let context: RunContext
  /// All that was pulled.
  let pulled: Dataset
  /// How it was split, or the part of it that is tested.
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
    if divided.clock != nil { return try runByTheClock(lesson) }
    let split = divided.split
    let candidates = candidates(divided)
    let validation = validation(divided, split.validation)
    let (refit, weighted) = (context.job.training.refit, context.job.source.isWeighted)
    let (model, validated): (PublishedModel, PublishedModel)
    var history: FittedHistory?
    if let (lesson, start) = lesson {
      let tuned = try training(lesson.positives, validation, rejected: split.training)
        .goOn(from: start, .finetune, context)
      validated = .network(tuned)
      model = refit ? .network(try absorbingValidation(tuned)) : validated
    } else {
      let trained = try training(Positives(training: divided.split, weighted: weighted), validation)
        .train(method)
      validated = PublishedModel(trained.model)
      let all = Positives(
        beforeTest: divided.beforeTest, split, of: divided.dataset.table,
        weighted: weighted && refit)
      history = trained.model.history
      if refit {
        let again = try training(all, validation).refit(
          method, epochs: trained.epochs, earlier: history.map { .repeated($0) })
        (model, history) = (PublishedModel(again), again.history)
      } else {
        model = validated
      }
    }
    var trained = Trained(model: model, validationCandidates: candidates)
    trained.history = history
    if refit { trained.beforeRefit = validated }
    return trained
  }

  /// Items that validation items are ranked among.
  private func candidates(_ divided: Divided) -> UserItems {
    Candidates.drawn(
      context.job.evaluation.sampled, users: divided.split.testUsers, outside: divided.beforeTest,
      itemCount: divided.dataset.table.itemCount, seed: context.seed &+ 1, pool: context.pool)
  }

  /// Trains by the clock: in full on the log one horizon before the test to choose the epochs, then for these
  /// on the log before the test; a fine-tune on what is new before the test.
  private func runByTheClock(_ lesson: (Lesson, start: Model)?) throws -> Trained {
    let weighted = context.job.source.isWeighted
    if let (lesson, start) = lesson {
      let tuned = try training(lesson.positives, rejected: divided.split.training)
        .goOn(from: start, .finetune, context, isValidated: false)
      return Trained(model: .network(tuned))
    }
    guard let earlier = divided.rehearsal?.divided else {
      preconditionFailure("a full training by the clock chooses its epochs")
    }
    let candidates = candidates(earlier)
    let validation = validation(earlier, earlier.split.test)
    let rehearsed = try training(
      Positives(training: earlier.split, weighted: weighted), validation, on: earlier.dataset
    ).train(method)
    var positives = Positives(training: divided.split, weighted: weighted)
    positives.isRefit = true
    let model = try training(positives).refit(
      method, epochs: rehearsed.epochs, earlier: rehearsed.model.history.map { .repeated($0) })
    var trained = Trained(
      model: PublishedModel(model), validationCandidates: candidates,
      rehearsed: PublishedModel(rehearsed.model))
    trained.history = model.history
    return trained
  }

  /// What epochs are chosen by.
  private func validation(_ divided: Divided, _ holdout: [Int32]) -> CatalogueValidation {
    CatalogueValidation(
      holdout: holdout, known: divided.split.training,
      itemCount: divided.dataset.table.itemCount, k: context.job.evaluation.k, seed: context.seed,
      pool: context.pool)
  }

  /// One training on some positives.
  ///
  /// - Parameters:
  ///   - positives: what is learnt.
  ///   - validation: judges epochs; nil judges none.
  ///   - dataset: where the positives are from; nil for the log that is tested.
  ///   - rejected: what is never drawn as a negative; nil: the positives.
  /// - Returns: the training.
  func training(
    _ positives: Positives, _ validation: CatalogueValidation? = nil,
    on dataset: Dataset? = nil, rejected: UserItems? = nil
  ) -> MethodTraining {
    let isRefit = positives.isRefit
    let negatives = dataset.map(\.negatives) ?? divided.negatives
    let dataset = dataset ?? divided.dataset
    let log = dataset.log(positives.items, weights: positives.weights)
    var training = MethodTraining(
      MethodTraining.Data(
        log, known: negatives, features: dataset.features?.content, rejected: rejected,
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
  ///
  /// - Parameters:
  ///   - model: where training starts.
  ///   - phase: what the epochs are called.
  ///   - context: the run.
  ///   - isValidated: whether the epochs of a fine-tune are judged.
  /// - Returns: the model after the last epoch.
  /// - Throws: as `run` does.
  func goOn(
    from model: Model, _ phase: Phase, _ context: RunContext, isValidated: Bool = true
  ) throws -> Model {
    guard case .network(let network) = Method(context.job).seeded(context.seed) else {
      preconditionFailure("a baseline is not trained further")
    }
    return try goOn(
      network, from: model, phase, context.job.nightly.phase,
      isValidated: isValidated && phase == .finetune && !data.isRefit)
  }
}

/// A trained model and how it came about.
struct Trained {
  /// What is tested, and published unless a copy absorbs what was held out.
  let model: PublishedModel
  /// The model before a refit, which has never seen a validation item; nil without a refit.
  var beforeRefit: PublishedModel?
  /// Candidates of the validation items, drawn once; nil where nothing is validated.
  var validationCandidates: UserItems?
  /// By the clock, the model that chose the epochs: it knows nothing from one horizon before the test on.
  var rehearsed: PublishedModel?

  /// The history block of `model` with what moves its states on; nil for another method.
  var history: FittedHistory?

  /// What is stored, so that the next night may go on from it.
  var validated: PublishedModel { beforeRefit ?? model }
  /// Whether that is another model than the tested one.
  var isRefit: Bool { beforeRefit != nil }
}

import Baselines
import Interactions
import Jobs
import NCF
import Ranking
import Recommenders
import RunSupport
import Store

/// Follows one training of a run: records its epochs, shows its progress, keeps its checkpoints.
struct RunTrainingObserver: MethodObserver {
  /// The run.
  let context: RunContext
  /// Where its epochs are recorded; nil records none.
  let record: RunRecord?
  /// Where its epochs and its state are kept.
  let journal: RunJournal?
  /// Judges models by interactions that are not learnt; nil judges nothing.
  let validation: CatalogueValidation?
  /// Whether validation interactions are learnt too.
  let isRefit: Bool
  /// When the training began, on the context's clock.
  let start: Double

  func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double) {
    try figures(scorer) ?? (hr: .nan, ndcg: .nan)
  }

  func judge(_ baseline: FittedModel) throws -> (hr: Double, ndcg: Double)? {
    isRefit ? nil : try figures(PublishedModel(baseline).scorer(pool: context.pool))
  }

  func validate(_ fitted: FittedBaseline) throws -> (hr: Double, ndcg: Double)? {
    isRefit ? nil : try figures(FittedModel.baseline(fitted).scorer(pool: context.pool))
  }

  private func figures(_ scorer: some Scorer) throws -> (hr: Double, ndcg: Double)? {
    // What was learnt is kept before the run stops.
    try validation?.figures(scorer) {
      if journal?.isDue != true { try context.interruption.check() }
    }
  }

  func epochEnded(_ epoch: EpochRecord) throws {
    try record?.epoch(epoch)
    journal?.add(epoch)
    context.observer.observe(.epoch(epoch))
  }

  // Before the first look at whether to stop the journal has what was learnt.
  func progressed(_ progress: StepProgress) throws {
    try context.interruption.check()
    let title = progress.step + (isRefit ? " again" : "")
    guard let rate = progress.samplesPerSecond else {
      return context.progress(
        .train, "\(title), \(progress.epochs) iterations", done: progress.epoch,
        of: progress.epochs, since: start, unit: "iterations")
    }
    context.observer.observe(
      .progress(
        .train, what: "\(title) epoch \(progress.epoch) of \(progress.epochs)",
        fraction: progress.share, done: Int((context.clock() - start) * rate), perSecond: rate,
        unit: "samples"))
  }

  var wantsCheckpoint: Bool { journal?.isDue ?? false }

  func stepEnded() { journal?.stepEnded() }

  func checkpoint(_ progress: TrainingProgress) { journal?.keep(progress) }
}

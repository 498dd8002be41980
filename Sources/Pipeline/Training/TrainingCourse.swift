import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport

/// One training from end to end: the one that validation judges, or the refit after it.
struct TrainingCourse {
  /// The run.
  let context: RunContext
  /// What is learnt from.
  let positives: Positives
  /// What users have spoken against; baselines take it as an item like any other.
  let known: KnownNegatives?
  /// The size of the catalogue.
  let itemCount: Int
  /// Judges, by items that are not among `positives`, unless this is a refit; nil judges nothing.
  let validation: Validation?
  /// Where it stands, and what earlier processes have done of it; baselines have no part in it.
  let journal: TrainingJournal
  /// What is never drawn as a negative, when the positives are some of what is known.
  var rejected: UserItems?
  /// Content features of the users and items, for a network; nil for none.
  var features: ContentFeatures?
  /// What a baseline's iterations are called; nil: by its own name.
  var phaseName: String?
  /// Called with each epoch; what it throws ends the training.
  let record: (EpochRecord) throws -> Void

  /// The job.
  var job: Job { context.job }
  /// The size of the clientele.
  var userCount: Int { positives.items.userCount }

  /// Trains what the job's method says; a refit repeats the epochs that the first training chose.
  ///
  /// - Returns: the network of the best epochs, or the baseline.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; what `record` throws.
  func run() throws -> PublishedModel {
    guard job.method == .ncf else { return try baseline(job.method) }
    let run = training(factors: job.training.pretrain == .factors ? startingFactors : nil)
    guard positives.isRefit else { return .network(try run.train(job.model).model) }
    return .network(try run.refit(job.model, epochs: journal.chapter().epochs))
  }

  // MARK: - Networks

  /// The steps of this training.
  private var chapter: TrainingJournal.Chapter {
    journal.chapter(positives.isRefit ? "refit" : "")
  }

  /// The factorisations that the GMF part starts from, as one.
  private func startingFactors() throws -> MatrixFactors {
    MatrixFactors(
      summing: try job.initial.methods.map {
        try factorize($0.rawValue, job.initial.options(of: $0))
      })
  }

  /// Trains a network further, for as many epochs as the job says.
  ///
  /// - Parameters:
  ///   - model: where it starts; of the users and items of `positives`.
  ///   - phase: what the epochs are called.
  /// - Returns: the model after the last epoch.
  /// - Throws: `BatchError` when interrupted; `TrainingError`; what `record` throws.
  func goOn(from model: Model, _ phase: Phase) throws -> Model {
    try training(factors: nil)
      .goOn(from: model, phase, job.nightly.phase, isValidated: validation != nil)
  }

  /// A training of a network on the positives, told of and recorded.
  private func training(factors: (() throws -> MatrixFactors)?) -> TrainingRun {
    var options = job.training
    options.seed = context.seed
    let start = context.clock()
    return TrainingRun(
      positives: positives.items, weights: positives.weights, known: known, userCount: userCount,
      itemCount: itemCount, options: options, pool: context.pool, clock: context.clock,
      validate: { validation?.figures($0) ?? (hr: .nan, ndcg: .nan) },
      report: { event in
        switch event {
        // Who asks for a stop is heard at the next progress, when the journal has what was learnt.
        case .epoch(var epoch), .repeated(var epoch):
          epoch.isRefit = positives.isRefit
          try write(epoch)
        case .progress(let name, let epoch, let total, let fraction, let rate):
          try context.interruption.check()
          let done = (Double(epoch - 1) + fraction) / Double(max(1, total))
          context.observer.observe(
            .progress(
              .train, what: "\(title(name.rawValue)) epoch \(epoch) of \(total)",
              fraction: done, done: Int((context.clock() - start) * rate), perSecond: rate,
              unit: "samples"))
        }
      }, factors: factors, rejected: rejected, features: features, chapter: chapter)
  }

  /// What a phase is called in progress.
  func title(_ name: String) -> String { name + (positives.isRefit ? " again" : "") }

  /// Records an epoch and tells of it.
  func write(_ row: EpochRecord) throws {
    try record(row)
    context.observer.observe(.epoch(row))
  }
}

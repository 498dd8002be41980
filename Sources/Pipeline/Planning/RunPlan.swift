import Baselines
import Formatting
import Interactions
import Jobs
import NCF
import Parallelism
import RunSupport
import Source
import Store

/// What a run would do, for `--dry-run`.
struct RunPlan {
  private let context: RunContext
  private let pulled: Dataset
  private let divided: Divided
  private let lesson: Lesson?
  private let rivals: SimpleRivals?

  /// A plan from what was pulled.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - pulled: what was read.
  ///   - divided: how it was split.
  ///   - lesson: what a fine-tune would train on; nil for a full training.
  ///   - rivals: the simple methods to compare with; nil for none.
  init(
    _ context: RunContext, pulled: Dataset, divided: Divided, lesson: Lesson? = nil,
    rivals: SimpleRivals? = nil
  ) {
    self.pulled = pulled.withPopularLists(below: ColdLimit(context.job).interactions)
    (self.context, self.divided, self.lesson) = (context, divided, lesson)
    self.rivals = rivals
  }

  private var job: Job { context.job }

  /// Numbers that a model of the job's shape would have.
  var parameterCount: Int {
    if let neighbours = job.neighbours {
      return pulled.table.itemCount * min(neighbours, pulled.table.itemCount)
    }
    if let width = job.width { return (pulled.table.userCount + pulled.table.itemCount) * width }
    return Model.parameterCount(
      job.model,
      RowCounts(
        users: pulled.table.userCount, items: pulled.table.itemCount,
        userFeatures: pulled.features?.userNames.count ?? 0,
        itemFeatures: pulled.features?.itemNames.count ?? 0))
  }

  /// The plan in words.
  ///
  /// - Throws: `BatchError` when interrupted.
  func lines() throws -> [String] {
    let counts = pulled.counts
    let serving = pulled.serving
    let audience = serving.audience
    var estimate = MemoryEstimate(job, pulled, divided, threads: context.pool.threads)
    estimate.factorization = rivals?.factorization
    return [
      "\(counts.rowsRead) rows read: \(counts.rowsUsed) used, \(counts.rowsMerged) merged, "
        + "left out: \(counts.rejectedText)",
      "\(counts.users) users, \(counts.items) items; \(divided.split.testUsers.count) users would be "
        + "tested",
      "\(audience.count) users would get a list of at most \(job.output.k) among "
        + "\(serving.catalogue.eligibleCount) items: \(audience.scored.count) of the model, "
        + "\(audience.cold.count) the popular one"
        + (pulled.features?.counts.text ?? ""),
      "\(positives) training positives"
        + (lesson.map { " (\($0.new) new, \($0.replayed) replayed)" } ?? "") + ", "
        + (job.method == .ncf
          ? "\(samples) samples an epoch, \(parameterCount) parameters "
            + "(\(parameterCount * 12 / 1_048_576) MiB with an optimiser's two moments)"
          : "\(parameterCount) parameters of \(job.method.rawValue)"),
      "\(pairs) pairs would be scored, at most \(audience.count * job.output.k) rows published to "
        + "\(job.output.schema).recommendations",
      "memory: about \(estimate.peak / 1_048_576) MiB at the fullest ("
        + estimate.stages.map { "\($0.stage.rawValue) \($0.bytes / 1_048_576)" }
        .joined(separator: ", ") + ")"
        + (estimate.checkpoint > 0
          ? ", \(estimate.checkpoint / 1_048_576) of them for what is written down to go on from"
          : "")
        + (MemoryBudget.bytes.map { "; \($0 / 1_048_576) MiB may be had" } ?? ""),
      "time: " + (try times),
    ] + counted
  }

  private var positives: Int { lesson?.positives.items.count ?? divided.split.training.count }
  /// Samples of an epoch.
  private var samples: Int { positives * job.training.groupSize }
  /// Pairs of user and item that are scored for lists.
  private var pairs: Int { pulled.serving.audience.scored.count * pulled.serving.items.count }

  /// That it is counted what became of the live lists; a backfill counts nothing.
  private var counted: [String] {
    if context.request.isBackfill { return [] }
    return [
      "what became of the live lists would be counted"
        + (job.served.impressions == nil ? "" : ", and what was shown read by served.impressions")
    ]
  }

  /// How often all training is done: a refit does it once more, and so does a baseline that absorbs what was
  /// held out.
  private var trainings: Int {
    let isFittedAgain = job.method != .ncf && job.nightly.absorbHoldout
    return (job.training.refit ? 2 : 1) + (isFittedAgain ? 1 : 0)
  }

  /// Seconds of evaluating and publishing: the model's figures take three passes over all pairs, the lists one.
  private func scoringSeconds(pairs: Int, _ speed: TrialSpeed) -> Double {
    4 * Double(pairs) / max(speed.pairsPerSecond, 1)
  }

  /// Seconds of training, evaluating and publishing, at most, at the speed of a short trial.
  ///
  /// - Throws: `BatchError` when interrupted.
  func seconds() throws -> Double {
    let speed = try TrialSpeed(context, pulled: pulled, divided: divided)
    let serving = pulled.serving
    var seconds =
      scoringSeconds(pairs: serving.audience.scored.count * serving.items.count, speed)
      + Double(trainings) * speed.baselineSeconds
    if job.method == .ncf {
      let samples = divided.split.training.count * job.training.groupSize
      seconds += Double(trainings * mostEpochs * samples) / max(speed.samplesPerSecond, 1)
    }
    return seconds
  }

  /// How long training and scoring would take at the speed of a short trial.
  ///
  /// - Throws: `BatchError` when interrupted.
  var times: String {
    get throws {
      times(try TrialSpeed(context, pulled: pulled, divided: divided, rivals: rivals))
    }
  }

  private func times(_ speed: TrialSpeed) -> String {
    let times = trainings
    let scoring = Self.seconds(scoringSeconds(pairs: pairs, speed))
    var parts: [String] = []
    var tried = "\(Figures.rate(speed.pairsPerSecond)) pairs/s"
    if speed.baselineSeconds > 0, lesson == nil {
      let name = job.method == .ncf ? job.initial.name : job.method.rawValue
      parts.append("\(name) at most \(Self.seconds(Double(times) * speed.baselineSeconds))")
    }
    if job.method == .ncf {
      let epoch = Double(samples) / max(speed.samplesPerSecond, 1)
      let epochs = times * mostEpochs
      parts.append(
        "an epoch of the whole model \(Self.seconds(epoch)), at most \(epochs) epochs "
          + Self.seconds(Double(epochs) * epoch))
      tried = "\(Figures.rate(speed.samplesPerSecond)) samples/s, " + tried
    }
    if let beside = beside(speed) { parts.append(beside) }
    parts.append("evaluating and publishing \(scoring) (tried: \(tried))")
    return parts.joined(separator: "; ")
  }

  /// How long the simple methods would take: to be tested, in a full training, and to list for a sample.
  private func beside(_ speed: TrialSpeed) -> String? {
    guard let rivals else { return nil }
    let tested = lesson == nil ? min(divided.split.testUsers.count, SimpleRivals.mostUsers) : 0
    let listed =
      context.request.publish ? min(pulled.serving.audience.count, RivalList.mostUsers) : 0
    let fits = (tested > 0 ? 1 : 0) + (listed > 0 ? 1 : 0)
    if fits == 0 { return nil }
    let pairs = Double(rivals.setups.count * (tested + listed) * pulled.serving.items.count)
    let seconds = Double(fits) * speed.rivalSeconds + pairs / max(speed.pairsPerSecond, 1)
    return "comparing with simple methods at most \(Self.seconds(seconds))"
  }

  /// Epochs of all phases of the network, if none stops early.
  private var mostEpochs: Int {
    if lesson != nil { return job.nightly.phase.epochs }
    let training = job.training
    let hasTower = !job.model.tower.isEmpty
    switch training.pretrain {
    case .parts where hasTower && job.model.gmfWidth > 0:
      return 2 * training.pretraining.epochs + training.joint.epochs
    case .factors: return (hasTower ? training.pretraining.epochs : 0) + training.joint.epochs
    case .none, .parts: return training.pretraining.epochs
    }
  }

  private static func seconds(_ value: Double) -> String {
    value < 10 ? "\(Double(Int(value * 10)) / 10) s" : "\(Int(value)) s"
  }
}

extension MemoryEstimate {
  /// An estimate for what was pulled and split.
  init(_ job: Job, _ pulled: Dataset, _ divided: Divided, threads: Int) {
    self.init(
      job,
      Sizes(
        rows: pulled.counts.rowsRead, events: pulled.sequences.count,
        interactions: pulled.table.count,
        // Where both are the same they share their memory.
        excluded: (pulled.excluded == pulled.table.history ? 0 : pulled.excluded.count)
          + pulled.serving.othersExcludedCount,
        outside: pulled.serving.users.count - pulled.users.count,
        negatives: pulled.negatives?.items.count ?? 0,
        users: pulled.table.userCount, items: pulled.table.itemCount,
        testedUsers: divided.split.testUsers.count,
        userFeatures: pulled.features?.userNames.count ?? 0,
        itemFeatures: pulled.features?.itemNames.count ?? 0,
        featurePairs: pulled.features.map { $0.content.users.count + $0.content.items.count } ?? 0,
        newUsers: pulled.features?.counts.newUsers ?? 0,
        newItems: pulled.features?.counts.newItems ?? 0),
      threads: threads)
  }
}

import Baselines
import Interactions
import NCF
import Parallelism
import Postgres
import Ranking
import RunSupport
import SyntheticData
import TestSupport
import Testing

@testable import Jobs
@testable import Pipeline
@testable import Recommenders
@testable import Source

/// Nights on a planted world without a server: the stages between the pull and the publishing, on the
/// log as it was on each day.
struct SimulatedNights {
  /// A night's model and what it was judged on.
  struct Night {
    let pulled: Dataset
    let divided: Divided
    let trained: Trained
    let lesson: Lesson?
    /// Samples trained, of all epochs, those of the copy that is published among them.
    let samples: Int
    /// The copy that would be published.
    let published: PublishedModel
  }

  let world: PlantedWorld
  let job: Job
  let threads: Int

  init(_ world: PlantedWorld, threads: Int = 2, _ change: (inout Job) -> Void = { _ in }) {
    self.world = world
    self.threads = threads
    var job = Job(
      source: Job.Source(relation: .query("none")), method: .ncf,
      model: ModelSpec(gmfWidth: 8, tower: [16, 8], activation: .relu),
      training: TrainingOptions(
        pretrain: .parts, alpha: 0.5, negatives: 4, batch: 256,
        pretraining: PhaseOptions(optimizer: .adam, learningRate: 0.005, epochs: 12, patience: 3),
        joint: PhaseOptions(optimizer: .sgd, learningRate: 0.02, epochs: 4, patience: 2), seed: 3),
      evaluation: Job.Evaluation(k: 10, sampled: 50))
    change(&job)
    self.job = job
  }

  /// The log as it is after a number of days.
  ///
  /// `replaces` gives another item for events from a second on; `isForNights` keeps the events for earlier
  /// nights; `more` are further events.
  func pull(
    days: Int, from cut: Int = .max, isForNights: Bool = false,
    more: [(user: Int, item: Int, second: Int, weight: Float)] = [],
    replaces: (Int) -> Int = { $0 }
  ) -> Dataset {
    var columns = InteractionColumns()
    var latest = 0
    var users = VocabularyBuilder(kind: .bigint)
    var items = VocabularyBuilder(kind: .bigint)
    world.events(days: 0..<days) { user, planted, second in
      let item = second < cut ? planted : replaces(planted)
      latest = max(latest, second)
      columns.append(
        user: users.intern(Int64(user)), item: items.intern(Int64(item)), second: UInt32(second))
    }
    for event in more {
      columns.append(
        user: users.intern(Int64(event.user)), item: items.intern(Int64(event.item)),
        second: UInt32(event.second), weight: event.weight)
    }
    let events = columns.count
    let (userIDs, userMap) = users.finish()
    let (itemIDs, itemMap) = items.finish()
    let now = Int64(world.beginning + days * 86_400) * 1_000_000
    var arrivals: Arrivals?
    if isForNights || job.evaluation.split == .clock {
      arrivals = Arrivals(
        columns: columns, users: userIDs, userMap: userMap, items: itemIDs, itemMap: itemMap,
        rules: MergeRules(job, Moments()), lists: ListRows(), moments: Moments(), job: job,
        now: UInt32(now / 1_000_000))
    }
    let log = InteractionLog(
      columns: columns, users: userIDs, userMap: userMap, items: itemIDs, itemMap: itemMap,
      rules: MergeRules(job, Moments()))
    return Dataset(
      users: log.users, items: log.items, table: log.table, sequences: log.sequences,
      excluded: log.excluded, negatives: log.negatives,
      negativesUpToLatest: log.negativesUpToLatest,
      serving: ServingView(
        log, ListRows(), nil, activeSince: 0, coldBelow: job.users.coldBelow ?? 1),
      counts: PullCounts(
        rowsRead: events, rowsUsed: log.table.count, rowsMerged: log.table.merged, rejected: [],
        users: userIDs.count, items: itemIDs.count, coldUsers: 0, watermark: now),
      snapshot: "", bytes: 0,
      times: PullTimes(
        watermark: now, recentFrom: now - 2 * 86_400_000_000, latest: Int64(latest) * 1_000_000),
      arrivals: arrivals)
  }

  var context: RunContext { context(observer: Recorder()) }

  private func context(observer: Recorder) -> RunContext {
    RunContext(
      job: job, request: RunRequest(threads: threads), parameters: ConnectionParameters(),
      interruption: Interruption(), observer: observer, clock: { 0 },
      pool: WorkerPool(threads: threads), runID: 1)
  }

  /// A night that goes on from another one, or starts from scratch.
  func night(_ pulled: Dataset, after parent: Parent? = nil) throws -> Night {
    let inputs = RunInputs(parent.map { .parent($0) } ?? .none(reason: "the first"), pulled)
      .clocked(nil, context)
    let course = try NightCourse(inputs, context)
    let divided = SplitStage(news: course.learnt).run(inputs, validates: course.isFull)
    let lesson = course.lesson(divided, context)
    return try finish(pulled, divided, lesson)
  }

  /// Trains on a split, from a start or from scratch.
  func finish(
    _ pulled: Dataset, _ divided: Divided, _ lesson: (Lesson, start: Model)?
  ) throws -> Night {
    let recorder = Recorder()
    let train = TrainStage(
      context: context(observer: recorder), pulled: pulled, divided: divided)
    let trained = try train.run(lesson)
    let published = try train.absorbingEverything(trained)
    return Night(
      pulled: pulled, divided: divided, trained: trained, lesson: lesson?.0,
      samples: recorder.epochs.reduce(0) { $0 + $1.samples }, published: published)
  }

  /// A night as the parent of the next one; `model` is what is gone on from.
  func parent(_ night: Night, model: PublishedModel? = nil, nights: Int = 0) -> Parent {
    let knowledge = night.divided.knowledge(of: night.pulled)
    return Parent(
      run: 1,
      stored: LiveModel(
        model: model ?? night.trained.validated, users: night.divided.dataset.users,
        items: night.divided.dataset.items, knowledge: knowledge),
      knowledge: knowledge, watermark: knowledge.watermark, nights: nights, isSameJob: true,
      obstacle: nil)
  }

  /// Whole-catalogue NDCG@10 of each tested user.
  func ndcg(_ model: PublishedModel, _ divided: Divided) -> [Double] {
    HoldoutRanks.full(
      model.scorer(pool: context.pool), holdout: divided.split.test,
      leavingOut: divided.beforeTest, pool: context.pool
    ).values(.ndcg, k: 10)
  }
}

extension SimulatedNights {
  /// Expects that a method learns the same bits of two logs.
  func expectSameFit(
    _ options: any BaselineOptions, of log: TrainingLog, and other: TrainingLog
  ) throws {
    let fits = try [log, other].map { log in
      PublishedModel(.baseline(try options.fit(log, pool: context.pool) { _ in })).tensors
    }
    #expect(fits[0] == fits[1], "\(type(of: options).title)")
  }
}

extension [Double] {
  /// The mean; 0 of nothing.
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}

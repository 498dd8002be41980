import Interactions
import Jobs
import NCF
import Ranking
import Recommenders
import RunSupport
import Source
import Store

/// What a night does, decided between its pull and its split.
struct NightCourse {
  /// How it trains.
  let plan: TrainingPlan
  /// The run that it may go on from.
  let parent: Parent?
  /// What that run does not know.
  let news: News?

  /// Decides by what the search for a parent found and the pull brought.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the run that it may go on from.
  ///   - context: the run.
  /// - Throws: `BatchError` (78) when a fine-tune was asked for and can't be.
  init(_ inputs: RunInputs, _ context: RunContext) throws(BatchError) {
    let (request, pulled) = (context.request, inputs.tested)
    var question = TrainingPlan.Question(
      mode: request.mode ?? context.job.nightly.mode, isBackfill: request.isBackfill)
    switch inputs.found {
    case .none(let reason):
      question.noParent = reason
      (parent, news) = (nil, nil)
    case .parent(let parent):
      let news = News(pulled, of: inputs.pulled, since: parent)
      // A log that has shrunk is the gate's business.
      let hasShrunk =
        Double(pulled.users.count) < Double(parent.stored.users.count)
        * (1 - context.job.gate.maxShrink)
      let isEmpty = request.isBackfill ? !Self.hasRows(inputs.pulled) : news.isEmpty && !hasShrunk
      question.isNothingNew = isEmpty && (request.isBackfill || parent.isSameJob)
      (question.parent, question.nights, question.obstacle) = (
        parent.run, parent.nights, parent.obstacle
      )
      (question.userGrowth, question.itemGrowth) = (news.userGrowth, news.itemGrowth)
      (self.parent, self.news) = (parent, news)
    }
    plan = try TrainingPlan.decide(question, context.job.nightly)
  }

  /// Decides for a recorded run and tells the decision.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the run that it may go on from.
  ///   - context: the run.
  ///   - record: where it is recorded that there is nothing to do; nil records nothing.
  /// - Returns: how the run trains: in full or further, not `skip`.
  /// - Throws: `EarlyEnd` when there is nothing to do; `BatchError` (78) when a fine-tune was asked for and
  ///   can't be; `PostgresError`.
  static func decide(
    _ inputs: RunInputs, _ context: RunContext, _ record: RunRecord?
  ) throws -> NightCourse {
    let course = try NightCourse(inputs, context)
    context.notice(course.text)
    if case .skip(let reason) = course.plan {
      try record?.lineage(course.row(nil))
      throw EarlyEnd.skipped(reason: reason)
    }
    return course
  }

  /// Whether the run is trained in full.
  var isFull: Bool {
    if case .full = plan { true } else { false }
  }

  /// Whether a backfill has anything from its `--since` on.
  private static func hasRows(_ pulled: Dataset) -> Bool {
    guard let since = pulled.times.since else { return true }
    return pulled.times.latest >= since
  }

  /// What the split may not hold out; nil when training starts from scratch.
  var learnt: News? {
    if case .finetune = plan { news } else { nil }
  }

  /// What the parent's scores were worth, the prior of a fine-tune; nil for a full training.
  var calibration: Calibration? {
    if case .finetune = plan { parent?.stored.calibration } else { nil }
  }

  /// What a fine-tune trains on, and where it starts; nil for a full training.
  func lesson(_ divided: Divided, _ context: RunContext) -> (Lesson, start: Model)? {
    let pulled = divided.dataset
    guard case .finetune = plan, let parent, let news,
      case .network(let model) = parent.stored.model
    else { return nil }
    let start = model.grown(
      into: pulled, users: news.users, items: news.items, positives: divided.split.training,
      features: parent.stored.features, seed: context.seed)
    return (Lesson(divided, news: news, context: context), start)
  }

  /// Chooses what a fine-tune trains on, and records the decision with it.
  ///
  /// - Returns: as `lesson(_:_:_:)`.
  /// - Throws: `PostgresError`.
  func recordedLesson(
    _ divided: Divided, _ context: RunContext, _ record: RunRecord?
  ) throws -> (Lesson, start: Model)? {
    let lesson = lesson(divided, context)
    try record?.lineage(row(lesson?.0))
    return lesson
  }

  /// The decision as it is recorded.
  ///
  /// - Parameter lesson: what a fine-tune trains on.
  /// - Returns: the row of lineage.
  func row(_ lesson: Lesson?) -> LineageRow {
    var row =
      switch plan {
      case .full(let reason): LineageRow(mode: .full, reason: reason, parent: nil)
      case .finetune(let reason): LineageRow(mode: .finetune, reason: reason, parent: parent?.run)
      case .skip(let reason): LineageRow(mode: nil, reason: reason, parent: parent?.run)
      }
    (row.interactions, row.late) = (news?.interactions, news?.late)
    (row.new, row.replayed) = (lesson?.new, lesson?.replayed)
    return row
  }

  /// The decision in words.
  var text: String {
    switch plan {
    case .full(let reason): "training in full: \(reason)"
    case .finetune(let reason): "fine-tuning: \(reason)"
    case .skip(let reason): "nothing to do: \(reason)"
    }
  }
}

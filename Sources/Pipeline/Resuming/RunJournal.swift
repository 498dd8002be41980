import Jobs
import NCF
import Postgres
import RunSupport
import Store

/// What a run keeps of its training while it goes on, so that another one can go on from it.
///
/// The state of things is taken between two batches, once an interval and when the run is asked to stop,
/// and written beside the training. A checkpoint is worth what it saves: none is written before the
/// first interval is over, and the next one waits for twenty times as long as the last one took.
final class RunJournal {
  /// How long a run that is asked to stop waits for what it has learnt to be written: well within the
  /// ten seconds that service managers give.
  static let stopBudget = 6.0

  /// The state of the training; empty for a baseline.
  let training: TrainingJournal
  /// Every epoch told of so far.
  private(set) var rows: [EpochRecord]

  private let context: RunContext
  private let writer: CheckpointWriter
  private let interval: Double
  /// Tonight's search, which chose what is trained; nil for none.
  private let search: KeptSearch?
  /// Whether there is memory for a copy of what is being trained.
  private let isOn: Bool
  private let began: Double
  private var next: Double
  private var stopsAt: Double?
  private var hasWarned = false
  /// The epochs that belong to finished steps, and whether any step was finished since the last write.
  private var settled: (rows: Int, isNew: Bool)

  /// Begins a run's journal.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - identity: what a run that goes on from this one must have.
  ///   - resumed: what this one goes on from.
  ///   - search: tonight's search, which chose what is trained; nil for none.
  ///   - isOn: whether checkpoints are written at all.
  init(
    _ context: RunContext, _ identity: CheckpointStore.Identity, goingOnFrom resumed: Resumed?,
    search: KeptSearch?, isOn: Bool
  ) {
    (self.context, rows, self.search) = (context, resumed?.rows ?? [], search)
    self.isOn = isOn && context.runID != nil && context.resumes && context.job.method == .ncf
    writer = CheckpointWriter(context: context, identity: identity)
    training = TrainingJournal(goingOnFrom: resumed?.take() ?? TrainingProgress())
    settled = (rows.count, false)
    interval = context.job.nightly.checkpoint.seconds
    began = context.clock()
    next = began + interval
  }

  /// Notes an epoch.
  func add(_ row: EpochRecord) { rows.append(row) }

  /// Notes that a step of the training has ended.
  func stepEnded() { settled = (rows.count, true) }

  /// Whether a checkpoint is due.
  var isDue: Bool {
    warn()
    guard isOn else { return false }
    if context.interruption.reason != nil { return stopsAt == nil }
    return context.clock() >= next && !writer.isBusy
  }

  /// Writes a checkpoint beside the training; a run that is asked to stop waits for it.
  func keep(_ progress: TrainingProgress) {
    submit(progress, rows)
    if context.interruption.reason != nil { waitToStop() }
  }

  private func submit(_ progress: TrainingProgress, _ rows: [EpochRecord]) {
    settled.isNew = false
    next = context.clock() + max(interval, 20 * writer.seconds)
    writer.write(progress.text) { [search] in try progress.file(rows, search: search) }
  }

  private func waitToStop() {
    let now = context.clock()
    let end = stopsAt ?? now + Self.stopBudget
    stopsAt = end
    writer.wait(seconds: end - now)
    warn()
  }

  private func warn() {
    guard let failure = writer.takeFailure(), !hasWarned else { return }
    hasWarned = true
    context.warning(
      "what was learnt so far could not be written down, so a run that is stopped begins anew: "
        + failure)
  }

  /// Leaves behind what another run can go on from, since this one ends without having done its work.
  ///
  /// - Returns: what was left, in words; nil when nothing was.
  func leave() -> String? {
    let isWorthIt =
      context.interruption.reason != nil || context.clock() - began >= interval
    if isOn, settled.isNew, !training.isInStep, isWorthIt {
      submit(training.progress, Array(rows.prefix(settled.rows)))
    }
    waitToStop()
    return writer.written
  }

  /// Removes what nobody needs to go on from, since the work is done, or can't be.
  func discard() {
    writer.wait(seconds: Self.stopBudget)
    guard let run = context.runID else { return }
    // What stays behind is removed by the next run, which sees how this one ended.
    try? CheckpointStore(on: context.connect(for: "checkpoint")).deleteAll(likeThoseOf: run)
  }
}

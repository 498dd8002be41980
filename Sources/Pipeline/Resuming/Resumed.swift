import Jobs
import NCF

/// A training that a run goes on with.
final class Resumed {
  /// The run that had begun it.
  let run: Int64
  /// The epochs that had been told of by then.
  let rows: [EpochRow]
  /// How far it was, in words.
  let text: String
  private var progress: TrainingProgress

  /// A run's training.
  init(run: Int64, progress: TrainingProgress, rows: [EpochRow]) {
    self.run = run
    self.rows = rows
    self.progress = progress
    text = progress.text
  }

  /// How far it was; only once, so that nobody else holds what goes on to be trained.
  func take() -> TrainingProgress {
    defer { progress = TrainingProgress() }
    return progress
  }
}

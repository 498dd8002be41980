import NCF

/// Follows a training for a test.
struct TrainingWatcher: TrainingObserver {
  /// Judges a network.
  var judge: (NeuralScorer) throws -> (hr: Double, ndcg: Double)
  /// Hears of each epoch.
  var epoch: (EpochRecord) throws -> Void = { _ in }
  /// Hears of progress.
  var progress: (StepProgress) throws -> Void = { _ in }
  /// Takes a checkpoint whenever there may be one; nil takes none.
  var keep: ((TrainingProgress) throws -> Void)?

  func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double) {
    try judge(scorer)
  }

  func epochEnded(_ epoch: EpochRecord) throws { try self.epoch(epoch) }

  func progressed(_ progress: StepProgress) throws { try self.progress(progress) }

  var wantsCheckpoint: Bool { keep != nil }

  func checkpoint(_ progress: TrainingProgress) throws { try keep?(progress) }
}

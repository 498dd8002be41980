/// Follows a training: judges models, hears of epochs and progress, takes checkpoints.
///
/// An error that a method throws ends the training.
package protocol TrainingObserver {
  /// Judges a network on the validation interactions.
  ///
  /// - Parameter scorer: of the network as it is after an epoch, or at the start.
  /// - Returns: hit ratio and NDCG; nan where nothing is measured.
  /// - Throws: to end the training.
  func validate(_ scorer: NeuralScorer) throws -> (hr: Double, ndcg: Double)

  /// An epoch has ended, or an iteration of a factorisation.
  func epochEnded(_ epoch: EpochRecord) throws

  /// A part of an epoch is done; called every few milliseconds.
  func progressed(_ progress: StepProgress) throws

  /// Whether the state of the training is wanted now; read between batches and after each step.
  var wantsCheckpoint: Bool { get }

  /// A step of the training has ended: a phase, or the factorisation that a network starts from.
  func stepEnded()

  /// Takes the state of the training.
  func checkpoint(_ progress: TrainingProgress) throws
}

extension TrainingObserver {
  /// No checkpoints, unless an observer says otherwise.
  package var wantsCheckpoint: Bool { false }

  /// Does nothing.
  package func stepEnded() {}

  /// Does nothing.
  package func checkpoint(_ progress: TrainingProgress) {}
}

/// How far a step of a training is.
package struct StepProgress: Sendable {
  /// The phase of a network, or the name of a baseline.
  package let step: String
  /// The epoch that is being trained, or the iteration that has ended; counted from 1.
  package let epoch: Int
  /// Epochs or iterations of the step at most.
  package let epochs: Int
  /// The part of the epoch that is done, 0 to 1.
  package let fraction: Double
  /// Samples a second; nil for the iterations of a baseline.
  package let samplesPerSecond: Double?

  /// Creates a value from its parts.
  package init(
    step: String, epoch: Int, epochs: Int, fraction: Double = 1, samplesPerSecond: Double? = nil
  ) {
    (self.step, self.epoch, self.epochs) = (step, epoch, epochs)
    (self.fraction, self.samplesPerSecond) = (fraction, samplesPerSecond)
  }

  /// The part of the step that is done, 0 to 1, if all its epochs are trained.
  package var share: Double { (Double(epoch - 1) + fraction) / Double(max(1, epochs)) }
}

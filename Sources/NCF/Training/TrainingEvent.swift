/// A phase of training, as `ncf.epochs` names it.
package enum Phase: String, Sendable, Equatable, Codable, CaseIterable {
  /// Pre-training of the matrix factorisation part.
  case gmf
  /// Pre-training of the tower.
  case mlp
  /// The joint model, or whichever single part the spec has.
  case neumf
  /// A model of an earlier night, trained further on what is new.
  case finetune
  /// A copy that takes in what was held out.
  case absorb
}

/// One epoch's figures.
package struct EpochRecord: Sendable, Equatable {
  /// Which phase it belongs to.
  package private(set) var phase: Phase
  /// Counted from 1; 0 is the fused start, before any step.
  package let epoch: Int
  /// Mean log loss of the epoch's samples; nan for epoch 0, which trains on none.
  package let loss: Double
  /// Hit ratio on the validation items.
  package let hr: Double
  /// Normalised discounted cumulative gain on the validation items.
  package let ndcg: Double
  /// Seconds of training, without validation.
  package let seconds: Double
  /// Samples trained on, positives and negatives.
  package let samples: Int
  /// Samples trained on in a second.
  package let samplesPerSecond: Double
  /// Whether it is the best of its phase so far.
  package let isBest: Bool

  /// The same as an epoch of another phase.
  func told(of phase: Phase) -> EpochRecord {
    var record = self
    record.phase = phase
    return record
  }
}

/// What training tells while it goes.
package enum TrainingEvent: Sendable {
  /// An epoch is over and validated.
  case epoch(EpochRecord)
  /// An epoch of a refit is over, which nothing judges.
  case repeated(EpochRecord)
  /// A share of an epoch is done; comes every few milliseconds.
  case progress(
    phase: Phase, epoch: Int, epochs: Int, fraction: Double, samplesPerSecond: Double)
}

/// Why training could not give a model.
package struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which phase failed.
  package let phase: Phase
  /// In which epoch.
  package let epoch: Int
  /// What a person reads.
  package var description: String {
    "the loss of phase \(phase.rawValue) was not a finite number in epoch \(epoch): "
      + "lower the learning rate"
  }
}

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

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

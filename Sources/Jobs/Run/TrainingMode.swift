/// How a run trained, as `ncf.runs.mode` spells it.
package enum TrainingMode: String, Sendable, Codable, CaseIterable {
  /// From scratch on the whole window.
  case full
  /// Further from an earlier run's model.
  case finetune
}

/// How a run trains, and what it found new: the columns of lineage in `ncf.runs`.
package struct LineageRow: Sendable, Equatable {
  /// How; nil when it does not train.
  package var mode: TrainingMode?
  /// Why.
  package var reason: String
  /// The run that it goes on from, or that it was compared with when it is skipped.
  package var parent: Int64?
  /// Interactions that the parent did not know; nil without a parent.
  package var interactions: Int?
  /// Those of them that came in too late to be learnt; nil without a parent.
  package var late: Int?
  /// New interactions that a fine-tune trains on.
  package var new: Int?
  /// Known interactions that a fine-tune trains on again.
  package var replayed: Int?

  /// A row without counts.
  package init(mode: TrainingMode?, reason: String, parent: Int64?) {
    (self.mode, self.reason, self.parent) = (mode, reason, parent)
  }
}

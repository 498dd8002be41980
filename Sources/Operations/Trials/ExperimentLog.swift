package import Interactions
package import Jobs

/// The log that experiments train on, as the job's source gives it.
package struct ExperimentLog: Sendable {
  /// One interaction per user and item.
  package let table: InteractionTable
  /// The events of the interactions, each user's in order of time.
  package let sequences: UserSequences
  /// Whether weights count in training: the job weighs events, or lets them decay.
  package let isWeighted: Bool
  /// What users have spoken against; nil when nobody has.
  package let negatives: KnownNegatives?
  /// Content features of the table's users and items; nil when the job has none.
  package let features: ContentFeatures?
  /// Test candidates from the job's file, and whether each user has a line in it.
  package let given: (candidates: UserItems, hasLine: [Bool])?
  /// Counts of what was pulled.
  package let counts: PullCounts
}

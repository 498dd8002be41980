import Interactions
import Jobs
import Recommenders

/// A trained model and how it came about.
struct Trained {
  /// What is tested, and published unless a copy absorbs what was held out.
  let model: PublishedModel
  /// What validation judged: the model itself, or the one before the refit, which has never seen a
  /// validation item.
  ///
  /// It is what is stored, so that the next night may go on from it.
  let validated: PublishedModel
  /// Whether the two differ.
  let isRefit: Bool
  /// Every epoch of every phase.
  let epochs: [EpochRow]
  /// Candidates of the validation items, drawn once.
  let validationCandidates: UserItems
}

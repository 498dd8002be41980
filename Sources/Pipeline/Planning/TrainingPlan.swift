import Jobs

/// How a night trains, and why.
enum TrainingPlan: Equatable {
  /// From scratch.
  case full(reason: String)
  /// Further from the parent.
  case finetune(reason: String)
  /// Not at all.
  case skip(reason: String)

  /// What the decision rests on.
  struct Question {
    /// What was asked for.
    var mode: RunRequest.Mode
    /// Whether the run is a backfill, which goes on from its parent whatever the parent's age.
    var isBackfill: Bool
    /// Why there is no parent; nil when there is one.
    var noParent: String?
    /// Why the parent can't be trained further; nil when it can.
    var obstacle: String?
    /// Whether the log has nothing that the parent did not know, and the job is the same.
    var isNothingNew = false
    /// Number of the parent.
    var parent: Int64 = 0
    /// Share of new users.
    var userGrowth = 0.0
    /// Share of new items.
    var itemGrowth = 0.0
    /// Nights trained further since the last full one.
    var nights = 0
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - question: what is known.
  ///   - settings: the job's.
  /// - Returns: the plan.
  /// - Throws: `BatchError` (78) when a fine-tune was asked for and can't be.
  static func decide(_ question: Question, _ settings: Job.Nightly) throws(BatchError) -> Self {
    if question.mode == .full { return .full(reason: "asked for") }
    if let reason = question.noParent ?? question.obstacle {
      if question.noParent == nil, question.isNothingNew { return nothing(question) }
      guard question.mode == .auto else {
        throw BatchError(
          .configuration, "there is nothing to fine-tune: \(reason)",
          advice: "train in full first: --mode full, or --mode auto, which finds out by itself")
      }
      return .full(reason: reason)
    }
    if question.isNothingNew { return nothing(question) }
    if question.isBackfill || question.mode == .finetune {
      return .finetune(reason: "run \(question.parent) goes on")
    }
    if question.nights + 1 >= settings.fullEvery {
      return .full(reason: "train.full_every: \(settings.fullEvery) nights have passed")
    }
    for (share, whose) in [(question.userGrowth, "users"), (question.itemGrowth, "items")]
    where share > settings.maxGrowth {
      return .full(
        reason: "\(percent(share)) % more \(whose) than run \(question.parent) knows, above "
          + "train.max_growth")
    }
    return .finetune(reason: "run \(question.parent) goes on")
  }

  private static func nothing(_ question: Question) -> Self {
    .skip(reason: "nothing new since run \(question.parent)")
  }

  /// A share in per cent, rounded to a tenth.
  private static func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10)" }
}

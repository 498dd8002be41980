import Interactions
import Jobs
import Ranking
import RunSupport

/// Judges scorers on the validation items by the sampled protocol.
struct Validation {
  /// The run.
  let context: RunContext
  /// Each user's validation item, -1 for users without.
  let holdout: [Int32]
  /// What it is ranked among, drawn once.
  let candidates: UserItems

  /// Hit ratio and NDCG at `evaluate.k`.
  func figures(_ scorer: some Scorer) -> (hr: Double, ndcg: Double) {
    let k = context.job.evaluation.k
    let ranks = HoldoutRanks.sampled(
      scorer, holdout: holdout, candidates: candidates, pool: context.pool)
    return (
      hr: ranks.estimate(.hr, k: k)?.value ?? 0, ndcg: ranks.estimate(.ndcg, k: k)?.value ?? 0
    )
  }
}

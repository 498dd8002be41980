import Jobs
import Parallelism
import RunSupport
import Source

/// Whether the rest of a run fits into memory.
struct MemoryCheck {
  /// Whether there is room for the copy that a checkpoint takes.
  let fitsCheckpoints: Bool

  /// Compares the estimate with what may be had.
  ///
  /// - Parameters:
  ///   - context: the run; it is warned when there is no room for checkpoints.
  ///   - pulled: what was pulled.
  ///   - divided: how it was split.
  ///   - besides: bytes that are held beside what the estimate counts.
  /// - Throws: `BatchError` (78) when the run can't fit, rather than be killed on the way.
  init(
    _ context: RunContext, _ pulled: Dataset, _ divided: Divided, besides: Int = 0
  ) throws(BatchError) {
    var estimate = MemoryEstimate(context.job, pulled, divided, threads: context.pool.threads)
    estimate.besides = besides
    // Simple methods that do not fit are left out when it comes to them.
    estimate.comparesRivals = false
    guard let budget = MemoryBudget.bytes, estimate.peak > budget else {
      fitsCheckpoints = true
      return
    }
    let withCheckpoints = estimate.peak
    estimate.keepsCheckpoints = false
    guard estimate.peak <= budget else {
      throw BatchError(
        .configuration,
        "the run needs about \(estimate.peak >> 20) MiB of memory, \(budget >> 20) MiB may be had",
        advice: "give it more, shorten source.window, or make model.gmf and model.tower smaller")
    }
    context.warning(
      "a run that is stopped can't be gone on from: the copy that is written down would take "
        + "\((withCheckpoints - estimate.peak) >> 20) MiB of memory more than there are")
    fitsCheckpoints = false
  }
}

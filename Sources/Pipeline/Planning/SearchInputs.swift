import Interactions
import Jobs
package import Recommenders
package import RunSupport
package import Source

/// What a search for a method learns and is judged by.
///
/// It is judged by each user's latest interactions but one. By the clock these are of the log before the test, and
/// the best methods are judged by the window before the test, too: one window alone may be unlike the next.
package struct SearchInputs {
  /// What is learnt and judged.
  package typealias Part = (data: MethodTraining.Data, validation: MethodSearch.Validation)

  /// By the latest interactions.
  package let latest: Part
  /// By the clock; nil where each user's latest interactions are tested.
  package let byTheClock: Part?
  /// How long before the newest event the test begins, in seconds; nil for each user's latest interactions.
  package let horizon: UInt32?

  /// Divides a log by the split of the job.
  ///
  /// - Parameters:
  ///   - pulled: the log.
  ///   - context: the run.
  package init(_ pulled: Dataset, _ context: RunContext) {
    let evaluation = context.configured.evaluation
    func data(_ divided: Divided) -> MethodTraining.Data {
      MethodTraining.Data(
        divided.log(weighted: context.configured.source.isWeighted),
        known: divided.dataset.negatives)
    }
    var known = pulled
    if evaluation.split == .clock,
      let clock = ClockSplit.told(ClockSplit(pulled, evaluation), context)
    {
      known = pulled.before(clock.cut)
      let earlier = Divided.validation(known, clock)
      byTheClock = (
        data(earlier),
        MethodSearch.Validation(items: earlier.split.test, missed: earlier.split.missed)
      )
      horizon = clock.horizon
    } else {
      (byTheClock, horizon) = (nil, nil)
    }
    let divided = SplitStage().run(known)
    latest = (
      data(divided),
      MethodSearch.Validation(
        items: divided.split.validation, moments: divided.moments(of: divided.split.validation))
    )
  }
}

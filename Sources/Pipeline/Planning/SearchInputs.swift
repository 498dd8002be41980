import Interactions
import Jobs
package import Recommenders
package import RunSupport
package import Source

/// What a search for a method learns and is judged by.
///
/// It is judged by each user's latest interaction but one. By the clock that is of the log before the test, and
/// the best methods are judged in windows before the test, too: one window alone may be unlike the next.
package struct SearchInputs {
  /// What is learnt and judged.
  package typealias Part = (data: MethodTraining.Data, validation: MethodSearch.Validation)

  /// How many windows there are.
  private static let windowCount = 3

  /// By the latest interactions.
  package let latest: Part
  /// Windows as long as the test, the one before it first; none where each user's latest interaction is tested.
  package let windows: [() -> Part]
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
        known: divided.negatives)
    }
    var known = pulled
    if evaluation.split == .clock,
      let clock = ClockSplit.told(ClockSplit(pulled, evaluation), context)
    {
      known = pulled.before(clock.cut)
      windows = (0..<Self.windowCount).map { place in
        {
          let end = (0..<place).reduce(clock) { end, _ in end.earlier }
          let earlier = Divided.validation(pulled.before(end.cut), end)
          return (
            data(earlier),
            MethodSearch.Validation(items: earlier.split.test, missed: earlier.split.missed)
          )
        }
      }
      horizon = clock.horizon
    } else {
      (windows, horizon) = ([], nil)
    }
    let divided = SplitStage().run(known)
    latest = (
      data(divided),
      MethodSearch.Validation(
        items: divided.split.validation, moments: divided.moments(of: divided.split.validation))
    )
  }
}

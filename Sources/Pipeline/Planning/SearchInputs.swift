import Interactions
import Jobs
package import Recommenders
package import RunSupport
package import Source

/// What a search for a method learns and is judged by: by the clock, the log one horizon before the test.
package struct SearchInputs {
  /// What is learnt.
  package let data: MethodTraining.Data
  /// What users are judged by.
  package let validation: MethodSearch.Validation
  /// How long before the newest event the test begins, in seconds; nil for each user's latest interactions.
  package let horizon: UInt32?

  /// Divides a log by the split of the job.
  ///
  /// - Parameters:
  ///   - pulled: the log.
  ///   - context: the run.
  package init(_ pulled: Dataset, _ context: RunContext) {
    let evaluation = context.configured.evaluation
    let divided: Divided
    if evaluation.split == .clock,
      let clock = ClockSplit.told(ClockSplit(pulled, evaluation), context)
    {
      divided = Divided.validation(pulled.before(clock.cut), clock)
      validation = MethodSearch.Validation(
        items: divided.split.test, missed: divided.split.missed)
      horizon = clock.horizon
    } else {
      divided = SplitStage().run(pulled)
      validation = MethodSearch.Validation(
        items: divided.split.validation, moments: divided.moments(of: divided.split.validation))
      horizon = nil
    }
    data = MethodTraining.Data(
      divided.log(weighted: context.configured.source.isWeighted), known: divided.dataset.negatives)
  }
}

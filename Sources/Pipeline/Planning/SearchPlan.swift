import Baselines
import Interactions
import Jobs
import NCF
import Recommenders
import RunSupport
import Source

/// What a run that searches for its method would do, for `--dry-run`.
///
/// What the search will choose is not known. The plan has the time of the search, and what the final fits of
/// the dearest methods of each kind would take.
struct SearchPlan {
  private let context: RunContext
  private let pulled: Dataset
  private let divided: Divided
  /// Users with a validation interaction.
  private let validatedUsers: Int
  private var job: Job { context.configured }

  /// A plan from what was pulled.
  ///
  /// - Parameters:
  ///   - context: the run, whose method is not chosen.
  ///   - inputs: what was pulled, with the split by the clock.
  ///   - divided: how it was split.
  init(_ context: RunContext, _ inputs: RunInputs, _ divided: Divided) {
    (self.context, self.divided) = (context, divided)
    pulled = inputs.pulled
    validatedUsers =
      inputs.clock.map { $0.validatedUsers(inputs.pulled) }
      ?? divided.split.validation.count { $0 >= 0 }
  }

  /// The plan in words.
  ///
  /// - Throws: `BatchError` when interrupted.
  func lines() throws -> [String] {
    let standIn = isPopularOnly ? Method(ItemPopOptions()) : widest
    let like = isPopularOnly ? "a popular list" : "the widest factorisation that is tried"
    return [
      "time: at most \(bound) for the search; what follows is as for \(like), \(standIn.words)"
        + (isPopularOnly
          ? ", since \(validatedUsers) users can be judged and \(MethodSearch.fewestUsers) are needed"
          : "")
    ] + (try plan(standIn).lines())
      + (try isPopularOnly ? [] : others.map { "time, for \($0.words): " + (try plan($0).times) })
  }

  private var isPopularOnly: Bool { validatedUsers < MethodSearch.fewestUsers }

  /// What bounds the search.
  private var bound: String {
    let most = job.auto.trials ?? (context.request.isBackfill ? Job.Auto.backfillTrials : nil)
    return [
      context.request.isBackfill ? nil : "\(job.auto.budget)", most.map { "\($0) trials" },
    ].compactMap { $0 }.joined(separator: " and ")
  }

  private var options: ALSOptions {
    let items = pulled.table.itemCount
    return ALSOptions(
      factors: MethodSearch.factors.last { $0 < items } ?? MethodSearch.factors[0],
      iterations: MethodSearch.iterations)
  }

  private var widest: Method { Method(options) }

  /// The dearest method of each other kind that can be tried on the log.
  private var others: [Method] {
    let width = min(256, pulled.table.itemCount / 2)
    let neighbours = Method(KNNOptions(neighbours: 400, shrinkage: 10))
    let hasAutoencoder = pulled.table.itemCount <= ShallowAutoencoder.mostItems && width > 0
    var history = HistoryOptions()
    history.ials = options
    let histories = pulled.table.itemCount > 2 ? [Method(history)] : []
    return [neighbours] + histories + (hasAutoencoder ? [Method(EASEOptions(factors: width))] : [])
      + MethodSearch.network(
        Method.Network(job), from: [BaselineSetup(options)], dropout: job.training.dropout)
  }

  private func plan(_ method: Method) -> RunPlan {
    let context = context.with(job.training(method))
    return RunPlan(
      context, pulled: pulled, divided: divided,
      rivals: SimpleRivals(context, divided, isPopularOnly ? nil : BaselineSetup(options)))
  }
}

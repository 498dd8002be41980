import Baselines
import Interactions
import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// The method of a run whose job leaves it to the log.
struct MethodSelection {
  /// What was chosen.
  let choice: MethodChoice
  /// The run whose search chose it; nil for the run at hand.
  let run: Int64?

  /// A choice, and the run that made it; nil for the run at hand.
  init(choice: MethodChoice, run: Int64?) { (self.choice, self.run) = (choice, run) }

  /// Finds the choice that the run takes over, and tells it, or why a search is due.
  ///
  /// - Parameter context: the run.
  /// - Returns: nil when the job names its method, or when a search is due.
  /// - Throws: `PostgresError`.
  static func known(_ context: RunContext) throws -> MethodSelection? {
    guard context.configured.method == .auto else { return nil }
    let standing = try context.connected(for: "choice") {
      try ChoiceReader(on: $0).standing(of: context.configured, context.request)
    }
    switch standing {
    case .kept(let found):
      context.notice("the method is the choice of \(found.origin): \(found.choice.method.words)")
      return MethodSelection(choice: found.choice, run: found.run)
    case .due(let reason):
      context.notice(reason)
      return nil
    }
  }

  /// Whether a log has outgrown the choice: twice as many users could be judged.
  func isOutgrown(by pulled: Dataset, _ evaluation: Job.Evaluation) -> Bool {
    let most = 2 * max(choice.validatedUsers, MethodSearch.fewestUsers)
    if let horizon = choice.horizon {
      return ClockSplit(pulled, evaluation, kept: horizon)
        .map { $0.validatedUsers(pulled) >= most } ?? false
    }
    let users = (0..<pulled.table.userCount).count { user in
      pulled.table.offsets[user + 1] - pulled.table.offsets[user] >= 3
    }
    return users >= most
  }

  /// Searches the log for the best method.
  ///
  /// - Parameters:
  ///   - pulled: what was read.
  ///   - journal: keeps the trials, with those of a stopped run.
  ///   - context: the run.
  /// - Throws: `BatchError` when interrupted.
  init(searching pulled: Dataset, _ journal: SearchJournal, _ context: RunContext) throws {
    if let choice = journal.kept.choice {
      self.init(choice: choice, run: nil)
      return
    }
    let job = context.configured
    let inputs = SearchInputs(pulled, context)
    // A backfill, and a night that is replayed, must give the same twice: trials bound their search.
    let isRepeatable = context.request.isBackfill || context.request.isReplay
    let limits = MethodSearch.Limits(
      seconds: isRepeatable ? .infinity : job.auto.budget.seconds,
      trials: job.auto.trials ?? (isRepeatable ? Job.Auto.backfillTrials : nil),
      memory: MemoryBudget.bytes.map { $0 - MemoryBudget.resident })
    let bound =
      limits.seconds.isFinite
      ? "\(job.auto.budget)" : "\(limits.trials ?? Job.Auto.backfillTrials) trials"
    context.notice("choosing the method on the log, in \(bound) at most")
    let start = context.clock()
    var count = 0
    let search = MethodSearch(
      inputs.latest.data, network: Method.Network(job), validation: inputs.latest.validation,
      windows: inputs.windows, limits: limits,
      k: job.evaluation.k, seed: context.seed, pool: context.pool, clock: context.clock
    ) { event in
      try context.interruption.check()
      switch event {
      case .began, .working:
        context.progress(
          .train, "choosing the method", done: count, of: nil, since: start, unit: "trials")
      case .ended: count += 1
      case .sampled(let oneIn):
        context.notice(
          "the log is large for auto.budget: the search learns one user in \(oneIn), and the two best "
            + "methods learn all")
      case .skipped: break
      }
    }
    search.horizon = inputs.horizon
    search.memory = journal
    self.init(choice: try search.run(), run: nil)
    journal.end(with: choice)
    context.notice(
      "chose \(choice.method.words) after \(choice.trials.count) trials, validation "
        + "NDCG@\(choice.k) \(choice.ndcgText)")
    if isPopularList {
      context.notice("nothing ranks better than popularity here: everybody gets the popular list")
    }
  }

  /// The run with the chosen method.
  func resolved(_ context: RunContext) -> RunContext {
    context.with(context.configured.training(choice.method))
  }

  /// What makes items popular in a popular list of late; nil for another one.
  func popularity(_ pulled: Dataset) -> [Double]? {
    guard case .baseline(let setup) = choice.method,
      let options = setup.options as? RecentPopOptions
    else { return nil }
    let log = pulled.log(pulled.table.history, weights: [])
    return RecentPop(log, options: options).scores(asOf: log.end).map { Double($0) }
  }

  /// Whether everybody gets the popular list, since nothing was better by more than chance.
  var isPopularList: Bool { choice.isPopularList }
}

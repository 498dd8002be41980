/// Where finished trials are kept.
package protocol TrialStore: AnyObject {
  /// The results that are kept already.
  ///
  /// - Parameter keys: of trials.
  /// - Returns: for each key the text of its result, nil where there is none.
  /// - Throws: why they can't be read.
  func results(of keys: [String]) throws -> [String?]

  /// Keeps a finished trial.
  func keep(_ trial: Trial, key: String, result: TrialResult) throws
}

/// What an experiment tells while it goes on.
package enum BookEvent: Sendable {
  /// So many trials are asked for, so many of them are kept already.
  case planned(trials: Int, kept: Int)
  /// A trial is at work.
  case working(number: Int, of: Int, what: String, secondsLeft: Double?)
  /// A trial is finished and kept.
  case finished(number: Int, of: Int, label: String, seconds: Double, ndcg: Double)
}

/// Gives the results of trials: kept ones as they are, others by running them.
package final class TrialBook {
  private let runner: TrialRunner
  private let store: any TrialStore
  private let clock: @Sendable () -> Double
  private let report: (BookEvent) throws -> Void
  private var pace = Pace()

  /// A book.
  ///
  /// - Parameters:
  ///   - store: where finished trials are.
  ///   - clock: seconds that never go back.
  ///   - report: hears how it comes along; what it throws stops the trial at hand.
  ///   - runner: runs the missing ones; its `report` is the book's.
  package init(
    store: any TrialStore, clock: @escaping @Sendable () -> Double,
    report: @escaping (BookEvent) throws -> Void,
    runner: TrialRunner
  ) {
    (self.store, self.clock, self.report, self.runner) = (store, clock, report, runner)
  }

  /// The log's users and items.
  package var data: ExperimentData { runner.data }

  /// Gives the results of trials in their order, and runs those that are missing.
  ///
  /// - Throws: `TrainingError`; what the store and `report` throw. Finished trials are kept then.
  package func results(of trials: [Trial]) throws -> [TrialResult] {
    let keys = try trials.map { try $0.key() }
    var known = try zip(trials, store.results(of: keys)).map { trial, text -> TrialResult? in
      guard let text else { return nil }
      let result = try TrialResult(text: text)
      pace.add(cost: trial.cost, seconds: result.seconds)
      return result
    }
    let missing = trials.indices.filter { known[$0] == nil }
    try report(.planned(trials: trials.count, kept: trials.count - missing.count))
    for (place, index) in missing.enumerated() {
      // The same trial may be asked for twice.
      if let twin = keys[..<index].lastIndex(of: keys[index]), let result = known[twin] {
        known[index] = result
        continue
      }
      let rest = missing[(place + 1)...].map { trials[$0].cost }.reduce(0, +)
      known[index] = try run(
        trials[index], key: keys[index], number: trials.count - missing.count + place + 1,
        of: trials.count, rest: rest)
    }
    return known.compactMap { $0 }
  }

  private func run(
    _ trial: Trial, key: String, number: Int, of total: Int, rest: Double
  ) throws -> TrialResult {
    let began = clock()
    runner.report = { [report, pace] event in
      guard case .working(let what, let done, let seconds) = event else { return }
      let course = Pace.Course(cost: trial.cost, done: done, seconds: seconds)
      let left = pace.secondsLeft(course, rest: rest)
      try report(.working(number: number, of: total, what: what, secondsLeft: left))
    }
    defer { runner.report = { _ in } }
    let result = try runner.run(trial)
    // Not the result's seconds: what was known before is known to the trials that come after, too.
    pace.add(cost: trial.cost, seconds: clock() - began)
    try store.keep(trial, key: key, result: result)
    try report(
      .finished(
        number: number, of: total, label: trial.label, seconds: result.seconds,
        ndcg: result.validation.ndcg))
    return result
  }
}

import NCF
package import Recommenders

/// What a search tells while it goes on.
package enum TuneEvent: Sendable {
  /// A trial is at work.
  case working(number: Int, what: String)
  /// A trial is over: finished, or abandoned as worse than half of the others at that point.
  case finished(number: Int, label: String, ndcg: Double, isAbandoned: Bool, isBest: Bool)
}

/// What a search found.
package struct Finding: Sendable {
  /// The best settings.
  package let best: Method.Network
  /// Its epochs as chosen on validation.
  package let epochs: [String: Int]
  /// Its NDCG on validation.
  package let ndcg: Double
  /// NDCG on validation of the job's own settings; nil when they were not finished.
  package let baseNDCG: Double?
  /// Trials that came to their end.
  package let finished: Int
  /// Trials that were abandoned.
  package let abandoned: Int
}

/// Searches a space at random, on validation only, until the time is over.
///
/// A trial is abandoned after an epoch of the whole model whose best NDCG so far is below the median of
/// what the other trials with the same kind of pre-training had at the same phase and epoch (Golovin et
/// al., "Google Vizier", 2017, section 3.2). How good a part is by itself says little: beside a good
/// factorisation a tower that learns slowly may end higher.
package final class Tuner {
  private let space: SearchSpace
  private let store: any TrialStore
  private let clock: @Sendable () -> Double
  private let deadline: Double
  private let report: (TuneEvent) throws -> Void
  private let runner: TrialRunner

  /// How many others a median needs.
  private static let fewest = 4

  /// Ends a trial before its time.
  private enum Stop: Error { case poor, late }

  /// A search.
  ///
  /// - Parameters:
  ///   - space: what is drawn.
  ///   - store: where finished trials are.
  ///   - clock: seconds that never go back.
  ///   - deadline: when the time is over, by that clock.
  ///   - report: hears how it comes along; what it throws stops the search.
  ///   - runner: runs the trials; its `report` is the search's.
  package init(
    _ space: SearchSpace, store: any TrialStore, clock: @escaping @Sendable () -> Double,
    deadline: Double, report: @escaping (TuneEvent) throws -> Void,
    runner: TrialRunner
  ) {
    (self.space, self.store, self.clock) = (space, store, clock)
    (self.deadline, self.report, self.runner) = (deadline, report, runner)
  }

  /// Searches.
  ///
  /// A trial whose loss is not finite counts as abandoned.
  ///
  /// - Parameter trials: how many at most; nil for as many as the time allows.
  /// - Returns: nil when not even one trial came to its end in time.
  /// - Throws: what the store and `report` throw.
  package func search(trials: Int? = nil) throws -> Finding? {
    var results: [TrialResult] = []
    var best: Int?
    for number in 0..<(trials ?? 100_000) {
      let settings = space.settings(number)
      let method = Method.network(settings)
      let trial = Trial(method, seed: space.seed, purpose: .validation)
      let key = try trial.key(search: true)
      if let text = try store.results(of: [key])[0] {
        results.append(try TrialResult(text: text))
      } else if clock() >= deadline {
        break
      } else if let result = try run(
        trial, number: number,
        others: results.indices.filter {
          space.settings($0).options.pretrain == settings.options.pretrain
        }.map { results[$0] })
      {
        try store.keep(trial, key: key, result: result)
        results.append(result)
      } else {
        break
      }
      let last = results[number]
      let isBest =
        !last.isAbandoned
        && (best.map { results[$0].validation.ndcg < last.validation.ndcg } ?? true)
      if isBest { best = number }
      try report(
        .finished(
          number: number, label: method.label, ndcg: last.validation.ndcg,
          isAbandoned: last.isAbandoned, isBest: isBest))
    }
    guard let best else { return nil }
    return Finding(
      best: space.settings(best), epochs: results[best].epochs,
      ndcg: results[best].validation.ndcg,
      baseNDCG: results.first.flatMap { $0.isAbandoned ? nil : $0.validation.ndcg },
      finished: results.count { !$0.isAbandoned }, abandoned: results.count { $0.isAbandoned })
  }

  /// Runs a trial; nil when the time was over before it ended.
  private func run(
    _ trial: Trial, number: Int, others: [TrialResult]
  ) throws -> TrialResult? {
    var curve: [EpochRecord] = []
    let began = clock()
    runner.report = { [clock, deadline, report] event in
      if clock() >= deadline { throw Stop.late }
      switch event {
      case .working(let what, _, _): try report(.working(number: number, what: what))
      case .epoch(let epoch):
        curve.append(epoch)
        if Self.isPoor(curve, others) { throw Stop.poor }
      }
    }
    defer { runner.report = { _ in } }
    do {
      return try runner.run(trial)
    } catch Stop.poor {
      return Self.abandoned(curve, seconds: clock() - began)
    } catch is TrainingError {
      // A rate that is too high is a poor setting, not a reason to stop the search.
      return Self.abandoned([], seconds: clock() - began)
    } catch Stop.late {
      return nil
    }
  }

  /// The result of a trial that was given up, as good as it had been.
  private static func abandoned(_ curve: [EpochRecord], seconds: Double) -> TrialResult {
    var result = TrialResult()
    (result.isAbandoned, result.seconds, result.curve) = (true, seconds, curve)
    if let best = curve.max(by: { $0.ndcg < $1.ndcg }) {
      result.validation = TrialResult.Figures(hr: best.hr, ndcg: best.ndcg)
    }
    return result
  }

  /// Whether a trial so far is below the median of the others at the same point of the joint model.
  static func isPoor(_ curve: [EpochRecord], _ others: [TrialResult]) -> Bool {
    guard let last = curve.last, last.phase == Phase.neumf.rawValue else { return false }
    func best(_ epochs: [EpochRecord]) -> Double? {
      let same = epochs.filter { $0.phase == last.phase && $0.epoch <= last.epoch }
      return same.contains { $0.epoch == last.epoch } ? same.map(\.ndcg).max() : nil
    }
    let theirs = others.compactMap { best($0.curve) }.sorted()
    guard theirs.count >= fewest, let own = best(curve) else { return false }
    return own < theirs[(theirs.count - 1) / 2]
  }
}

import Formatting
import Ranking
import Recommenders

/// One row of a table: the same trial over several seeds.
struct Measured {
  /// Whether the held-out item stands among candidates or in the whole catalogue.
  enum Setting: String, CaseIterable { case sampled, full }

  /// One result a seed, all with the test looked at.
  let results: [TrialResult]

  /// The mean over seeds of each user's metric, in the users' order.
  func values(_ metric: HoldoutMetric, _ proto: Setting, k: Int) -> [Double] {
    let lists = results.compactMap { result in
      (proto == .sampled ? result.sampled : result.full)?.values(metric, k: k)
    }
    guard let first = lists.first else { return [] }
    return first.indices.map { user in
      lists.reduce(0) { $0 + $1[user] } / Double(lists.count)
    }
  }

  /// The mean over seeds and users, with the interval over users.
  func estimate(_ metric: HoldoutMetric, _ proto: Setting, k: Int) -> Estimate? {
    Estimate(meanOf: values(metric, proto, k: k), within: 0...1)
  }

  /// The mean as a cell, with half the width of its 95 % interval.
  func cell(_ metric: HoldoutMetric, _ proto: Setting, k: Int, decimals: Int = 4) -> String {
    guard let estimate = estimate(metric, proto, k: k) else { return "-" }
    let mean = Figures.fixed(estimate.value, decimals)
    guard let low = estimate.low, let high = estimate.high else { return mean }
    return "\(mean) ± \(Figures.fixed((high - low) / 2, decimals))"
  }

  /// The mean alone.
  func mean(_ metric: HoldoutMetric, _ proto: Setting, k: Int) -> Double {
    estimate(metric, proto, k: k)?.value ?? .nan
  }

  /// The standard deviation of the seeds' means as a cell; a dash for a single seed.
  func spread(_ metric: HoldoutMetric, _ proto: Setting, k: Int) -> String {
    Self.spread(
      results.compactMap { (proto == .sampled ? $0.sampled : $0.full)?.mean(metric, k: k) })
  }

  /// The standard deviation of seeds' values as a cell; a dash for a single one.
  static func spread(_ values: [Double]) -> String {
    Figures.fixed(Moments(values)?.deviation ?? .nan, 4)
  }

  /// Mean seconds of training.
  var seconds: Double {
    results.isEmpty ? 0 : results.reduce(0) { $0 + $1.seconds } / Double(results.count)
  }

  /// The chosen epochs of each seed, joint phase or only one.
  var epochs: String {
    let numbers = results.compactMap { $0.epochs["neumf"] }
    return numbers.isEmpty ? "-" : numbers.map(String.init).joined(separator: ", ")
  }

  /// Mean validation NDCG.
  var validation: Double {
    results.reduce(0) { $0 + $1.validation.ndcg } / Double(max(results.count, 1))
  }
}

extension Laboratory {
  /// Runs each trial with every seed, seed by seed so that a seed's division is made once.
  func measure(_ trials: [Trial], seeds: [UInt64]? = nil) throws -> [Measured] {
    let seeds = seeds ?? settings.seeds
    let all = seeds.flatMap { seed in
      trials.map { trial in
        var own = trial
        own.seed = seed
        return own
      }
    }
    let results = try book.results(of: all)
    return trials.indices.map { row in
      Measured(results: seeds.indices.map { results[$0 * trials.count + row] })
    }
  }
}

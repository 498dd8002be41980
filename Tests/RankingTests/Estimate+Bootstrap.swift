import Interactions

@testable import Ranking

extension Estimate {
  /// Averages values, with the interval that means of resampled users fall into.
  ///
  /// Fails when there are no values.
  ///
  /// - Parameters:
  ///   - values: one a user; with fewer than 2 there is no interval.
  ///   - resamples: how many times as many users are drawn with replacement; 40 or more.
  ///   - seed: the run's seed.
  init?(bootstrapping values: [Double], resamples: Int = 1_000, seed: UInt64) {
    precondition(resamples >= 40, "\(resamples) resamples can't show a fortieth")
    guard let moments = Moments(values) else { return nil }
    guard values.count > 1 else {
      self.init(value: moments.mean, count: values.count)
      return
    }
    var means: [Double] = []
    means.reserveCapacity(resamples)
    for resample in 0..<resamples {
      var random = CounterRandom(seed: seed, stream: UInt64(resample))
      var sum = 0.0
      for _ in values { sum += values[random.uniform(below: values.count)] }
      means.append(sum / Double(values.count))
    }
    self.init(value: moments.mean, resampledMeans: means, count: values.count)
  }
}

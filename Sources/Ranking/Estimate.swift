/// A mean over users and the interval that holds the true one with a probability of 95 %.
package struct Estimate: Sendable, Equatable {
  /// The mean.
  package let value: Double
  /// The interval's lower end; `nil` when there are too few values for an interval.
  package let low: Double?
  /// The interval's upper end; `nil` when there are too few values for an interval.
  package let high: Double?
  /// How many values were averaged.
  package let count: Int

  /// Takes an estimate that is known.
  ///
  /// - Parameters:
  ///   - value: the mean, or a figure that is not one.
  ///   - low: the interval's lower end, if there is an interval.
  ///   - high: the interval's upper end, if there is an interval.
  ///   - count: how many values there were.
  package init(value: Double, low: Double? = nil, high: Double? = nil, count: Int) {
    (self.value, self.low, self.high, self.count) = (value, low, high, count)
  }

  /// Averages values, with the interval of the normal distribution: 1.96 standard errors each way.
  ///
  /// Fails when there are no values.
  ///
  /// - Parameters:
  ///   - values: one a user; with fewer than 2 there is no interval.
  ///   - range: where the true mean can lie; the interval is cut to it.
  package init?(meanOf values: [Double], within range: ClosedRange<Double>? = nil) {
    guard let moments = Moments(values) else { return nil }
    value = moments.mean
    count = values.count
    let reach = moments.deviation.map { 1.959963984540054 * $0 / Double(values.count).squareRoot() }
    low = reach.map { max(moments.mean - $0, range?.lowerBound ?? -.infinity) }
    high = reach.map { min(moments.mean + $0, range?.upperBound ?? .infinity) }
  }

  /// Takes the interval that 95 % of resampled means fall into; there are 40 or more.
  init(value: Double, resampledMeans means: [Double], count: Int) {
    let sorted = means.sorted()
    self.init(
      value: value, low: sorted[means.count / 40], high: sorted[means.count - 1 - means.count / 40],
      count: count)
  }
}

/// Mean and standard deviation of some values, summed in their order.
package struct Moments {
  /// The sum over the number of values.
  package let mean: Double
  /// With the divisor n - 1; `nil` for a single value.
  package let deviation: Double?

  /// Fails when there are no values.
  package init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      deviation = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = (squares / Double(values.count - 1)).squareRoot()
  }
}

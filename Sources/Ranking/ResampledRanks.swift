import Interactions
package import Parallelism

/// Intervals of every metric by bootstrap: what the means are when other users had been tested.
///
/// As many users as were tested are drawn from them with replacement, many times over. A metric
/// depends on nothing but the rank, so one drawing is kept as how many users have each rank below k,
/// and serves all metrics at all cut-offs.
package struct ResampledRanks: Sendable {
  private let ranks: HoldoutRanks
  private let tested: Int
  private let longest: Int
  private let resamples: Int
  /// How many users have each rank below `longest`, one row a drawing.
  private let counts: [Int32]

  /// Draws users.
  ///
  /// - Parameters:
  ///   - ranks: of the tested users.
  ///   - k: the longest list that will be asked for, 1 or more.
  ///   - resamples: how often to draw; 40 or more.
  ///   - seed: the run's. With the same seed the same users are drawn, whatever their ranks.
  ///   - pool: who works; the result is the same with any number of threads.
  package init(
    _ ranks: HoldoutRanks, k: Int, resamples: Int = 1_000, seed: UInt64, pool: WorkerPool
  ) {
    precondition(k > 0 && k <= Int(Int32.max), "a list of \(k) items")
    precondition(resamples >= 40, "\(resamples) resamples can't show a fortieth")
    (self.ranks, self.resamples) = (ranks, resamples)
    longest = k
    // Ranks from k on are worth the same: nothing.
    let kept = ranks.ranks.compactMap { $0 < 0 ? nil : Int(min($0, Int32(k))) }
    tested = kept.count
    let rows = pool.map(
      kept.count < 2 ? 0 : resamples, makeScratch: { [Int32](repeating: 0, count: k + 1) }
    ) { resample, row in
      for rank in row.indices { row[rank] = 0 }
      var random = CounterRandom(seed: seed, stream: UInt64(resample))
      for _ in kept { row[kept[random.uniform(below: kept.count)]] += 1 }
      return Array(row[..<k])
    }
    counts = Array(rows.joined())
  }

  /// Averages a metric over the tested users, with the interval of the drawings.
  ///
  /// - Parameters:
  ///   - metric: which one.
  ///   - k: how long the lists are, from 1 to the longest.
  /// - Returns: the same mean as `HoldoutRanks.estimate`, or `nil` when nobody was tested; with one
  ///   user there is no interval.
  package func estimate(_ metric: HoldoutMetric, k: Int) -> Estimate? {
    precondition(k <= longest, "a list of \(k) items; drawn for \(longest)")
    guard let normal = ranks.estimate(metric, k: k) else { return nil }
    guard tested > 1 else { return normal }
    let worth = (0..<k).map { metric.value(rank: $0, k: k) / Double(tested) }
    let means = (0..<resamples).map { resample in
      worth.indices.reduce(0) { $0 + worth[$1] * Double(counts[resample * longest + $1]) }
    }
    return Estimate(value: normal.value, resampledMeans: means, count: tested)
  }
}

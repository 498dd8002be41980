package import Jobs
import Pipeline
package import Postgres
package import Ranking
import RunSupport

/// Two configurations of a backtest, compared on the users that both were judged by.
///
/// A user's figure is the mean over the nights on which both were judged by the user, so that a user counts
/// once, however many nights there are.
package struct BacktestComparison: Sendable, Equatable {
  /// Users that both were judged by.
  package let users: Int
  /// Pairs of user and night.
  package let judgements: Int
  /// NDCG of the first configuration less that of the second, the mean over the users, with its interval.
  package let ndcg: Estimate
  /// How probable so large a difference of NDCG, either way, is between equal ones.
  package let ndcgP: Double
  /// The same of the share of first new items that were in the list.
  package let hr: Estimate
  /// How probable so large a difference is between equal ones.
  package let hrP: Double

  /// Compares two configurations by the places of first new items; nil with fewer than two users.
  ///
  /// - Parameters:
  ///   - pairs: for each user the places on each night, from 1, nil where the item was not in the list.
  ///   - k: the length of the lists that is judged.
  init?(_ pairs: [[(first: Int?, second: Int?)]], k: Int) {
    func mean(
      _ user: [(first: Int?, second: Int?)], _ place: (((first: Int?, second: Int?)) -> Int?),
      _ metric: HoldoutMetric
    ) -> Double {
      user.reduce(0) { sum, night in
        sum + (place(night).map { metric.value(rank: $0 - 1, k: k) } ?? 0)
      } / Double(user.count)
    }
    func compared(_ metric: HoldoutMetric) -> (Estimate, Double)? {
      let first = pairs.map { mean($0, \.first, metric) }
      let second = pairs.map { mean($0, \.second, metric) }
      guard let test = PairedTest(first, second),
        let estimate = Estimate(meanOf: zip(first, second).map { $0 - $1 })
      else { return nil }
      return (estimate, test.twoSided)
    }
    guard let ndcg = compared(.ndcg), let hr = compared(.hr) else { return nil }
    (users, judgements) = (pairs.count, pairs.reduce(0) { $0 + $1.count })
    (self.ndcg, ndcgP, self.hr, hrP) = (ndcg.0, ndcg.1, hr.0, hr.1)
  }

  /// Reads what two backtests have in common, and compares them.
  ///
  /// - Parameters:
  ///   - first: number of a backtest.
  ///   - second: number of another one.
  ///   - plan: the nights.
  ///   - k: the length of the lists that is judged.
  ///   - parameters: where the server is.
  /// - Returns: nil with fewer than two users in common.
  /// - Throws: `BatchError`.
  package static func read(
    _ first: Int64, _ second: Int64, _ plan: BacktestPlan, k: Int,
    _ parameters: ConnectionParameters
  ) throws(BatchError) -> BacktestComparison? {
    try BatchError.mapping("compare configurations") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/backtest/compare")
      var (last, users): (Int64?, [[(first: Int?, second: Int?)]]) = (nil, [])
      _ = try connection.copyOut(
        SQL.Backtests.pairs(first, second, from: plan.first, until: plan.end)
      ) { row in
        let user = try row.nextInt64()
        let places = (
          first: try row.nextInt32().map { Int($0) }, second: try row.nextInt32().map { Int($0) }
        )
        if user != last { users.append([]) }
        last = user
        users[users.count - 1].append(places)
      }
      return BacktestComparison(users, k: k)
    }
  }
}

/// Means over the nights of a backtest, each with the interval that holds the true one with 95 %.
package struct BacktestMeans: Sendable {
  /// Nights with a judged user; others don't count.
  package let nights: Int
  /// Judged users of all nights together.
  package let users: Int
  /// Share of users whose first new item was in the list.
  package let hr: Estimate
  /// NDCG of the first new item.
  package let ndcg: Estimate
  /// Share of a user's new items that were in the list.
  package let recall: Estimate
  /// New items in the list, per user.
  package let hits: Estimate
  /// Share of the items that may be listed which were in a list.
  package let coverage: Estimate?
  /// NDCG of each simple method, by name, over the nights that have it.
  package let rivals: [(name: String, ndcg: Double)]

  /// Averages nights; nil where none has a judged user.
  package init?(_ nights: [BacktestNight]) {
    let judged = nights.filter { $0.means != nil }
    func mean(_ value: (BacktestNight) -> Double?) -> Estimate? {
      Estimate(meanOf: judged.compactMap(value))
    }
    guard let hr = mean({ $0.means?.hr }), let ndcg = mean({ $0.means?.ndcg }),
      let recall = mean({ $0.means?.recall }), let hits = mean({ $0.means?.hits })
    else { return nil }
    (self.nights, users) = (judged.count, judged.reduce(0) { $0 + $1.users })
    (self.hr, self.ndcg, self.recall, self.hits) = (hr, ndcg, recall, hits)
    coverage = mean { $0.coverage }
    let names = Set(judged.flatMap { $0.rivals.map(\.rival) }).sorted()
    rivals = names.compactMap { name in
      mean { night in night.rivals.first { $0.rival == name }?.means.ndcg }.map { (name, $0.value) }
    }
  }
}

private import Elementary

/// Compares the means of two groups of users whose sums grow, however often it is looked at.
///
/// Each user's total is one observation, so that what a user does on several days is not counted as that of
/// several users. Let D be the difference of the two groups' means, w = n m / (n + m) for groups of n and m
/// users, S = w D, and V = w^2 (v_n / n + v_m / m) its estimated variance. As users and nights come in, S is
/// close to a Brownian motion in V under the hypothesis of no difference, and the mixture of its likelihood
/// ratios over a normal distribution of drifts with variance 1 / rho,
///
///     E = sqrt(rho / (V + rho)) exp(S^2 / (2 (V + rho))),
///
/// is a nonnegative martingale that begins at 1: by Ville's inequality it ever reaches 1 / alpha with a
/// probability of at most alpha. So min(1, 1 / E) is a p-value at every look, and
/// |D| <= sqrt((V + rho) log((V + rho) / (rho alpha^2))) / w an interval that holds at all looks at once.
/// Robbins, "Statistical methods related to the law of the iterated logarithm", 1970; Johari, Pekelis and
/// Walsh, "Always valid inference", 2015, and Johari, Koomen, Pekelis and Walsh, "Peeking at A/B tests",
/// 2017; Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence
/// sequences", 2021, equation 14. The normal approximation needs some tens of hits.
///
/// Where a user's nights go together, S at two looks is correlated more than a Brownian motion at their
/// variances, which makes a crossing less probable (Slepian, "The one-sided barrier problem for Gaussian
/// noise", 1962): the comparison is then conservative.
package struct AnytimeComparison: Sendable, Equatable {
  /// The sums of a group.
  package struct Group: Sendable, Equatable {
    /// Users.
    package var users: Int
    /// The sum of their totals.
    package var sum: Double
    /// The sum of the squares of their totals.
    package var squares: Double

    /// Creates a value from its parts.
    ///
    /// - Parameters:
    ///   - users: number of users, those with a total of 0 included.
    ///   - sum: the sum of their totals.
    ///   - squares: the sum of the squares of their totals.
    package init(users: Int, sum: Double, squares: Double) {
      (self.users, self.sum, self.squares) = (users, sum, squares)
    }

    /// Adds users.
    package static func + (left: Group, right: Group) -> Group {
      Group(
        users: left.users + right.users, sum: left.sum + right.sum,
        squares: left.squares + right.squares)
    }

    /// The mean total of a user; 0 without users.
    package var mean: Double { users > 0 ? sum / Double(users) : 0 }

    /// The variance of a user's total.
    fileprivate var variance: Double {
      guard users > 1 else { return 0 }
      return max(0, squares - sum * mean) / Double(users - 1)
    }
  }

  /// rho: at a variance of about 12 rho the interval is tightest, with groups of a size at 1,200 hits.
  static let spread = 25.0
  /// The least sum of a group of which something is said.
  static let fewest = 10.0

  /// The mean of the first group less that of the second.
  package let difference: Double
  /// The p-value of no difference, two-sided; valid at every look at once.
  package let pValue: Double
  /// S, w and V.
  private let (score, weight, variance): (Double, Double, Double)

  /// Compares two groups.
  ///
  /// - Parameters:
  ///   - first: a group.
  ///   - second: the group that it is compared with.
  package init(_ first: Group, _ second: Group) {
    difference = first.mean - second.mean
    let (n, m) = (Double(first.users), Double(second.users))
    let weight = n + m > 0 ? n * m / (n + m) : 0
    let variance =
      n > 1 && m > 1 ? weight * weight * (first.variance / n + second.variance / m) : 0
    (score, self.weight, self.variance) = (weight * difference, weight, variance)
    guard min(first.sum, second.sum) >= Self.fewest, variance > 0 else {
      pValue = 1
      return
    }
    let all = variance + Self.spread
    pValue = min(1, (all / Self.spread).squareRoot() * Elementary.exp(-score * score / (2 * all)))
  }

  /// An interval of the difference that holds at all looks at once.
  ///
  /// - Parameter alpha: the probability that it ever misses, above 0 and below 1.
  /// - Returns: the interval; nil where nothing is known.
  package func interval(alpha: Double) -> ClosedRange<Double>? {
    guard weight > 0, variance > 0 else { return nil }
    let all = variance + Self.spread
    let reach = (all * Elementary.log(all / (Self.spread * alpha * alpha))).squareRoot() / weight
    return (difference - reach)...(difference + reach)
  }
}

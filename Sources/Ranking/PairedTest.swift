private import Elementary

/// Student's t-test of whether two models differ on the same users.
package struct PairedTest: Sendable, Equatable {
  /// The mean of the differences, first model less second.
  package let meanDifference: Double
  /// The mean difference in standard errors; infinite when all differences are the same, not 0.
  package let t: Double
  /// The number of users less 1.
  package let degreesOfFreedom: Int
  /// How probable so large a difference, either way, is between equal models.
  package let twoSided: Double
  /// How probable so large a difference in favour of the first model is between equal models.
  package let firstIsBetter: Double
  /// How probable so large a difference in favour of the second model is between equal models.
  package let secondIsBetter: Double

  /// Compares two models; fails with fewer than two users.
  ///
  /// - Parameters:
  ///   - first: a metric of the first model, one value a user.
  ///   - second: the same of the second model, for the same users in the same order.
  package init?(_ first: [Double], _ second: [Double]) {
    precondition(first.count == second.count, "pairs of \(first.count) and \(second.count) values")
    let differences = zip(first, second).map { $0 - $1 }
    guard let moments = Moments(differences), let deviation = moments.deviation else { return nil }
    meanDifference = moments.mean
    degreesOfFreedom = differences.count - 1
    if moments.mean == 0 {
      t = 0
    } else {
      t = moments.mean / (deviation / Double(differences.count).squareRoot())
    }
    let tail = StudentT(degreesOfFreedom: Double(degreesOfFreedom)).upperTail(abs(t))
    twoSided = 2 * tail
    firstIsBetter = t >= 0 ? tail : 1 - tail
    secondIsBetter = t >= 0 ? 1 - tail : tail
  }
}

/// Student's t distribution.
struct StudentT {
  let degreesOfFreedom: Double

  /// Computes how probable a value of at least `t` is.
  ///
  /// - Parameter t: 0 or more, infinity too.
  /// - Returns: at most 1/2.
  func upperTail(_ t: Double) -> Double {
    guard t.isFinite else { return t.isNaN ? .nan : 0 }
    let share = degreesOfFreedom / (degreesOfFreedom + t * t)
    return 0.5 * Self.incompleteBeta(share, degreesOfFreedom / 2, 0.5)
  }

  /// Computes the regularised incomplete beta function I_x(a, b).
  ///
  /// The continued fraction converges quickly for x below (a + 1) / (a + b + 2); above, the
  /// function's symmetry I_x(a, b) = 1 - I_(1-x)(b, a) leads there.
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let logFactor =
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * Elementary.log(x) + b * Elementary.log1p(-x)
    if x < (a + 1) / (a + b + 2) {
      return Elementary.exp(logFactor) * betaFraction(x, a, b) / a
    }
    return 1 - Elementary.exp(logFactor) * betaFraction(1 - x, b, a) / b
  }

  /// Evaluates the incomplete beta function's continued fraction from the front, after Lentz.
  private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let smallest = 1e-300
    func held(_ value: Double) -> Double { abs(value) < smallest ? smallest : value }
    var numerator = 1.0
    var denominator = 1 / held(1 - (a + b) * x / (a + 1))
    var result = denominator
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      denominator = 1 / held(1 + even * denominator)
      numerator = held(1 + even / numerator)
      result *= denominator * numerator
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      denominator = 1 / held(1 + odd * denominator)
      numerator = held(1 + odd / numerator)
      let factor = denominator * numerator
      result *= factor
      if abs(factor - 1) < 1e-15 { break }
    }
    return result
  }

  /// Computes the logarithm of the gamma function of a positive number.
  ///
  /// Stirling's series, from 15 on; below, the argument is moved up by the recurrence.
  static func logGamma(_ value: Double) -> Double {
    var argument = value
    var product = 1.0
    while argument < 15 {
      product *= argument
      argument += 1
    }
    let inverse = 1 / argument
    let square = inverse * inverse
    let series =
      inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)))
    return (argument - 0.5) * Elementary.log(argument) - argument + 0.5
      * Elementary.log(2 * Double.pi) + series
      - Elementary.log(product)
  }
}

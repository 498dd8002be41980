import Glibc

/// Turns a model's scores into probabilities that can be compared across users.
///
/// `p = 1 / (1 + exp(-(slope score + offset)))`, Platt, "Probabilistic Outputs for Support Vector
/// Machines", 1999. It rises with the score, so it changes no ranking.
package struct Calibration: Sendable, Equatable {
  /// How many times the score counts; above 0.
  package let slope: Double
  /// What is added.
  package let offset: Double

  /// A score of a held-out item, or of one that was drawn beside it.
  package struct Sample: Sendable, Equatable {
    /// The model's score.
    package let score: Double
    /// Whether the user took the item up.
    package let isTaken: Bool
    /// How many items it stands for.
    package let weight: Double
  }

  /// A curve that is known already.
  ///
  /// - Parameters:
  ///   - slope: above 0.
  ///   - offset: any number.
  package init(slope: Double, offset: Double) {
    (self.slope, self.offset) = (slope, offset)
  }

  /// Fits the curve to samples by Newton's method.
  ///
  /// A little is added to both curvatures, so that scores that tell all that was taken from all that
  /// was not have a finite answer; and a slope at or below 0, of a model that ranks no better than
  /// chance, becomes so small that scores say next to nothing, without turning the order round.
  ///
  /// - Parameter samples: of finite scores; fails unless some are taken and some are not.
  package init?(_ samples: [Sample]) {
    let weight = samples.reduce(0) { $0 + $1.weight }
    let taken = samples.reduce(0) { $0 + ($1.isTaken ? $1.weight : 0) }
    guard taken > 0, taken < weight, samples.allSatisfy({ $0.score.isFinite }) else { return nil }
    let mean = samples.reduce(0) { $0 + $1.weight * $1.score } / weight
    let variance =
      samples.reduce(0) {
        $0 + $1.weight * ($1.score - mean) * ($1.score - mean)
      } / weight
    let spread = variance > 0 ? variance.squareRoot() : 1
    let ridge = 1e-9 * taken
    // The share of what is taken is where a model without any knowledge would start.
    var (slope, level) = (0.0, log(taken / (weight - taken)))
    for _ in 0..<100 {
      var (g0, g1) = (0.0, -ridge * slope)
      var (h00, h01, h11) = (ridge, 0.0, ridge)
      for sample in samples {
        let x = (sample.score - mean) / spread
        let p = 1 / (1 + exp(-(slope * x + level)))
        let error = sample.weight * ((sample.isTaken ? 1 : 0) - p)
        let curvature = sample.weight * p * (1 - p)
        g0 += error
        g1 += error * x
        h00 += curvature
        h01 += curvature * x
        h11 += curvature * x * x
      }
      let determinant = h00 * h11 - h01 * h01
      guard determinant > 0 else { break }
      var step = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
      // Far from the answer Newton's step may be far too long.
      let longest = max(abs(step.0), abs(step.1))
      if longest > 1 { step = (step.0 / longest, step.1 / longest) }
      level += step.0
      slope += step.1
      if longest < 1e-10 { break }
    }
    if slope < 1e-3 {
      slope = 1e-3
      level = log(taken / (weight - taken))
    }
    self.init(slope: slope / spread, offset: level - slope * mean / spread)
  }

  /// The probability that a score stands for.
  ///
  /// - Parameter score: of the model that it was fitted to.
  /// - Returns: above 0 and below 1 unless the score is beyond all measure.
  package func probability(of score: Float) -> Float {
    Float(1 / (1 + exp(-(slope * Double(score) + offset))))
  }
}

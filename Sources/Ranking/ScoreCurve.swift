private import Elementary

/// A rising curve from a number to a probability, `p = 1 / (1 + exp(-(slope x + offset)))`.
///
/// Platt, "Probabilistic Outputs for Support Vector Machines", 1999. It changes no order.
package struct ScoreCurve: Sendable, Equatable {
  /// How many times the number counts; above 0.
  package let slope: Double
  /// What is added.
  package let offset: Double

  /// Something that was taken up or not.
  package struct Sample: Sendable, Equatable {
    /// The number.
    package let x: Double
    /// Whether the user took the item up.
    package let isTaken: Bool
    /// How many of its like it stands for.
    package let weight: Double

    /// A sample.
    ///
    /// - Parameters:
    ///   - x: a finite number.
    ///   - isTaken: whether the user took the item up.
    ///   - weight: how many of its like it stands for.
    package init(x: Double, isTaken: Bool, weight: Double = 1) {
      (self.x, self.isTaken, self.weight) = (x, isTaken, weight)
    }
  }

  /// A curve that is known before the samples are.
  package struct Prior: Sendable {
    /// The curve.
    package let curve: ScoreCurve
    /// How many times it counts as much as the samples: its users divided by theirs.
    package let strength: Double

    /// A prior.
    ///
    /// - Parameters:
    ///   - curve: the curve.
    ///   - strength: its users divided by those of the samples; above 0.
    package init(_ curve: ScoreCurve, strength: Double) {
      (self.curve, self.strength) = (curve, strength)
    }
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
  /// The prior is a Gaussian around its own curve, as narrow as the samples' information at that
  /// curve says that its users would make it. A little is added to both curvatures, so that samples
  /// that are all told apart have a finite answer. A slope at or below 0, of numbers that say
  /// nothing, becomes so small that they count for next to nothing, without turning the order
  /// round.
  ///
  /// - Parameters:
  ///   - samples: with finite numbers; without a prior some must be taken and some not.
  ///   - prior: a curve that is known before; nil for none.
  package init?(_ samples: [Sample], prior: Prior? = nil) {
    guard let frame = Frame(samples) else {
      guard let prior, samples.isEmpty else { return nil }
      self = prior.curve
      return
    }
    guard prior != nil || frame.taken > 0 && frame.taken < frame.weight else { return nil }
    let ridge = 1e-9 * max(frame.taken, 1)
    let share = (frame.taken + 1e-6) / (frame.weight + 2e-6)
    let start =
      prior.map { frame.inside($0.curve) } ?? (slope: 0, level: Elementary.log(share / (1 - share)))
    let known = prior.map { frame.information(samples, at: start) * $0.strength }
    var (slope, level) = start
    for _ in 0..<100 {
      var state = frame.gradient(samples, at: (slope, level))
      state.information.add(ridge)
      state.slope -= ridge * slope
      if let known {
        let (away, up) = (slope - start.slope, level - start.level)
        state.level -= known.level * up + known.both * away
        state.slope -= known.both * up + known.slope * away
        state.information += known
      }
      guard var step = state.information.solve(level: state.level, slope: state.slope) else {
        break
      }
      // Far from the answer Newton's step may be far too long.
      let longest = max(abs(step.level), abs(step.slope))
      if longest > 1 { step = (step.level / longest, step.slope / longest) }
      level += step.level
      slope += step.slope
      if longest < 1e-10 { break }
    }
    if slope < 1e-3 { (slope, level) = (1e-3, Elementary.log(share / (1 - share))) }
    self.init(
      slope: slope / frame.spread, offset: level - slope * frame.mean / frame.spread)
  }

  /// The probability of a number.
  ///
  /// - Parameter x: any number.
  /// - Returns: above 0 and below 1 unless the number is beyond all measure.
  package func probability(_ x: Double) -> Double { Elementary.sigmoid(slope * x + offset) }

  /// The logarithm of the samples' likelihood.
  func logLikelihood(_ samples: [Sample]) -> Double {
    samples.reduce(0) { sum, sample in
      let logit = slope * sample.x + offset
      let miss = max(logit, 0) + Elementary.log1p(Elementary.exp(-abs(logit)))
      return sum + sample.weight * ((sample.isTaken ? logit : 0) - miss)
    }
  }
}

/// Numbers of samples moved and stretched so that their mean is 0 and their spread 1.
private struct Frame {
  private(set) var weight = 0.0
  private(set) var taken = 0.0
  private(set) var mean = 0.0
  private(set) var spread = 1.0

  /// Nil for no samples, or for one that is not finite.
  init?(_ samples: [ScoreCurve.Sample]) {
    guard !samples.isEmpty, samples.allSatisfy({ $0.x.isFinite }) else { return nil }
    for sample in samples {
      weight += sample.weight
      if sample.isTaken { taken += sample.weight }
      mean += sample.weight * sample.x
    }
    mean /= weight
    let variance =
      samples.reduce(0) { $0 + $1.weight * ($1.x - mean) * ($1.x - mean) } / weight
    if variance > 0 { spread = variance.squareRoot() }
  }

  /// A curve of the samples' own numbers as one of the moved ones.
  func inside(_ curve: ScoreCurve) -> (slope: Double, level: Double) {
    (curve.slope * spread, curve.offset + curve.slope * mean)
  }

  /// A symmetric matrix of two rows.
  struct Information {
    var (level, both, slope) = (0.0, 0.0, 0.0)

    mutating func add(_ ridge: Double) {
      level += ridge
      slope += ridge
    }

    func solve(level g0: Double, slope g1: Double) -> (level: Double, slope: Double)? {
      let determinant = level * slope - both * both
      guard determinant > 0 else { return nil }
      return ((slope * g0 - both * g1) / determinant, (level * g1 - both * g0) / determinant)
    }

    static func += (a: inout Self, b: Self) {
      (a.level, a.both, a.slope) = (a.level + b.level, a.both + b.both, a.slope + b.slope)
    }

    static func * (a: Self, b: Double) -> Self {
      Self(level: a.level * b, both: a.both * b, slope: a.slope * b)
    }
  }

  func information(
    _ samples: [ScoreCurve.Sample], at point: (slope: Double, level: Double)
  ) -> Information { gradient(samples, at: point).information }

  /// How the log likelihood rises and bends at a curve.
  func gradient(
    _ samples: [ScoreCurve.Sample], at point: (slope: Double, level: Double)
  ) -> (level: Double, slope: Double, information: Information) {
    var (g0, g1) = (0.0, 0.0)
    var information = Information()
    for sample in samples {
      let x = (sample.x - mean) / spread
      let p = Elementary.sigmoid(point.slope * x + point.level)
      let error = sample.weight * ((sample.isTaken ? 1 : 0) - p)
      let curvature = sample.weight * p * (1 - p)
      g0 += error
      g1 += error * x
      information.level += curvature
      information.both += curvature * x
      information.slope += curvature * x * x
    }
    return (g0, g1, information)
  }
}

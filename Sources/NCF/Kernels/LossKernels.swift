import Elementary
import Lanes

/// The objectives: gradients of losses by scores, in place.
///
/// A group is a positive and then its negatives. Each function replaces scores by the gradient of
/// the weighted mean loss by them, with `scale` one over the number of terms in the mean, and gives
/// the sum of the losses, without `scale`. `scratch` has room for 32 numbers.
enum LossKernels {
  /// Runs an objective.
  static func run(
    _ objective: Objective, _ link: Link, _ scores: Buffer<Float>, weights: Buffer<Float>,
    groups: Int, size: Int, scale: Float, scratch: Buffer<Float>
  ) -> Double {
    precondition(scores.count >= groups * size && weights.count >= groups * size)
    switch (objective, link) {
    case (.log, .logistic):
      return OutputKernels.logLoss(
        scores, weights: weights, groups: groups, size: size, scale: scale, scratch: scratch)
    case (.log, _), (.squared, _):
      return pointwise(scores, weights, groups, size, scale) { score, label in
        PlainLoss.pointwise(objective, link, score: score, label: label)
      }
    case (.bpr, _), (.margin, _):
      return pairwise(scores, weights, groups, size, scale) { difference in
        PlainLoss.pairwise(objective, difference: difference)
      }
    }
  }

  @inline(__always)
  private static func pointwise(
    _ scores: Buffer<Float>, _ weights: Buffer<Float>, _ groups: Int, _ size: Int, _ scale: Float,
    _ term: (Double, Double) -> PlainLoss.Term
  ) -> Double {
    var total = 0.0
    for group in 0..<groups {
      for place in 0..<size {
        let sample = group * size + place
        let term = term(Double(scores[sample]), place == 0 ? 1 : 0)
        total += Double(weights[sample]) * term.loss
        scores[sample] = weights[sample] * scale * Float(term.slope)
      }
    }
    return total
  }

  /// Each pair weighs as its positive does, or nothing where there was no negative to draw.
  @inline(__always)
  private static func pairwise(
    _ scores: Buffer<Float>, _ weights: Buffer<Float>, _ groups: Int, _ size: Int, _ scale: Float,
    _ term: (Double) -> PlainLoss.Term
  ) -> Double {
    var total = 0.0
    for group in 0..<groups {
      let first = group * size
      let positive = scores[first]
      var sum: Float = 0
      for sample in first + 1..<first + size {
        let term = term(Double(positive - scores[sample]))
        let weight = weights[first] * weights[sample]
        total += Double(weight) * term.loss
        let slope = weight * scale * Float(term.slope)
        sum += slope
        scores[sample] = -slope
      }
      scores[first] = sum
    }
    return total
  }
}

/// The losses of one score or one difference of scores, as formulas.
enum PlainLoss {
  /// A loss and its derivative by the score.
  struct Term {
    let loss: Double
    let slope: Double
  }

  /// Log loss [7] or squared error [5] of the prediction that a score stands for.
  static func pointwise(
    _ objective: Objective, _ link: Link, score: Double, label: Double
  ) -> Term {
    if objective == .squared {
      let (value, slope) = prediction(link, score)
      let error = value - label
      return Term(loss: error * error, slope: 2 * error * slope)
    }
    if link == .probit {
      // A negative's loss is a positive's of the opposite score; label is 0 or 1.
      let sign = 2 * label - 1
      let (loss, slope) = negativeLogOfNormal(sign * score)
      return Term(loss: loss, slope: sign * slope)
    }
    let loss = max(score, 0) - score * label + Elementary.log1p(Elementary.exp(-abs(score)))
    return Term(loss: loss, slope: prediction(.logistic, score).value - label)
  }

  /// BPR's or the margin's loss of how far a positive is above a negative.
  static func pairwise(_ objective: Objective, difference: Double) -> Term {
    if objective == .margin {
      return difference < 1 ? Term(loss: 1 - difference, slope: -1) : Term(loss: 0, slope: 0)
    }
    return Term(
      loss: max(-difference, 0) + Elementary.log1p(Elementary.exp(-abs(difference))),
      slope: -prediction(.logistic, -difference).value)
  }

  /// The prediction of a score, and its derivative.
  static func prediction(_ link: Link, _ score: Double) -> (value: Double, slope: Double) {
    switch link {
    case .identity: return (score, 1)
    case .logistic:
      let decay = Elementary.exp(-abs(score))
      let high = 1 / (1 + decay)
      return (score >= 0 ? high : decay * high, decay * high * high)
    case .probit:
      return (0.5 * Elementary.erfc(-score * 0.5.squareRoot()), density(score))
    }
  }

  /// `-log Phi(x)` and its derivative, also where Phi is too small for a number.
  private static func negativeLogOfNormal(_ x: Double) -> (loss: Double, slope: Double) {
    if x > -30 {
      let value = 0.5 * Elementary.erfc(-x * 0.5.squareRoot())
      return (-Elementary.log(value), -density(x) / value)
    }
    // Phi(x) is the density over -x, times 1 - 1 / x^2 and smaller terms.
    let correction = 1 - 1 / (x * x)
    return (
      x * x / 2 + Elementary.log(-x) + 0.5 * Elementary.log(2 * Double.pi)
        - Elementary.log(correction),
      x - 1 / -x
    )
  }

  private static func density(_ x: Double) -> Double {
    Elementary.exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }
}

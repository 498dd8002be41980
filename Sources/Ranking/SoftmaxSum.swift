import Glibc

/// The logarithm of a sum of exponentials, `log sum exp(scale s)`, of scores that come run by run.
///
/// A run is summed in single precision relative to its own best score, in eight lanes; the runs are
/// joined in double precision in the order in which they come. So the result depends on the runs
/// and their order alone.
struct SoftmaxSum {
  private let scale: Float
  private var peak = -Float.infinity
  private var sum = 0.0

  /// Starts an empty sum.
  ///
  /// - Parameter scale: what scores are multiplied by; above 0.
  init(scale: Float) { self.scale = scale }

  /// The logarithm; minus infinity when no score has been added.
  var logarithm: Float {
    sum > 0 ? Float(log(sum) + Double(scale) * Double(peak)) : -.infinity
  }

  /// Forgets all scores.
  mutating func reset() { (peak, sum) = (-.infinity, 0) }

  /// Adds a run of scores; minus infinity and NaN count for nothing.
  mutating func add(_ scores: [Float], in range: Range<Int>) {
    let scores = scores.span.extracting(range)
    let best = Self.best(of: scores)
    guard best > -.infinity, best < .infinity else { return }
    var own = Self.sum(scores, scale: scale, relativeTo: best)
    if !(own < .infinity) { own = Self.slowSum(scores, scale: scale, relativeTo: best) }
    if best > peak {
      sum = own + sum * exp(Double(scale) * (Double(peak) - Double(best)))
      peak = best
    } else {
      sum += own * exp(Double(scale) * (Double(best) - Double(peak)))
    }
  }

  /// The best score; each lane goes its own way, so that no step waits for the one before.
  private static func best(of scores: Span<Float>) -> Float {
    var lanes = SIMD8<Float>(repeating: -.infinity)
    var index = 0
    let vectors = scores.count & ~7
    while index < vectors {
      // Safe: index + 7 is below vectors, which is at most scores.count.
      for lane in 0..<8 {
        let score = unsafe scores[unchecked: index + lane]
        lanes[lane] = score > lanes[lane] ? score : lanes[lane]
      }
      index += 8
    }
    var best = lanes.max()
    while index < scores.count {
      best = scores[index] > best ? scores[index] : best
      index += 1
    }
    return best
  }

  private static func sum(_ scores: Span<Float>, scale: Float, relativeTo best: Float) -> Double {
    let (scales, bests) = (SIMD8<Float>(repeating: scale), SIMD8<Float>(repeating: best))
    var sums = SIMD8<Float>()
    var index = 0
    let vectors = scores.count & ~7
    while index < vectors {
      var values = SIMD8<Float>()
      // Safe: index + 7 is below vectors, which is at most scores.count.
      for lane in 0..<8 { values[lane] = unsafe scores[unchecked: index + lane] }
      sums += ((values - bests) * scales).exponentialsUpTo0
      index += 8
    }
    var rest = SIMD8<Float>(repeating: -.infinity)
    for lane in 0..<scores.count - vectors { rest[lane] = scores[vectors + lane] }
    sums += ((rest - bests) * scales).exponentialsUpTo0
    return Double(sums.sum())
  }

  /// The same one by one, where a NaN or an infinity is among the scores.
  private static func slowSum(
    _ scores: Span<Float>, scale: Float, relativeTo best: Float
  ) -> Double {
    var sum = 0.0
    for index in scores.indices where scores[index] <= best {
      sum += exp(Double(scale) * (Double(scores[index]) - Double(best)))
    }
    return sum
  }
}

extension SIMD8<Float> {
  /// The exponentials of numbers up to 0.
  ///
  /// They are right to 3e-7 of each, and 0 below -87; a NaN may stay one. The polynomial of Cephes
  /// on half an octave, and the exponent added to the bits. The comparison and selection of the
  /// standard library are calls here, so the cut at -87 is made by the sign's bit.
  @inline(__always)
  var exponentialsUpTo0: SIMD8<Float> {
    // Adding 1.5 * 2^23 rounds to a whole number, which is then in the lowest bits.
    let rounder = SIMD8<Float>(repeating: 12_582_912)
    let shifted = rounder.addingProduct(self, SIMD8(repeating: 1.442_695_04))
    let octaves = shifted - rounder
    var rest = self.addingProduct(octaves, SIMD8(repeating: -0.693_359_375))
    rest = rest.addingProduct(octaves, SIMD8(repeating: 2.121_944_4e-4))
    var power = SIMD8<Float>(repeating: 1.987_569_15e-4)
    for coefficient: Float in [
      1.398_199_95e-3, 8.333_451_9e-3, 4.166_579_6e-2, 1.666_666_55e-1, 5.000_000_1e-1, 1, 1,
    ] {
      power = SIMD8(repeating: coefficient).addingProduct(power, rest)
    }
    // Safe: both types are eight lanes of 32 bits, and every pattern is a number.
    let exponents = unsafe unsafeBitCast(shifted, to: SIMD8<Int32>.self) &<< 23
    let bits = unsafe unsafeBitCast(power, to: SIMD8<Int32>.self) &+ exponents
    let isBelow = unsafe unsafeBitCast(self + 87, to: SIMD8<Int32>.self) &>> 31
    return unsafe unsafeBitCast(bits & ~isBelow, to: SIMD8<Float>.self)
  }
}

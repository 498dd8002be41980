/// Elementary functions of double precision, made of additions, multiplications, divisions and square
/// roots alone: they give the same bits on every processor and with every library of the system.
///
/// Errors are in units in the last place of the result, the largest seen beside a function of more
/// digits (`ElementaryTests`). Exponents beyond the normal numbers are not looked after further than
/// that results below them are 0.
package enum Elementary {
  /// The logarithm of 2, rounded.
  package static let logarithmOf2 = 0x1.62e42fefa39efp-1
  /// What the rounding took.
  private static let restOfLogarithmOf2 = 0x1.abc9e3b39803fp-56
  /// Its first 32 binary digits, so that its multiples by exponents are exact, and what is missing.
  private static let (upperLogarithmOf2, lowerLogarithmOf2) = (
    0x1.62e42feep-1, 0x1.a39ef35793c76p-33
  )

  /// The exponential: error below 1.
  package static func exp(_ x: Double) -> Double {
    if x != x { return x }
    if x > 709.78271289338397 { return .infinity }
    if x < -708.39 { return 0 }
    let octaves = (x * 0x1.71547652b82fep0).rounded()
    let upper = x - octaves * upperLogarithmOf2
    let lower = octaves * lowerLogarithmOf2
    return scaled(exponentialNearZero(upper - lower, (upper - (upper - lower)) - lower), octaves)
  }

  /// Two to a power: error below 1.
  package static func exp2(_ x: Double) -> Double {
    if x != x { return x }
    if x >= 1024 { return .infinity }
    if x < -1022 { return 0 }
    let octaves = x.rounded()
    let rest = x - octaves
    return scaled(
      exponentialNearZero(rest * logarithmOf2, rest * restOfLogarithmOf2), octaves)
  }

  /// `exp(x + tail)` for x within half an octave, by Taylor's series.
  private static func exponentialNearZero(_ x: Double, _ tail: Double) -> Double {
    var series = 1.0 / 6_227_020_800
    series = series * x + 1.0 / 479_001_600
    series = series * x + 1.0 / 39_916_800
    series = series * x + 1.0 / 3_628_800
    series = series * x + 1.0 / 362_880
    series = series * x + 1.0 / 40_320
    series = series * x + 1.0 / 5_040
    series = series * x + 1.0 / 720
    series = series * x + 1.0 / 120
    series = series * x + 1.0 / 24
    series = series * x + 1.0 / 6
    series = series * x + 0.5
    // What the first sum loses of x is added to what is small.
    let sum = 1 + x
    return sum + (((1 - sum) + x) + (x * x * series + tail))
  }

  /// Multiplies a number near 1 by a power of two whose exponent is that of a normal number, or 1024.
  private static func scaled(_ value: Double, _ octaves: Double) -> Double {
    let half = Int64(octaves) / 2
    return value * powerOfTwo(half) * powerOfTwo(Int64(octaves) - half)
  }

  private static func powerOfTwo(_ exponent: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: (exponent + 1_023) << 52))
  }

  /// The natural logarithm: error below 1.
  package static func log(_ x: Double) -> Double {
    if !(x > 0) || x == .infinity { return x == 0 ? -.infinity : x > 0 ? x : .nan }
    let (octaves, s, square, excess) = reduced(x)
    // log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + R), with s = f / (2 + f).
    let half = 0.5 * excess * excess
    let rest = atanhRest(square)
    return octaves * upperLogarithmOf2
      - ((half - (s * (half + rest) + octaves * lowerLogarithmOf2)) - excess)
  }

  /// The logarithm to the base 2: error below 2.
  package static func log2(_ x: Double) -> Double {
    if !(x > 0) || x == .infinity { return log(x) }
    let (octaves, s, square, excess) = reduced(x)
    let half = 0.5 * excess * excess
    let natural = excess - (half - s * (half + atanhRest(square)))
    return octaves + natural * 0x1.71547652b82fep0
  }

  /// `log(1 + x)`: error below 2.
  package static func log1p(_ x: Double) -> Double {
    let sum = 1 + x
    if !(sum > 0) || sum == .infinity { return log(sum) }
    // What is lost of x when it is added to 1.
    let lost = x.magnitude < 1 ? x - (sum - 1) : 1 - (sum - x)
    return log(sum) + lost / sum
  }

  /// A positive number as `2^octaves (1 + excess)`, the sum between the root of 1/2 and that of 2.
  private static func reduced(
    _ x: Double
  ) -> (octaves: Double, s: Double, square: Double, excess: Double) {
    var exponent = 0
    var x = x
    if x < 0x1p-1022 { (x, exponent) = (x * 0x1p54, -54) }
    var bits = x.bitPattern
    exponent += Int(bits >> 52) - 1_023
    bits = bits & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000
    var significand = Double(bitPattern: bits)
    if significand > 0x1.6a09e667f3bcdp0 {
      (significand, exponent) = (0.5 * significand, exponent + 1)
    }
    let excess = significand - 1
    let s = excess / (2 + excess)
    return (Double(exponent), s, s * s, excess)
  }

  /// `2 atanh(s) / s - 2` by its series, as far as s below 0.172 needs it.
  private static func atanhRest(_ square: Double) -> Double {
    var series = 2.0 / 23
    series = series * square + 2.0 / 21
    series = series * square + 2.0 / 19
    series = series * square + 2.0 / 17
    series = series * square + 2.0 / 15
    series = series * square + 2.0 / 13
    series = series * square + 2.0 / 11
    series = series * square + 2.0 / 9
    series = series * square + 2.0 / 7
    series = series * square + 2.0 / 5
    series = series * square + 2.0 / 3
    return series * square
  }

  /// A positive number to a power: error below 2, and 3 more for each unit of the result's logarithm.
  package static func pow(_ base: Double, _ power: Double) -> Double {
    if power == 0 || base == 1 { return 1 }
    if base == 0 { return power > 0 ? 0 : .infinity }
    return exp(power * log(base))
  }

  /// The logistic function: error below 3.
  package static func sigmoid(_ x: Double) -> Double {
    let decay = exp(-x.magnitude)
    let high = 1 / (1 + decay)
    return x >= 0 ? high : decay * high
  }

  /// The hyperbolic tangent: error below 4.
  package static func tanh(_ x: Double) -> Double {
    let size = x.magnitude
    if size > 22 { return x > 0 ? 1 : -1 }
    if size >= 0.25 {
      let decay = exp(-2 * size)
      let result = (1 - decay) / (1 + decay)
      return x > 0 ? result : -result
    }
    // sinh over cosh, by their series.
    let square = x * x
    let sinh =
      1 + square / 6
      * (1 + square / 20 * (1 + square / 42 * (1 + square / 72 * (1 + square / 110))))
    let cosh =
      1 + square / 2
      * (1 + square / 12 * (1 + square / 30 * (1 + square / 56 * (1 + square / 90))))
    return x * sinh / cosh
  }

  /// `cos(2 pi x)` for x from 0 to 1: error below 3e-16 in all.
  package static func cosine(turns x: Double) -> Double {
    let quarters = (4 * x).rounded()
    // Exact: both are multiples of the last place of 4 x.
    let angle = (4 * x - quarters) * 0x1.921fb54442d18p0
    let square = angle * angle
    switch Int(quarters) & 3 {
    case 0: return cosineNearZero(square)
    case 1: return -angle * sineNearZero(square)
    case 2: return -cosineNearZero(square)
    default: return angle * sineNearZero(square)
    }
  }

  private static func cosineNearZero(_ square: Double) -> Double {
    var series = 1.0 / 20_922_789_888_000
    series = series * square - 1.0 / 87_178_291_200
    series = series * square + 1.0 / 479_001_600
    series = series * square - 1.0 / 3_628_800
    series = series * square + 1.0 / 40_320
    series = series * square - 1.0 / 720
    series = series * square + 1.0 / 24
    let half = 0.5 * square
    return 1 - (half - square * square * series)
  }

  /// The sine over the angle.
  private static func sineNearZero(_ square: Double) -> Double {
    var series = -1.0 / 1_307_674_368_000
    series = series * square + 1.0 / 6_227_020_800
    series = series * square - 1.0 / 39_916_800
    series = series * square + 1.0 / 362_880
    series = series * square - 1.0 / 5_040
    series = series * square + 1.0 / 120
    series = series * square - 1.0 / 6
    return 1 + square * series
  }
}

import Elementary

/// A seeded generator whose n-th number depends on nothing but seed, stream and n.
///
/// Work that is shared out among threads takes one stream per piece of work (an epoch and a position,
/// a user), so what is drawn does not depend on which thread does it or when. Each stream walks a
/// Weyl sequence with an odd increment of its own and hashes every step, as splittable generators
/// do. Statistical quality is that of a 64-bit hash; it is not for secrets.
@frozen
package struct CounterRandom: Sendable, RandomNumberGenerator {
  @usableFromInline var state: UInt64
  @usableFromInline let increment: UInt64

  /// Places a generator at a number of a stream.
  ///
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - stream: which of the seed's 2^64 streams.
  ///   - position: how many numbers of the stream to pass over.
  @inlinable
  package init(seed: UInt64, stream: UInt64, position: UInt64 = 0) {
    let key = mixed(mixed(seed &+ 0x9E37_79B9_7F4A_7C15) ^ (stream &* 0xD1B5_4A32_D192_ED03))
    increment = mixed(key ^ 0xA076_1D64_78BD_642F) | 1
    state = key &+ position &* increment
  }

  /// Returns the next 64 random bits.
  @inlinable
  package mutating func next() -> UInt64 {
    state &+= increment
    return mixed(state)
  }

  /// Draws a whole number below a bound, each with exactly the same probability.
  ///
  /// Takes one number of the stream, rarely more: the product's low half tells when a draw falls in
  /// the part of the range that would favour some results.
  ///
  /// - Parameter bound: above 0.
  /// - Returns: a number in `0..<bound`.
  @inlinable
  package mutating func uniform(below bound: Int) -> Int {
    precondition(bound > 0, "a number below \(bound) can't be drawn")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Returns a number in `0..<1`, a multiple of 2^-53.
  @inlinable
  package mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a draw from the normal distribution with mean 0 and standard deviation 1.
  ///
  /// Takes two numbers of the stream each time and keeps nothing back, so a stream's position stays
  /// a plain count of numbers.
  package mutating func gaussian() -> Double {
    let radius = (-2 * Elementary.log(1 - uniform())).squareRoot()
    return radius * Elementary.cosine(turns: uniform())
  }
}

/// Hashes 64 bits to 64 bits, one to one; every input bit moves about half of the output bits.
@inlinable
package func mixed(_ value: UInt64) -> UInt64 {
  var bits = value
  bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
  return bits ^ (bits >> 31)
}

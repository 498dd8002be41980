/// Elementary functions of single precision, made of the operations of IEEE 754 alone.
extension LaneVector {
  /// The exponentials of numbers up to 0.
  ///
  /// They are right to 2 units in the last place, and 0 below -87; a NaN may stay one. A polynomial on
  /// half an octave, and the exponent added to the bits.
  @inlinable @inline(__always)
  package var exponentialUpTo0: Self {
    // Adding 1.5 * 2^23 rounds to a whole number, which is then in the lowest bits.
    let rounder = Self(12_582_912)
    let shifted = rounder.addingProduct(self, Self(1.442_695_04))
    let octaves = shifted - rounder
    // The logarithm of 2 in two parts, of which the first has few digits.
    var rest = addingProduct(octaves, Self(-0.693_359_375))
    rest = rest.addingProduct(octaves, Self(2.121_944_4e-4))
    var power = Self(1.987_569_15e-4)
    power = Self(1.398_199_95e-3).addingProduct(power, rest)
    power = Self(8.333_451_9e-3).addingProduct(power, rest)
    power = Self(4.166_579_6e-2).addingProduct(power, rest)
    power = Self(1.666_666_55e-1).addingProduct(power, rest)
    power = Self(5.000_000_1e-1).addingProduct(power, rest)
    power = Self(1).addingProduct(power, rest)
    power = Self(1).addingProduct(power, rest)
    return power.scaled(byPattern: shifted).without((self + Self(87)).isNegative)
  }

  /// The logistic function, right to 3 units in the last place for finite numbers.
  @inlinable @inline(__always)
  package var sigmoid: Self { sigmoid(decay: (Self.zero - magnitude).exponentialUpTo0) }

  /// The logistic function where `exp(-|x|)` is known.
  @inlinable @inline(__always)
  package func sigmoid(decay: Self) -> Self {
    let high = Self(1) / (Self(1) + decay)
    return (decay * high).selected(where: isNegative, else: high)
  }

  /// The hyperbolic tangent, right to 4 units in the last place for finite numbers.
  @inlinable @inline(__always)
  package var hyperbolicTangent: Self {
    let size = magnitude
    let decay = (Self(-2) * size).exponentialUpTo0
    let far = Self(1) - Self(2) * decay / (Self(1) + decay)
    // Near zero the difference would lose digits: Taylor's series up to the power of 17.
    let square = size * size
    var series = Self(5.900_274_4e-4)
    series = Self(-1.455_834_4e-3).addingProduct(series, square)
    series = Self(3.592_128e-3).addingProduct(series, square)
    series = Self(-8.863_235e-3).addingProduct(series, square)
    series = Self(2.186_948_9e-2).addingProduct(series, square)
    series = Self(-5.396_825_4e-2).addingProduct(series, square)
    series = Self(1.333_333_3e-1).addingProduct(series, square)
    series = Self(-3.333_333_3e-1).addingProduct(series, square)
    let near = size.addingProduct(size * square, series)
    let result = near.selected(where: (size - Self(0.5)).isNegative, else: far)
    return result | (self & Self(-0.0))
  }

  /// `log(1 + x)` for x from 0 to 1, right to 3 units in the last place.
  @inlinable @inline(__always)
  package var logarithmOf1Plus: Self {
    // With s = x / (2 + x) it is 2 atanh(s), an odd series.
    let s = self / (Self(2) + self)
    let square = s * s
    var series = Self(1.0 / 17)
    series = Self(1.0 / 15).addingProduct(series, square)
    series = Self(1.0 / 13).addingProduct(series, square)
    series = Self(1.0 / 11).addingProduct(series, square)
    series = Self(1.0 / 9).addingProduct(series, square)
    series = Self(1.0 / 7).addingProduct(series, square)
    series = Self(1.0 / 5).addingProduct(series, square)
    series = Self(1.0 / 3).addingProduct(series, square)
    let double = s + s
    return double.addingProduct(double * square, series)
  }

  /// A function of each number.
  @inlinable @inline(__always)
  package func applying(_ function: LaneFunction) -> Self {
    switch function {
    case .identity: self
    case .rectified: rectified
    case .tanh: hyperbolicTangent
    case .sigmoid: sigmoid
    }
  }
}

/// What a layer's sums go through.
package enum LaneFunction: Sendable, CaseIterable {
  case identity, rectified, tanh, sigmoid
}

extension Elementary {
  /// The complement of the error function: error below 6.
  package static func erfc(_ x: Double) -> Double {
    if x < 0 { return 2 - erfc(-x) }
    if x < 0.5 { return 1 - errorFunction(x) }
    if x > 26.6 { return 0 }
    // The square of x in two parts, so that the exponential has its last digits.
    let head = Double(bitPattern: x.bitPattern & 0xFFFF_FFFF_F800_0000)
    let rest = (x - head) * (x + head)
    return exp(-head * head) * exp(-rest) * scaledComplement(x)
  }

  /// The error function near zero, by its series of positive terms.
  private static func errorFunction(_ x: Double) -> Double {
    let square = x * x
    var sum = 1.0
    // erf(x) = 2 x exp(-x^2) / sqrt(pi) (1 + 2 x^2 / 3 (1 + 2 x^2 / 5 (1 + ...))).
    for odd in stride(from: 31, through: 3, by: -2) { sum = 1 + 2 * square / Double(odd) * sum }
    return x * exp(-square) * sum * twoOverRootOfPi
  }

  /// `exp(x^2) erfc(x)` for x of 0.5 or more.
  private static func scaledComplement(_ x: Double) -> Double {
    if x >= 6 { return continued(x, terms: 24) }
    let place = Int(x * 8)
    let row = place * degree
    let distance = x - (Double(place) + 0.5) / 8
    var sum = taylor[row + degree - 1]
    for power in stride(from: degree - 2, through: 0, by: -1) {
      sum = sum * distance + taylor[row + power]
    }
    return sum
  }

  /// Laplace's continued fraction of `exp(x^2) erfc(x)`, so many terms of it.
  private static func continued(_ x: Double, terms: Int) -> Double {
    var below = x
    for term in stride(from: terms, through: 1, by: -1) { below = x + Double(term) / 2 / below }
    return 0.5 * twoOverRootOfPi / below
  }

  private static let twoOverRootOfPi = 0x1.20dd750429b6dp0
  private static let degree = 12

  /// Taylor's coefficients of `f(x) = exp(x^2) erfc(x)` in the middle of each eighth up to 6.
  ///
  /// They follow from the first by `f' = 2 x f - 2 / sqrt(pi)`.
  private static let taylor: [Double] = (0..<48).flatMap { place in
    let middle = (Double(place) + 0.5) / 8
    var numbers = [continued(middle, terms: 4_000)]
    numbers.append(2 * middle * numbers[0] - twoOverRootOfPi)
    for power in 2..<degree {
      numbers.append(
        2 * (middle * numbers[power - 1] + numbers[power - 2]) / Double(power))
    }
    return numbers
  }
}

import Elementary
import Lanes
import Testing

/// The functions of lanes beside those of double precision.
struct LaneFunctionTests {
  /// Tells these lanes from those of any set.
  enum Tag {}
  private typealias Vector = Two<Lanes4<Tag>>

  /// The largest error of a function of lanes, in units in the last place.
  private func error(
    from low: Float, to high: Float, of function: (Vector) -> Vector,
    beside expected: (Double) -> Double
  ) -> Double {
    let memory = Storage<Float>(count: 8)
    let steps = 200_000
    var worst = 0.0
    for step in stride(from: 0, to: steps, by: 8) {
      for lane in 0..<8 {
        memory.buffer[lane] = low + (high - low) * Float(step + lane) / Float(steps)
      }
      let arguments = memory.array
      function(Vector(memory.buffer, 0)).store(memory.buffer, 0)
      for (x, found) in zip(arguments, memory.array) {
        let expected = expected(Double(x))
        if expected == 0 { continue }
        // A unit of a small number may be denormal, and count as zero on this thread.
        let unit = Double(
          sign: .plus, exponent: Double(Float(expected)).exponent - 23, significand: 1)
        worst = max(worst, (Double(found) - expected).magnitude / unit)
      }
    }
    return worst
  }

  @Test("Exponentials of numbers up to 0 are right to 2 units, and 0 far below")
  func exponentials() {
    #expect(error(from: -86.9, to: 0, of: \.exponentialUpTo0, beside: Elementary.exp) < 2)
    for x: Float in [-87.5, -100, -1e6, -3e38, -.infinity] {
      #expect(Vector(x).exponentialUpTo0.leading == 0)
    }
    #expect(Vector(0).exponentialUpTo0.leading == 1)
  }

  @Test("The logistic function is right to 3 units")
  func sigmoid() {
    #expect(error(from: -80, to: 80, of: \.sigmoid, beside: Elementary.sigmoid) < 3)
    #expect(Vector(0).sigmoid.leading == 0.5)
  }

  @Test("The hyperbolic tangent is right to 4 units")
  func tangent() {
    #expect(error(from: -10, to: 10, of: \.hyperbolicTangent, beside: Elementary.tanh) < 4)
    #expect(error(from: -0.6, to: 0.6, of: \.hyperbolicTangent, beside: Elementary.tanh) < 4)
    #expect(Vector(0).hyperbolicTangent.leading == 0)
  }

  @Test("The logarithm of 1 and a share is right to 3 units")
  func logarithm() {
    #expect(error(from: 0, to: 1, of: \.logarithmOf1Plus, beside: Elementary.log1p) < 3)
  }

  @Test("Lanes are summed half by half")
  func total() {
    let memory = Storage<Float>([1e8, 1, -1e8, 2, 3, 4, 5, 6])
    // (1e8 + 3 - 1e8 + 5) and then (1 + 4 + 2 + 6), as single precision adds them.
    let expected = ((Float(1e8) + 3) + (Float(-1e8) + 5)) + ((1 + 4) + (2 + 6))
    #expect(Vector(memory.buffer, 0).total == expected)
    #expect(Lanes8<Tag>(memory.buffer, 0).total == expected)
  }
}

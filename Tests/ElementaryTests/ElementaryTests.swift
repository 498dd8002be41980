import Elementary
import Glibc
import Testing

/// The elementary functions beside the system's, which are right to a unit or two in the last place.
struct ElementaryTests {
  /// A function, where it is tried, and the largest error that is stated for it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let range: ClosedRange<Double>
    let bound: Double
    let own: @Sendable (Double) -> Double
    let reference: @Sendable (Double) -> Double

    var testDescription: String { "\(name) from \(range.lowerBound) to \(range.upperBound)" }
  }

  static let cases = [
    Case(name: "exp", range: -700...700, bound: 1, own: Elementary.exp, reference: { exp($0) }),
    Case(name: "exp", range: -1...1, bound: 1, own: Elementary.exp, reference: { exp($0) }),
    Case(name: "exp2", range: -900...900, bound: 1, own: Elementary.exp2, reference: { exp2($0) }),
    Case(name: "log", range: 1e-9...1, bound: 1, own: Elementary.log, reference: { log($0) }),
    Case(name: "log", range: 0.9...1.1, bound: 1, own: Elementary.log, reference: { log($0) }),
    Case(name: "log", range: 1...1e12, bound: 1, own: Elementary.log, reference: { log($0) }),
    Case(name: "log2", range: 0.5...9_000, bound: 2, own: Elementary.log2, reference: { log2($0) }),
    Case(name: "log1p", range: -0.9...1, bound: 2, own: Elementary.log1p, reference: { log1p($0) }),
    Case(name: "log1p", range: 1...1e9, bound: 2, own: Elementary.log1p, reference: { log1p($0) }),
    Case(name: "tanh", range: -4...4, bound: 4, own: Elementary.tanh, reference: { tanh($0) }),
    Case(
      name: "sigmoid", range: -40...40, bound: 3, own: Elementary.sigmoid,
      reference: { 1 / (1 + exp(-$0)) }),
    Case(name: "erfc", range: -3...1, bound: 6, own: Elementary.erfc, reference: { erfc($0) }),
    Case(name: "erfc", range: 1...26, bound: 6, own: Elementary.erfc, reference: { erfc($0) }),
    Case(
      name: "power of 0.75", range: 1...100, bound: 14, own: { Elementary.pow($0, 0.75) },
      reference: { pow($0, 0.75) }),
  ]

  @Test("A function is as near to the true one as is stated", arguments: cases)
  func error(of function: Case) {
    let steps = 100_000
    let (low, high) = (function.range.lowerBound, function.range.upperBound)
    var worst = 0.0
    for step in 0...steps {
      let x = low + (high - low) * Double(step) / Double(steps)
      let expected = function.reference(x)
      if expected == 0 { continue }
      // A unit of a small number may be denormal, and count as zero on this thread.
      let scale = Double(sign: .plus, exponent: -expected.exponent, significand: 1)
      let error = (function.own(x) * scale - expected * scale).magnitude
      worst = max(worst, error / Double.ulpOfOne)
    }
    // The system's own error is up to a unit.
    #expect(worst < function.bound + 1)
  }

  /// The reference is of a rounded angle, which costs it up to 5e-16.
  @Test("A cosine of turns is right to 3e-16")
  func cosine() {
    for step in 0...100_000 {
      let x = Double(step) / 100_000
      #expect((Elementary.cosine(turns: x) - cos(2 * Double.pi * x)).magnitude < 8e-16)
    }
    #expect(Elementary.cosine(turns: 0) == 1)
    #expect(Elementary.cosine(turns: 0.5) == -1)
  }

  @Test("Arguments at the ends give what they should")
  func ends() {
    #expect(Elementary.exp(0) == 1 && Elementary.exp(-1_000) == 0)
    #expect(Elementary.exp(.infinity) == .infinity && Elementary.exp(-.infinity) == 0)
    #expect(Elementary.exp(.nan).isNaN && Elementary.log(-1).isNaN && Elementary.log(.nan).isNaN)
    #expect(Elementary.log(1) == 0 && Elementary.log(0) == -.infinity)
    #expect(Elementary.log(.infinity) == .infinity)
    #expect(Elementary.log2(8) == 3 && Elementary.log2(0.25) == -2)
    #expect(Elementary.exp2(10) == 1_024 && Elementary.exp2(-1_022) == 0x1p-1022)
    #expect(Elementary.log1p(0) == 0 && Elementary.log1p(-1) == -.infinity)
    #expect(Elementary.pow(5, 0) == 1 && Elementary.pow(0, 2) == 0)
    #expect(Elementary.sigmoid(0) == 0.5 && Elementary.sigmoid(-800) == 0)
    #expect(Elementary.sigmoid(800) == 1)
    #expect(Elementary.tanh(0) == 0 && Elementary.tanh(50) == 1 && Elementary.tanh(-50) == -1)
    #expect(Elementary.erfc(0) == 1 && Elementary.erfc(40) == 0 && Elementary.erfc(-40) == 2)
  }

  @Test("Results have the bits that they had when they were written down")
  func bits() {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for step in 1...10_000 {
      let x = Double(step) / 777
      for value in [
        Elementary.exp(-x), Elementary.exp2(x), Elementary.log(x), Elementary.log2(x),
        Elementary.log1p(x), Elementary.tanh(x / 8), Elementary.erfc(x / 2),
        Elementary.pow(x, 0.3), Elementary.sigmoid(x), Elementary.cosine(turns: x / 13),
      ] { hash = (hash ^ value.bitPattern) &* 1_099_511_628_211 }
    }
    #expect(hash == 12_417_704_688_033_648_635)
  }
}

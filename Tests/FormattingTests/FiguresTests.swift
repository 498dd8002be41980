import Formatting
import Testing

/// How figures are written.
struct FiguresTests {
  @Test("Counts have their digits in threes")
  func counts() {
    #expect(
      [0, 999, 1000, 1_000_088, -12_345].map(Figures.count) == [
        "0", "999", "1,000", "1,000,088", "-12,345",
      ])
  }

  @Test("Rates have three digits or so, and a letter")
  func rates() {
    let shown = [0, 4.25, 417, 999.6, 23_456, 1_214_000, 99_960_000, .infinity].map(Figures.rate)
    #expect(shown == ["0.0", "4.3", "417", "1.00k", "23.5k", "1.21M", "100M", "?"])
  }

  @Test("Durations and what is left are read like a clock")
  func durations() {
    let seconds = [0.424, 12.34, 185, 3725, .nan]
    #expect(seconds.map(Figures.duration) == ["0.42 s", "12.3 s", "3 min 05 s", "1 h 02 min", "?"])
    #expect([6.2, 760, 3723].map(Figures.clock) == ["0:07", "12:40", "1:02:03"])
  }

  @Test("Decimals are as many as are asked for, without a minus before nothing")
  func decimals() {
    let cases: [(Double, Int, String)] = [
      (0.12345, 4, "0.1235"), (-0.004, 2, "0.00"), (-1.5, 1, "-1.5"), (2, 0, "2"),
      (0.05, 3, "0.050"),
      (.nan, 4, "-"), (-.infinity, 1, "-"), (1e18, 2, "1e+18"),
    ]
    for (value, decimals, text) in cases { #expect(Figures.fixed(value, decimals) == text) }
    #expect([0.126, 42.14, 417.3].map(Figures.seconds) == ["0.13", "42.1", "417"])
  }

  @Test("No probability is 0: a small one is below a thousandth")
  func probabilities() {
    #expect(
      [0, 1e-30, 0.0009, 0.001, 0.0449, 1].map(Figures.probability)
        == ["< .001", "< .001", "< .001", "0.001", "0.045", "1.000"])
    #expect(Figures.significance(1e-12) == "p < .001")
    #expect(Figures.significance(0.0042) == "p = 0.004")
  }
}

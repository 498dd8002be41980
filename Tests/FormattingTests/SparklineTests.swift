import Formatting
import Testing

/// The course of a figure as one line.
struct SparklineTests {
  @Test("Heights lie between the lowest and the highest figure, with gaps and crosses between")
  func heights() {
    let line = Sparkline([.figure(1), .refused, .figure(nil), .figure(2), .figure(1.5)])
    #expect(line.text == "\u{2581}\u{D7} \u{2588}\u{2585}")
    #expect(line.range == 1...2)
    #expect(line.last == 1.5)
  }

  @Test("One figure is a full block, none is a gap, and the cross can be painted")
  func fewPoints() {
    #expect(Sparkline([.figure(3)]).text == "\u{2588}")
    let empty = Sparkline([.figure(nil), .refused]) { "[\($0)]" }
    #expect(empty.text == " [\u{D7}]")
    #expect(empty.range == nil && empty.last == nil)
  }
}

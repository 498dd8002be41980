import Testing

@testable import Reporting

/// Scales, names beside lines, and markup.
struct ChartTests {
  @Test("Steps are 1, 2 or 5 times a power of ten")
  func steps() {
    let wanted = [0.3, 0.1, 0.11, 0.21, 1, 7, 23, 0.00013]
    #expect(wanted.map(Axis.roundStep) == [0.5, 0.1, 0.2, 0.5, 1, 10, 50, 0.0002])
    #expect(Axis.roundStep(.nan) == 1)
  }

  @Test(
    "An axis holds its values between round ticks with as many decimals as they need",
    arguments: [
      ([0.1234, 0.1301], false, ["0.122", "0.124", "0.126", "0.128", "0.130", "0.132"]),
      ([0.05, 0.38], true, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
      ([3.0, 3.0], false, ["2.6", "2.8", "3.0", "3.2", "3.4"]),
      ([0.0, 0.0], true, ["0.0000000", "0.0000005", "0.0000010"]),
    ] as [([Double], Bool, [String])])
  func axis(values: [Double], fromZero: Bool, ticks: [String]) {
    let axis = Axis(of: values, fromZero: fromZero, from: 200, to: 10)
    for value in values {
      #expect(axis.range.contains(value))
      #expect((10...200).contains(axis(value)))
    }
    if values != [0, 0] { #expect(axis.ticks.map(axis.label) == ticks) }
    #expect(axis(axis.range.lowerBound) == 200)
    #expect(axis(axis.range.upperBound) == 10)
  }

  @Test("Names are moved apart, keep their order and stay within")
  func names() {
    let placed = LineChart.spread([100, 101, 102, 190], apart: 14, within: 10...200)
    #expect(zip(placed, placed.dropFirst()).allSatisfy { $1 - $0 >= 13.9 })
    #expect(abs(placed[1] - 101) < 1)
    #expect(placed[3] == 190)
    let low = LineChart.spread([199, 200, 200], apart: 14, within: 10...200)
    #expect(low.allSatisfy { (10...200).contains($0) })
    #expect(zip(low, low.dropFirst()).allSatisfy { $1 - $0 >= 13 })
    #expect(LineChart.spread([500], apart: 14, within: 10...200) == [200])
  }

  @Test("What is put into markup is text, what the source says is markup")
  func markup() {
    let part: Markup = "<b>\("a<b> & \"c\" 'd'")</b>"
    #expect(part.text == "<b>a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</b>")
    let whole: Markup = "<p>\(part) \(3) \(1.25)\([part, part])</p>"
    #expect(whole.text == "<p>\(part.text) 3 1.3\(part.text)\(part.text)</p>")
    let odd: Markup = "\("\u{0}\u{1B}\u{202E}\u{FFFF}é\n")"
    #expect(odd.text == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}é\n")
  }

  @Test("A page of few lists has a tick for each length, one of many has fewer")
  func ticks() {
    #expect(Page.ticks(upTo: 10).map(\.word) == (1...10).map { "\($0)" })
    #expect(Page.ticks(upTo: 50).map(\.word) == ["1", "10", "20", "30", "40", "50"])
    #expect(Page.ticks(upTo: 1).map(\.word) == ["1"])
  }
}

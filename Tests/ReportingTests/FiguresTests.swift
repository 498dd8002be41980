import Reporting
import Testing

/// How figures and JSON are written.
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

  @Test("JSON keeps order, escapes what it must, and has no word for what is not a number")
  func json() {
    let value = JSON.object([
      ("b", .text("a\"\\\n\u{1}é")), ("a", .list([.integer(1), .number(.nan), .null])),
      ("c", .object([])),
    ])
    #expect(value.compact == "{\"b\":\"a\\\"\\\\\\n\\u0001é\",\"a\":[1,null,null],\"c\":{}}")
    #expect(value.pretty.hasPrefix("{\n  \"b\": \"a"))
    #expect(value.pretty.hasSuffix("],\n  \"c\": {}\n}\n"))
  }
}

import Formatting
import Testing

/// How JSON is written.
struct JSONTests {
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

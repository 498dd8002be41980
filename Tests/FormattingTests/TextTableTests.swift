import Formatting
import Testing

/// Tables of text.
struct TextTableTests {
  @Test("A column of numbers stands to the right, and control characters can't act")
  func table() {
    let table = TextTable(["id", "name"], rows: [["7", "a\u{1B}[2J"], ["12", "b"]])
    #expect(table.text == "id  name\n 7  a\\u{1b}[2J\n12  b\n")
    #expect(TextTable(["id", "name"], rows: []).text == "id  name\n")
  }
}

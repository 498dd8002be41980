import Testing

@testable import ncf_batch

/// How tables and bars are drawn.
struct TerminalTests {
  @Test("A column of numbers stands to the right, and control characters can't act")
  func table() {
    let table = TextTable(["id", "name"], rows: [["7", "a\u{1B}[2J"], ["12", "b"]])
    #expect(table.text == "id  name\n 7  a\\u{1b}[2J\n12  b\n")
    #expect(TextTable(["id", "name"], rows: []).text == "id  name\n")
  }

  @Test("Lines break between words where the terminal ends, further in after the first")
  func wrapped() {
    let line = "gmf epoch 4: loss 0.3152, the best so far"
    #expect(Console.wrapped(line, width: 80) == line)
    #expect(
      Console.wrapped(line + "\nnext", width: 26)
        == "gmf epoch 4: loss 0.3152,\n  the best so far\nnext")
    #expect(Console.wrapped(String(repeating: "x", count: 30), width: 20).count == 30)
  }

  @Test("The time left follows from the pace since the bar began")
  func remaining() {
    #expect(RunTalk.remaining(0.5, initial: 0, elapsed: 10) == 10)
    #expect(RunTalk.remaining(0.75, initial: 0.5, elapsed: 10) == 10)
    #expect(RunTalk.remaining(0.1, initial: 0.1, elapsed: 10) == nil)
    #expect(RunTalk.bar(0.5, cells: 20) == "[##########..........] ")
    #expect(RunTalk.bar(1, cells: 6) == "[######] ")
  }
}

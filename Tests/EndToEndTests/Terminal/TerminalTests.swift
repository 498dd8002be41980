import Testing

@testable import ncf_batch

/// How lines and bars are drawn.
struct TerminalTests {
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

import Foundation
import Glibc
import TestSupport
import Testing

/// What somebody sees who works in tmux: a real terminal with a screen, not only its end.
struct TmuxTests {
  /// A terminal in tmux with a shell, on a server of its own.
  private final class Terminal {
    private let folder: TemporaryFolder
    private let name = "ncf-\(UUID().uuidString.prefix(8))"

    /// Opens it; nil where tmux can't be had.
    init?(_ shop: Shop, columns: Int) throws {
      folder = shop.folder
      // Nothing of who runs the tests.
      var settings = ["unset ${!NCF_*} ${!PG*} NO_COLOR; set +o history"]
      settings += shop.program.environment.map { "export \($0)='\($1)'" }
      settings.append("export PATH='\(try Program.folder.path)':\"$PATH\" PS1='> ' LC_ALL=C.UTF-8")
      let start = try shop.folder.write(settings.joined(separator: "\n") + "\n", to: "bashrc")
      // Its server goes on behind the client's back, so it must keep nothing open by which the client's
      // end is noticed.
      let alone =
        #"for f in /proc/$$/fd/*; do n=${f##*/}; ((n < 3)) || eval "exec $n>&-"; done; exec "$@""#
      let began = try Tool.run(
        [
          "env", "-u", "TMUX", "bash", "-c", alone, "-", "tmux", "-L", name, "-f", "/dev/null",
          "-u", "new-session", "-d",
          "-x", "\(columns)", "-y", "24", "-c", shop.folder.path,
          "bash --noprofile --rcfile '\(start)' -i",
        ], installing: ["tmux"])
      guard let began else { return nil }
      try expectSuccess(began)
      _ = try wait(until: "a prompt") { $0.contains { $0.hasPrefix(">") } }
    }

    deinit { _ = try? Tool.run(["tmux", "-L", name, "kill-server"], installing: []) }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String {
      let result = try Tool.run(["tmux", "-L", name] + arguments, installing: [])
      guard let result, result.code == 0 else {
        throw Unexpected("tmux \(arguments): \(result?.talk ?? "")")
      }
      return result.output
    }

    /// Types a line.
    func type(_ line: String) throws {
      try tmux("send-keys", "-l", line)
      try tmux("send-keys", "Enter")
    }

    /// Presses a key, by tmux's name of it.
    func press(_ key: String) throws { try tmux("send-keys", key) }

    /// Makes the window wider or narrower.
    func resize(to columns: Int) throws { try tmux("resize-window", "-x", "\(columns)") }

    /// The lines on the screen, without spaces at their ends; of the past, too, if asked for.
    func screen(past: Bool = false) throws -> [String] {
      try tmux("capture-pane", "-p", past ? "-S-" : "-S0")
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Looks at the screen until it shows what is waited for.
    ///
    /// - Parameters:
    ///   - what: a name of it for the case that it never comes.
    ///   - holds: whether the lines show it.
    /// - Returns: the lines that do.
    /// - Throws: `Unexpected` when two thousand looks did not see it.
    func wait(until what: String, _ holds: ([String]) -> Bool) throws -> [String] {
      for _ in 0..<2000 {
        let lines = try screen()
        if holds(lines) { return lines }
        usleep(10_000)
      }
      let all = try screen(past: true).joined(separator: "\n")
      throw Unexpected("no \(what) in tmux; it shows:\n\(all)")
    }
  }

  private static func isBar(_ line: String) -> Bool {
    line.contains("[") && line.contains("#") && line.contains("] ") && line.contains(" % ")
      && line.contains(" left")
  }

  @Test("In tmux, at 80 and at 40 columns, the bar is one line with rate and time left, and goes")
  func bar() throws {
    let shop = try Shop(.eighty)
    // So long that somebody stops it.
    let config = try shop.jobFile(epochs: 10_000)
    guard let terminal = try Terminal(shop, columns: 80) else { return }
    try terminal.type("ncf-batch run --config \(config) --force; echo ended: $?")
    let wide = try terminal.wait(until: "bar") { $0.contains(where: Self.isBar) }
    #expect(wide.filter(Self.isBar).count == 1)
    let bar = try #require(wide.first(where: Self.isBar))
    #expect(bar.hasPrefix("train     [") && bar.count <= 77, "\(bar)")
    #expect(bar.contains("samples/s"), "\(bar)")
    try terminal.resize(to: 40)
    // Once it has been drawn for the narrower window, only one is left.
    let narrow = try terminal.wait(until: "bar of 40 columns") { lines in
      let bars = lines.filter(Self.isBar)
      return bars.count == 1 && bars[0].count <= 37 && bars[0].hasPrefix("train     [")
    }
    #expect(narrow.allSatisfy { $0.count <= 40 })
    try terminal.press("C-c")
    let after = try terminal.wait(until: "end") { $0.contains { $0.hasPrefix("ended: ") } }
    #expect(after.contains("ended: 75"), "\(after)")
    #expect(!after.contains { $0.contains("[#") }, "\(after)")
  }

  @Test("In tmux, at 80 and at 40 columns, runs draws the course of NDCG within the window")
  func sparklines() throws {
    let shop = try Shop(.eighty)
    for _ in 1...3 { try expectSuccess(shop.night()) }
    for columns in [80, 40] {
      guard let terminal = try Terminal(shop, columns: columns) else { return }
      try terminal.type("ncf-batch runs; echo ended: $?")
      let shown = try terminal.wait(until: "end") { $0.contains { $0.hasPrefix("ended: ") } }
      #expect(shown.contains("ended: 0"))
      let line = try #require(shown.first { $0.hasPrefix("shop  ndcg ") }, "\(shown)")
      let course = line.dropFirst("shop  ndcg ".count).prefix(3)
      #expect(course.allSatisfy { ("\u{2581}"..."\u{2588}").contains($0) }, "\(line)")
    }
  }
}

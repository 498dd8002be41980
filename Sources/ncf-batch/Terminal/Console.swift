import Glibc
import Synchronization

/// Standard error: lines, and on a terminal a progress bar below them.
final class Console: Sendable {
  /// Whether a bar is drawn: standard error is a terminal that can go back to the line's start.
  let hasBar: Bool
  /// Whether colours are used.
  let hasColor: Bool

  /// The bar now on the screen; empty when there is none.
  private let shown = Mutex("")

  /// Finds out what standard error is.
  ///
  /// - Parameters:
  ///   - environment: `NO_COLOR` and `TERM` are looked at.
  ///   - allowBar: false for log lines even on a terminal.
  init(environment: [String: String], allowBar: Bool) {
    hasBar = allowBar && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    hasColor = hasBar && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Writes a line, above the bar if there is one.
  func line(_ text: String) {
    let text = hasBar ? Self.wrapped(text, width: Self.width) : text
    shown.withLock { bar in
      if bar.isEmpty {
        Self.write(text + "\n")
      } else {
        let wipe = Self.wipe(bar)
        // What did fit may do so no longer.
        bar = Self.fitting(bar)
        Self.write(wipe + text + "\n" + bar)
      }
    }
  }

  /// Draws the bar anew; does nothing where there is none.
  func show(bar text: String) {
    guard hasBar else { return }
    let fitting = Self.fitting(text)
    shown.withLock { bar in
      guard bar != fitting else { return }
      let wipe = Self.wipe(bar)
      bar = fitting
      Self.write(wipe + fitting)
    }
  }

  /// Wipes the bar.
  func endBar() {
    shown.withLock { bar in
      if !bar.isEmpty { Self.write(Self.wipe(bar)) }
      bar = ""
    }
  }

  /// As much of a bar as fits, with room behind it for the ^C that a terminal shows.
  private static func fitting(_ bar: String) -> String { String(bar.prefix(max(20, width - 3))) }

  /// What wipes a bar off the screen, also one that stands on several lines since the terminal has
  /// become narrower.
  private static func wipe(_ bar: String) -> String {
    let above = max(0, bar.count - 1) / max(1, width)
    return above == 0 ? "\r\u{1B}[K" : "\r\u{1B}[\(above)A\u{1B}[J"
  }

  /// A text whose lines break between words, two columns further in, where they would not fit.
  static func wrapped(_ text: String, width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      guard line.count > width, width >= 20 else { return String(line) }
      var lines = [""]
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        let place = lines.count - 1
        if lines[place].isEmpty {
          lines[place] = String(word)
        } else if lines[place].count + 1 + word.count <= width {
          lines[place] += " \(word)"
        } else {
          lines.append("  \(word)")
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Columns of the terminal now.
  static var width: Int {
    var size = winsize()
    let known = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }

  private static func write(_ text: String) {
    // Nobody can be told when standard error fails, so that is left be.
    _ = FileWriting.write(text, to: STDERR_FILENO)
  }
}

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
    shown.withLock { bar in
      if bar.isEmpty {
        Self.write(text + "\n")
      } else {
        Self.write("\r\u{1B}[K" + text + "\n" + bar)
      }
    }
  }

  /// Draws the bar anew; does nothing where there is none.
  func show(bar text: String) {
    guard hasBar else { return }
    let fitting = String(text.prefix(max(20, Self.width - 1)))
    shown.withLock { bar in
      guard bar != fitting else { return }
      bar = fitting
      Self.write("\r\u{1B}[K" + fitting)
    }
  }

  /// Wipes the bar.
  func endBar() {
    shown.withLock { bar in
      if !bar.isEmpty { Self.write("\r\u{1B}[K") }
      bar = ""
    }
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

import Glibc

/// What standard output can show.
struct Screen {
  /// Whether it is a terminal that has the blocks that lines are drawn with.
  let hasBlocks: Bool
  private let hasColor: Bool

  /// Finds out what standard output is.
  ///
  /// - Parameter environment: `NO_COLOR`, `TERM` and the locale's variables are looked at.
  init(environment: [String: String]) {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
    let locale = named.first { !$0.isEmpty }?.lowercased() ?? ""
    hasBlocks =
      isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
      && (locale.contains("utf-8") || locale.contains("utf8"))
    hasColor = hasBlocks && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Columns now.
  var width: Int {
    var size = winsize()
    let known = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }

  /// A text in red, where there are colours.
  func red(_ text: String) -> String { hasColor ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
}

import Formatting
import Glibc
import Jobs
import Operations

/// Findings of a check-up, one a line, on standard output.
struct CheckLines {
  private let hasColor: Bool

  /// Colours are for a terminal, and not where `NO_COLOR` is set.
  init(environment: [String: String]) {
    hasColor =
      isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
      && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Writes one finding.
  ///
  /// - Throws: `BatchError` with exit code 74 when it can't be written.
  func write(_ finding: Checkup.Finding) throws(BatchError) {
    let grade = Self.padded(finding.grade.rawValue, 6)
    var line = hasColor ? "\u{1B}[\(Self.color(finding.grade))m\(grade)\u{1B}[m" : grade
    line += Self.padded(finding.subject.rawValue, 15) + TextTable.harmless(finding.text)
    if let advice = finding.advice { line += ". What to do: \(TextTable.harmless(advice))" }
    try StandardOutput.write(line + "\n")
  }

  private static func color(_ grade: Checkup.Finding.Grade) -> Int {
    switch grade {
    case .ok: 32
    case .warn: 33
    case .fail: 31
    case .skip: 2
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

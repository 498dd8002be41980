import ArgumentParser
import Jobs

/// Parts that every command's help has, in one form.
enum Manual {
  /// Commands to copy, each with what it does.
  static func examples(_ lines: [(command: String, what: String)]) -> String {
    let width = lines.map(\.command.count).max() ?? 0
    return "EXAMPLES\n"
      + lines.map { line in
        "  \(line.command)\(String(repeating: " ", count: width - line.command.count))  \(line.what)"
      }.joined(separator: "\n")
  }

  /// The codes that a command ends with.
  ///
  /// - Parameters:
  ///   - success: what 0 means here.
  ///   - codes: the others, usage and bugs aside, which every command has.
  /// - Returns: a heading and a line for each.
  static func exitCodes(_ success: String, _ codes: some Sequence<Jobs.ExitCode>) -> String {
    let all = Set(codes).union([.usage, .software]).sorted { $0.rawValue < $1.rawValue }
    let lines = all.map { (Int($0.rawValue), meaning($0)) }
    return "EXIT CODES\n"
      + ([(0, success)] + lines).map { code, what in
        "  \(code < 10 ? " " : "")\(code)  \(what)"
      }.joined(separator: "\n")
  }

  private static func meaning(_ code: Jobs.ExitCode) -> String {
    switch code {
    case .success: "published, or nothing to do"
    case .refused: "refused by the gate; the old lists are still served"
    case .usage: "usage"
    case .data: "the data can't be used"
    case .unavailable: "the server can't be reached, or was lost"
    case .software: "a bug"
    case .io: "local reading or writing failed, or a disk is full"
    case .temporary: "try again: another run is at work, or a signal stopped it"
    case .permission: "no permission"
    case .configuration: "configuration"
    }
  }
}

extension CompletionKind {
  /// Files of jobs.
  static var yaml: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}

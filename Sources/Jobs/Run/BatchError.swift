import Formatting

extension BatchError {
  /// The message in one line, for `ncf.runs.reason`.
  package var recordText: String {
    var text = what
    if let server {
      text += ": " + server.message
      if let state = server.sqlState { text += " (\(state))" }
    }
    return text
  }
}

/// Why a command ended without doing its work: text for people, and an exit code for programs.
package struct BatchError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the server said, without any value of a row.
  package struct Server: Sendable, Equatable {
    /// Five characters of SQLSTATE, where the server gave them.
    package var sqlState: String?
    /// The server's primary message.
    package var message: String
    /// The server's hint, if it gave one.
    package var hint: String?

    /// The server's words.
    package init(sqlState: String?, message: String, hint: String? = nil) {
      (self.sqlState, self.message, self.hint) = (sqlState, message, hint)
    }
  }

  /// What the process returns.
  package var exitCode: ExitCode
  /// What was tried, on what.
  package var what: String
  /// What the server said, if it was the server.
  package var server: Server?
  /// What readers still see, for example "the lists of run 12"; nil when nothing is known.
  package var stillServed: String?
  /// What to do.
  package var advice: String?

  /// An error with its parts; a password that one of them quotes is hidden.
  package init(
    _ exitCode: ExitCode, _ what: String, server: Server? = nil, stillServed: String? = nil,
    advice: String? = nil
  ) {
    self.exitCode = exitCode
    self.what = Redaction.hidingPasswords(in: what)
    (self.server, self.stillServed) = (server, stillServed)
    self.advice = advice.map(Redaction.hidingPasswords)
  }

  /// What to do about a failure that must not happen.
  package static let bugAdvice =
    "this is a bug of ncf-batch; please report it with this message"

  /// All parts, one a line: what; what the server said; what is still served; what to do.
  package var description: String {
    var lines = [what]
    if let server {
      let state = server.sqlState.map { " (SQLSTATE \($0))" } ?? ""
      lines.append("the server said: \(server.message)\(state)")
      if let hint = server.hint { lines.append("its hint: \(hint)") }
    }
    if let stillServed { lines.append("still served: \(stillServed)") }
    if let advice { lines.append("what to do: \(advice)") }
    return lines.joined(separator: "\n")
  }
}

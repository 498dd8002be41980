import Formatting

/// What libpq says, verbosely, about a connection that failed.
struct ConnectionReport: Equatable {
  /// The last SQLSTATE in it; several hosts may each have given one.
  let sqlState: String?
  /// Its sentences in one line, without codes and source locations.
  let message: String

  /// Reads libpq's text.
  ///
  /// A verbose report of the server reads `FATAL:  28P01: password authentication failed …`,
  /// whatever the language of its words.
  init(_ report: String) {
    var state: String?
    var sentences: [String] = []
    for line in report.split(whereSeparator: \.isNewline) {
      var line = String(line)
      if line.hasPrefix("LOCATION:") { continue }
      if let marker = line.firstRange(of: ":  ") {
        let after = line[marker.upperBound...]
        let code = after.prefix(5)
        if code.utf8.count == 5, code.utf8.allSatisfy(Self.isCodeCharacter),
          after.dropFirst(5).hasPrefix(": ")
        {
          state = String(code)
          line = line[..<marker.lowerBound] + ": " + after.dropFirst(7)
        }
      }
      sentences.append(
        line.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
    sqlState = state
    message = sentences.isEmpty ? "connecting failed" : sentences.joined(separator: "; ")
  }

  /// Whether TLS or GSSAPI is what failed; libpq gives no code for it.
  var mentionsEncryption: Bool {
    ["SSL", "certificate", "GSSAPI", "sslmode"].contains { message.contains($0) }
  }

  /// Whether a value among the parameters is what failed, before anything was sent.
  var mentionsInvalidSetting: Bool {
    message.hasPrefix("invalid ") || message.contains("for connection option")
  }

  /// Whether nobody answered in time.
  var timedOut: Bool { message.contains("timeout expired") }

  /// A text without anything that it quotes, from its first quotation mark to its last.
  static func unquoted(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\"") else {
      return line
    }
    return line[..<first] + Redaction.mask + line[line.index(after: last)...]
  }

  private static func isCodeCharacter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}

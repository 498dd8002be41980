/// Keeps passwords out of texts that people and logs see.
package struct Redaction: Sendable {
  /// What stands in a password's place.
  package static let mask = "***"

  /// Passwords known to be in use, and their percent-encoded forms.
  private var secrets: [String] = []

  /// Hides passwords that the form of a text gives away.
  package init() {}

  /// Hides passwords in connection strings and URIs, and whatever else is assigned to the word.
  ///
  /// - Parameter text: an argument of a command, a message or a query.
  /// - Returns: the text with `***` in their places; the same text when there is none.
  package static func hidingPasswords(in text: String) -> String { Redaction()(text) }

  /// Remembers passwords to hide.
  ///
  /// A password that is also the name of the user, database or host is left readable: hiding those
  /// words would spoil every message and hide nothing. Nor are three characters or fewer hidden.
  package init(passwords: [String?], publicWords: [String?]) {
    for case .some(let password) in passwords
    where password.utf8.count > 3 && !publicWords.contains(password) {
      secrets.append(password)
    }
  }

  /// The text without passwords: neither those remembered nor any that its form gives away.
  package func callAsFunction(_ text: String) -> String {
    var text = text
    for secret in secrets { text = text.replacing(secret, with: Self.mask) }
    return Self.hidingAssignments(in: Self.hidingCredentials(in: text))
  }

  /// Whether a text is a connection URI.
  package static func isURI(_ text: String) -> Bool {
    text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
  }

  /// Whether parts of a password may end up as host, port or database name.
  ///
  /// libpq ends a URI's credentials at the first `@` or `/`, so a password with such a character
  /// spills into the names it complains about; so does a URI without its scheme.
  package static func mayMistakeCredentials(_ database: String) -> Bool {
    guard let at = database.lastIndex(of: "@") else { return false }
    guard let scheme = database.firstRange(of: "://") else {
      return !database.contains("=") && database[..<at].contains(":")
    }
    let credentials = database[scheme.upperBound...].prefix(upTo: at)
    if let query = database.firstIndex(of: "?"), query < at {
      // An "@" among the options is fine when the credentials themselves end before.
      let authority = database[scheme.upperBound..<query]
      let ends = authority.filter { $0 == "@" }.count
      let beforeHost = authority.prefix { $0 != "@" }
      return ends != 1 || beforeHost.contains("/")
    }
    return credentials.contains { $0 == "/" || $0 == "@" || $0 == "?" || $0 == "#" }
  }

  /// Hides what stands between `:` and `@` of every `scheme://user:password@host`.
  private static func hidingCredentials(in text: String) -> String {
    guard text.contains("://") else { return text }
    var result = ""
    var rest = text[...]
    while let scheme = rest.firstRange(of: "://") {
      result += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let word = rest.prefix { !$0.isWhitespace && $0 != "'" && $0 != "\"" }
      if let at = word.lastIndex(of: "@"), let colon = word.firstIndex(of: ":"), colon < at {
        result += word[...colon] + mask
        rest = rest[at...]
      } else if let colon = word.firstIndex(where: { $0 == ":" || $0 == "/" }),
        word[colon] == ":", !isPort(word[colon...].dropFirst())
      {
        // The rest may have been cut off, as the server does with a name of more than 63 bytes.
        result += word[...colon] + mask
        rest = rest[word.endIndex...]
      }
    }
    return result + rest
  }

  /// Whether what follows a colon begins with a port number, as behind a host's name, or is nothing.
  private static func isPort(_ text: Substring) -> Bool {
    if text.isEmpty { return true }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let after = text.dropFirst(digits.count).first
    return (1...5).contains(digits.count)
      && (after == nil || after == "/" || after == "," || after == "?")
  }

  /// Hides what follows `password`, as in `password=x`, `PASSWORD 'x'` or `password: "x"`.
  private static func hidingAssignments(in text: String) -> String {
    guard text.lowercased().contains("password") else { return text }
    let bytes = Array(text.utf8)
    var kept: [UInt8] = []
    var position = 0
    while position < bytes.count {
      guard startsWithPassword(bytes, at: position) else {
        kept.append(bytes[position])
        position += 1
        continue
      }
      var next = position + 8
      // The word itself may stand in quotes, as the name of an option or column.
      if position > 0, next < bytes.count, isQuote(bytes[next]), bytes[position - 1] == bytes[next]
      {
        next += 1
      }
      while next < bytes.count, isSpace(bytes[next]) { next += 1 }
      var assigned = false
      if next < bytes.count, bytes[next] == UInt8(ascii: "=") || bytes[next] == UInt8(ascii: ":") {
        assigned = true
        next += 1
        while next < bytes.count, isSpace(bytes[next]) { next += 1 }
      }
      if next + 1 < bytes.count, bytes[next] | 0x20 == UInt8(ascii: "e"), isQuote(bytes[next + 1]) {
        next += 1
      }
      let opening = next
      while next < bytes.count, isQuote(bytes[next]) { next += 1 }
      let quotes = next - opening
      let dollar = next < bytes.count && bytes[next] == UInt8(ascii: "$")
      guard quotes > 0 || assigned || dollar else {
        kept += bytes[position..<(position + 8)]
        position += 8
        continue
      }
      kept += bytes[position..<next]
      kept += Array(mask.utf8)
      position = endOfSecret(bytes, from: next, quotes: quotes)
    }
    return String(decoding: kept, as: UTF8.self)
  }

  /// Where the secret that starts at `start` ends: at the run of quotes that closes it (a doubled
  /// quote inside is part of it), or, unquoted, at a space, quote, bracket, `&` or `;`.
  private static func endOfSecret(_ bytes: [UInt8], from start: Int, quotes: Int) -> Int {
    var position = start
    while position < bytes.count {
      if quotes > 0 {
        var run = position
        while run < bytes.count, isQuote(bytes[run]) { run += 1 }
        if run > position, (run - position) % (2 * quotes) != 0 { return position }
        position = max(run, position + 1)
      } else {
        let byte = bytes[position]
        let ends = isSpace(byte) || isQuote(byte) || ")&;,".utf8.contains(byte)
        if ends { return position }
        position += 1
      }
    }
    return position
  }

  private static func startsWithPassword(_ bytes: [UInt8], at position: Int) -> Bool {
    let word = "password".utf8
    guard bytes.count - position >= word.count else { return false }
    return zip(bytes[position...], word).allSatisfy { $0 | 0x20 == $1 }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"")
  }
}

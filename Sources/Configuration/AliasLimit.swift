/// Keeps a file from growing beyond measure by aliases of aliases.
///
/// A few lines can stand for billions of values, and merely comparing two of them takes forever. A job
/// that repeats itself thirty times is not a job.
enum AliasLimit {
  /// How many aliases a file may have: of so few, each doubling or trebling, nothing large comes.
  static let most = 30

  /// Says what is wrong with a text that may have more; nil when it has not.
  ///
  /// Words in quotes, comments and queries count too where they look like one, and only in a text that
  /// has something that looks like an anchor.
  static func problem(_ text: String) -> String? {
    var (anchors, aliases) = (0, 0)
    var before: UInt8 = 0x0A
    var sign: UInt8 = 0
    for byte in text.utf8 {
      if sign != 0, isName(byte) {
        if sign == 0x2A { aliases += 1 } else { anchors += 1 }
      }
      // An alias or an anchor stands at the beginning of a value or a key.
      sign = (byte == 0x2A || byte == 0x26) && !isName(before) ? byte : 0
      before = byte
    }
    guard anchors > 0, aliases > most else { return nil }
    return "the file has \(aliases) aliases (*name); at most \(most) are taken"
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
    default: false
    }
  }
}

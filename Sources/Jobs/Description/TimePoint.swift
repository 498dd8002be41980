/// A moment, given outright or as an age before the server's now.
package enum TimePoint: Sendable, Equatable, CustomStringConvertible {
  /// Microseconds since 1970-01-01T00:00:00Z.
  case absolute(microseconds: Int64)
  /// So long before the server's now.
  case age(Age)

  /// An age as it was given, or seconds since 1970 UTC with a leading `@`.
  package var description: String {
    switch self {
    case .age(let age): age.description
    case .absolute(let microseconds): "@\(Double(microseconds) / 1_000_000)"
    }
  }

  /// The age as the text of an SQL interval; nil for a moment given outright.
  package var interval: String? { if case .age(let age) = self { age.interval } else { nil } }

  /// The moment given outright, microseconds since 1970; nil for an age.
  package var microseconds: Int64? {
    if case .absolute(let microseconds) = self { microseconds } else { nil }
  }

  /// A moment from text: an age such as `90d`, or ISO 8601 (`2026-01-01`, `2026-01-01T06:30:00Z`,
  /// `2026-01-01T06:30+02:00`); without a zone it is UTC.
  package init?(_ text: String) {
    if let age = Age(text) {
      self = .age(age)
      return
    }
    var reader = ISOReader(rest: text.utf8[...])
    guard let microseconds = reader.read() else { return nil }
    self = .absolute(microseconds: microseconds)
  }
}

/// Reads the subset of ISO 8601 that people type for moments.
private struct ISOReader {
  var rest: Substring.UTF8View

  mutating func read() -> Int64? {
    guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
      (1970...9999).contains(year), (1...12).contains(month),
      (1...Self.days(in: month, of: year)).contains(day)
    else { return nil }
    var seconds = Self.daysSince1970(year: year, month: month, day: day) * 86_400
    var fraction = 0
    if take("T") || take(" ") {
      guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else {
        return nil
      }
      seconds += hour * 3600 + minute * 60
      if take(":") {
        guard let second = number(2), second < 60 else { return nil }
        seconds += second
        if take(".") {
          guard let read = fractionInMicroseconds() else { return nil }
          fraction = read
        }
      }
      guard let offset = zone() else { return nil }
      seconds -= offset
    }
    return rest.isEmpty ? Int64(seconds) * 1_000_000 + Int64(fraction) : nil
  }

  private mutating func zone() -> Int? {
    if rest.isEmpty || take("Z") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = number(2), hours <= 15 else { return nil }
    var minutes = 0
    if take(":") || !rest.isEmpty {
      guard let read = number(2), read < 60 else { return nil }
      minutes = read
    }
    return sign * (hours * 3600 + minutes * 60)
  }

  private mutating func fractionInMicroseconds() -> Int? {
    var value = 0
    var digits = 0
    while let byte = rest.first, (0x30...0x39).contains(byte), digits < 6 {
      value = value * 10 + Int(byte - 0x30)
      digits += 1
      rest.removeFirst()
    }
    guard digits > 0 else { return nil }
    while digits < 6 {
      value *= 10
      digits += 1
    }
    return value
  }

  private mutating func number(_ digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
      rest.removeFirst()
    }
    return value
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2:
      year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days of the proleptic Gregorian calendar, counted in years that begin in March.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let marchYear = month > 2 ? year : year - 1
    let marchMonth = month > 2 ? month - 3 : month + 9
    let leaps = marchYear / 4 - marchYear / 100 + marchYear / 400
    return 365 * marchYear + leaps + (153 * marchMonth + 2) / 5 + day - 1 - 719_468
  }
}

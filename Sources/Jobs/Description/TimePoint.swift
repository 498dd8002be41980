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
    guard let microseconds = Self.microseconds(ofISO: text) else { return nil }
    self = .absolute(microseconds: microseconds)
  }

  /// Reads the subset of ISO 8601 that people type for moments.
  private static func microseconds(ofISO text: String) -> Int64? {
    let form =
      #/
      ([0-9]{4}) - ([0-9]{2}) - ([0-9]{2})
      (?: [T\x20] ([0-9]{2}) : ([0-9]{2}) (?: : ([0-9]{2}) (?: \. ([0-9]{1,6}) )? )?
        (?: Z | ([+\-]) ([0-9]{2}) (?: :? ([0-9]{2}) )? )? )?
      /#
    guard let found = text.wholeMatch(of: form)?.output else { return nil }
    func number(_ digits: Substring?) -> Int { digits.flatMap { Int($0) } ?? 0 }
    let (year, month, day) = (number(found.1), number(found.2), number(found.3))
    let (hour, minute, second) = (number(found.4), number(found.5), number(found.6))
    let (zoneHours, zoneMinutes) = (number(found.9), number(found.10))
    guard (1970...9999).contains(year), (1...12).contains(month),
      (1...days(in: month, of: year)).contains(day), hour < 24, minute < 60, second < 60,
      zoneHours <= 15, zoneMinutes < 60
    else { return nil }
    let fraction = number(((found.7 ?? "") + "000000").prefix(6))
    let ahead = (zoneHours * 3600 + zoneMinutes * 60) * (found.8 == "-" ? -1 : 1)
    let seconds =
      daysSince1970(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60
      + second - ahead
    return Int64(seconds) * 1_000_000 + Int64(fraction)
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

/// A length of time as people write it: a count and a unit, such as `90d` or `2y`.
///
/// The server subtracts it from its own clock, so months and years are those of the calendar.
package struct Age: Sendable, Equatable, Codable, CustomStringConvertible {
  /// Units, by their letters.
  package enum Unit: String, Sendable, Codable, CaseIterable {
    case second = "s"
    case minute = "min"
    case hour = "h"
    case day = "d"
    case week = "w"
    case month = "mo"
    case year = "y"
  }

  /// How many units; above 0.
  package let count: Int
  /// The unit.
  package let unit: Unit

  /// An age of `count` units.
  package init(_ count: Int, _ unit: Unit) {
    (self.count, self.unit) = (count, unit)
  }

  /// An age from text: a whole number from 1 to 1000000 and one of s, min, h, d, w, mo, y.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits), (1...1_000_000).contains(count),
      let unit = Unit(rawValue: String(text.dropFirst(digits.count)))
    else { return nil }
    self.init(count, unit)
  }

  /// The text that `init(_:)` reads.
  package var description: String { "\(count)\(unit.rawValue)" }

  /// Its length in seconds, with months of 30.4375 days and years of 365.25.
  package var seconds: Double { Double(count) * measure.seconds }

  /// The text of an SQL interval.
  package var interval: String { "\(count) \(measure.name)" }

  /// The unit's name in SQL and its mean length.
  private var measure: (name: String, seconds: Double) {
    switch unit {
    case .second: ("seconds", 1)
    case .minute: ("minutes", 60)
    case .hour: ("hours", 3_600)
    case .day: ("days", 86_400)
    case .week: ("weeks", 604_800)
    case .month: ("months", 2_629_800)
    case .year: ("years", 31_557_600)
    }
  }
}

import FoundationEssentials
package import Jobs

/// The moments that a backtest replays nights at.
package struct BacktestPlan: Sendable, Equatable {
  /// A night and the time that its lists are judged by, in seconds since 1970 UTC.
  package struct Period: Sendable, Equatable {
    /// The night: it knows the events before.
    package let moment: UInt32
    /// The next night, or the end.
    package let until: UInt32
  }

  /// The most nights of a backtest.
  package static let mostNights = 10_000

  /// The nights, in order.
  package let periods: [Period]
  /// Seconds between two nights.
  package let step: UInt32

  /// Plans the nights from a moment until another.
  ///
  /// The last night is judged until the end, which may be less than a step away.
  ///
  /// - Parameters:
  ///   - from: the first night.
  ///   - end: where the last night's time ends.
  ///   - every: the time between two nights.
  /// - Throws: `BatchError` (64) where there are no such nights.
  package init(from: TimePoint, to end: TimePoint, every: Age) throws(BatchError) {
    let (first, last) = (try Self.second(from, "--from"), try Self.second(end, "--to"))
    if every.unit == .month || every.unit == .year {
      throw BatchError(
        .usage, "--every must be of seconds, minutes, hours, days or weeks, not \(every)",
        advice: "months and years differ in length: name days, such as 30d")
    }
    guard first < last else {
      throw BatchError(
        .usage, "--from must be before --to",
        advice: "the lists of the night at --from are judged by what came until --to")
    }
    let step = UInt32(clamping: Int64(every.seconds))
    let nights = (Int(last - first) + Int(step) - 1) / Int(step)
    guard nights <= Self.mostNights else {
      throw BatchError(
        .usage, "\(nights) nights are more than \(Self.mostNights)",
        advice: "make --every longer, or the time shorter")
    }
    self.step = step
    periods = stride(from: Int(first), to: Int(last), by: Int(step)).map { moment in
      Period(
        moment: UInt32(moment), until: UInt32(min(moment + Int(step), Int(last))))
    }
  }

  /// The first night.
  var first: UInt32 { periods.first?.moment ?? 0 }
  /// Where the last night's time ends.
  package var end: UInt32 { periods.last?.until ?? 0 }

  private static func second(_ point: TimePoint, _ name: String) throws(BatchError) -> UInt32 {
    guard let microseconds = point.microseconds else {
      throw BatchError(
        .usage, "\(name) must be a moment such as 2026-01-01 or 2026-01-01T03:00Z, not \(point)",
        advice: "an age would name other nights each time, so that none could be gone on from")
    }
    guard let second = UInt32(exactly: microseconds / 1_000_000), second > 0 else {
      throw BatchError(
        .usage, "\(name) must lie between 1970 and 2106",
        advice: "a night can be judged only by what has happened")
    }
    return second
  }

  /// A moment for people: the day, with the time where it is not midnight, UTC.
  package static func text(_ second: UInt32) -> String {
    let iso = Date(timeIntervalSince1970: Double(second)).formatted(.iso8601)
    return iso.hasSuffix("T00:00:00Z") ? String(iso.prefix(10)) : iso
  }
}

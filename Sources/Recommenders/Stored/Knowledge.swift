package import Interactions
package import NCF

/// What a run knew of the log when it trained its model: what it held out, and what was there.
///
/// It is stored with the model. A later run tells by it which interactions the model has learnt, so
/// that it trains on the others and holds none of them out.
package struct Knowledge: Sendable, Equatable {
  /// Until when events are known: the server's clock in the pull's transaction, `--until` where that is
  /// earlier, or the moment of the split by the clock; microseconds since 1970 UTC.
  package var watermark: Int64
  /// Since when interactions were recent, seconds since 1970 UTC.
  package var recentFrom: Int64
  /// Each user's test item, -1 for none; by the model's own indices.
  package var test: [Int32]
  /// Each user's validation item, -1 for none.
  package var validation: [Int32]
  /// Each user's recent items: later ones may have come in late.
  package var recent: UserItems
  /// How many older interactions there were in each day, counted back from `recentFrom`.
  package var days: [Int64]
  /// The split by the clock; nil where each user's latest interactions were held out.
  package var clock: Clock?

  /// A split by the clock: nothing is known from the watermark on.
  package struct Clock: Sendable, Equatable {
    /// How long before the newest event the test began, in seconds.
    package var horizon: Int64
    /// The server's clock in the pull's transaction, or `--until` where that is earlier, microseconds since
    /// 1970 UTC.
    package var seen: Int64
    /// How many interactions had been read from the watermark on.
    package var pending: Int64

    /// Creates a value from its parts.
    package init(horizon: Int64, seen: Int64, pending: Int64) {
      (self.horizon, self.seen, self.pending) = (horizon, seen, pending)
    }
  }

  /// What is known of a log that was split.
  ///
  /// - Parameters:
  ///   - table: the log.
  ///   - split: how it was split.
  ///   - watermark: the server's clock in the pull's transaction, microseconds since 1970 UTC.
  ///   - microseconds: since when interactions were recent, microseconds since 1970 UTC.
  ///   - clock: of a split by the clock, which holds nothing of the table out.
  package init(
    _ table: InteractionTable, _ split: HoldoutSplit, watermark: Int64,
    recentFrom microseconds: Int64, clock: Clock? = nil
  ) {
    (self.watermark, self.clock) = (watermark, clock)
    recentFrom = microseconds.floorDivided(by: 1_000_000)
    let none = [Int32](repeating: -1, count: table.userCount)
    test = clock == nil ? split.test : none
    validation = clock == nil ? split.validation : none
    var (offsets, items): ([Int], [UInt32]) = ([0], [])
    offsets.reserveCapacity(table.userCount + 1)
    days = []
    for user in 0..<table.userCount {
      for row in table.offsets[user]..<table.offsets[user + 1] {
        if let day = Self.day(of: table.seconds[row], before: recentFrom) {
          while days.count <= day { days.append(0) }
          days[day] += 1
        } else {
          items.append(table.items[row])
        }
      }
      offsets.append(items.count)
    }
    recent = UserItems(offsets: offsets, items: items)
  }

  /// In which day before a moment another one lies, 0 for the last; nil for one that is not before.
  package static func day(of second: UInt32, before moment: Int64) -> Int? {
    let passed = moment - Int64(second)
    return passed > 0 ? Int((passed - 1) / 86_400) : nil
  }
}

extension Int64 {
  /// The quotient, rounded down also below 0.
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

/// What is known as tensors beside the model, in whole numbers: `log.times` (watermark in microseconds,
/// start of what is recent in seconds), `log.test` and `log.validation` (an item for each user, -1 for
/// none), `log.recent.offsets` and `log.recent.items`, `log.days`, and for a split by the clock `log.clock`
/// (horizon in seconds, watermark of the pull in microseconds, interactions beyond the split).
extension Knowledge {
  /// The tensors.
  package var tensors: [SafeTensors.Tensor] {
    func tensor(
      _ name: String, _ axis: TensorAxis, _ values: [some BinaryInteger]
    ) -> SafeTensors.Tensor {
      SafeTensors.Tensor(name: "log.\(name)", axis: axis, integers: values.map { Int64($0) })
    }
    return [
      tensor("times", .dense, [watermark, recentFrom]), tensor("test", .rows(.user), test),
      tensor("validation", .rows(.user), validation),
      tensor("recent.offsets", .offsets(.user), recent.offsets),
      tensor("recent.items", .lists(.user, offsets: "log.recent.offsets"), recent.items),
      tensor("days", .dense, days),
    ] + (clock.map { [tensor("clock", .dense, [$0.horizon, $0.seen, $0.pending])] } ?? [])
  }

  /// Reads it back; nil when the file is of a version that stored none.
  ///
  /// - Throws: `CheckpointError`, `DamagedModel` when it is not what it must be.
  init?(_ file: SafeTensors, userCount: Int, itemCount: Int) throws {
    guard file.tensors.contains(where: { $0.name == "log.times" }) else { return nil }
    func numbers(_ name: String) throws -> [Int64] { try file.tensor(name, .i64).integers }
    func holdout(_ name: String) throws -> [Int32] {
      let items = try numbers(name)
      guard items.count == userCount, items.allSatisfy({ (-1..<Int64(itemCount)).contains($0) })
      else { throw DamagedModel(description: "\(name) does not hold an item for each user") }
      return items.map { Int32($0) }
    }
    let times = try numbers("log.times")
    let offsets = try numbers("log.recent.offsets")
    let items = try numbers("log.recent.items")
    guard times.count == 2, offsets.count == userCount + 1, offsets.first == 0,
      offsets.last == Int64(items.count),
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
      items.allSatisfy({ (0..<Int64(itemCount)).contains($0) })
    else { throw DamagedModel(description: "what it knew of the log is not in order") }
    let years: Range<Int64> = -62_135_596_800..<253_402_300_800
    guard years.contains(times[0] / 1_000_000), years.contains(times[1]) else {
      throw DamagedModel(description: "log.times lie outside the years 1 to 9999")
    }
    (watermark, recentFrom) = (times[0], times[1])
    test = try holdout("log.test")
    validation = try holdout("log.validation")
    recent = UserItems(offsets: offsets.map { Int($0) }, items: items.map { UInt32($0) })
    if file.tensors.contains(where: { $0.name == "log.clock" }) {
      let numbers = try numbers("log.clock")
      guard numbers.count == 3, numbers[0] > 0, numbers[2] >= 0,
        years.contains(numbers[1] / 1_000_000)
      else { throw DamagedModel(description: "log.clock is no split by the clock") }
      clock = Clock(horizon: numbers[0], seen: numbers[1], pending: numbers[2])
    }
    days = try numbers("log.days")
    guard days.allSatisfy({ $0 >= 0 }), days.count <= 4_000_000 else {
      throw DamagedModel(description: "log.days does not hold a count for each day")
    }
  }
}

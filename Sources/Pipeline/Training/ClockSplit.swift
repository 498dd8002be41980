import Interactions
import Jobs
import Recommenders
import RunSupport
import Source

/// The moments of a split by the clock.
struct ClockSplit: Equatable {
  /// The test begins here: the first second that the tested model does not know, since 1970 UTC.
  let cut: UInt32
  /// Seconds from the beginning of the test to the newest event, as it was when the horizon was chosen.
  let horizon: UInt32

  /// A split whose moments are known.
  init(cut: UInt32, horizon: UInt32) { (self.cut, self.horizon) = (cut, horizon) }

  /// Where validation begins: one horizon before the test.
  var validationCut: UInt32 { cut - min(horizon, cut) }

  /// The same one horizon earlier.
  var earlier: ClockSplit { ClockSplit(cut: validationCut, horizon: horizon) }

  /// Lengths that are tried, in days.
  static let days: [UInt32] = [1, 7, 28, 90]
  /// How many users must be tested, in the test and in validation.
  static let fewestUsers = 2_000

  /// Chooses the moments for a log; fails where no length has enough users to test.
  ///
  /// - Parameters:
  ///   - pulled: the log.
  ///   - evaluation: the job's settings; a horizon that it names is taken as it is.
  ///   - kept: the horizon of the choice or the parent that is gone on with; nil for none.
  ///   - parent: where that parent's test began, in seconds; the test never begins earlier.
  init?(
    _ pulled: Dataset, _ evaluation: Job.Evaluation, kept: UInt32? = nil,
    notBefore parent: UInt32 = 0
  ) {
    let newest = UInt32(clamping: min(pulled.times.watermark, pulled.times.latest) / 1_000_000)
    func cut(_ horizon: UInt32) -> UInt32 { max(parent, newest - min(horizon, newest)) }
    if let given = kept ?? evaluation.horizon.seconds {
      (self.cut, horizon) = (cut(given), given)
      return
    }
    let table = pulled.table
    let tested = Self.days.map { $0 * 86_400 }.first { horizon in
      let from = cut(horizon)
      return [(from, UInt32.max), (from - min(horizon, from), from)].allSatisfy {
        Self.testedUsers(table, from: $0.0, until: $0.1) >= Self.fewestUsers
      }
    }
    guard let tested else { return nil }
    (self.cut, horizon) = (cut(tested), tested)
  }

  /// How many users can be validated, about.
  func validatedUsers(_ pulled: Dataset) -> Int {
    Self.testedUsers(pulled.table, from: validationCut, until: cut)
  }

  /// How many users have a history before a moment and a new item from then on.
  private static func testedUsers(
    _ table: InteractionTable, from start: UInt32, until end: UInt32
  ) -> Int {
    (0..<table.userCount).count { user in
      let seconds = table.seconds[table.offsets[user]..<table.offsets[user + 1]]
      return seconds.contains { $0 < start } && seconds.contains { $0 >= start && $0 < end }
    }
  }
}

extension ClockSplit {
  /// Chooses the moments of a run.
  ///
  /// The horizon of the choice of a method, or of the run that is gone on from, is kept.
  ///
  /// - Parameters:
  ///   - inputs: what was read, and the parent.
  ///   - selection: the method that was chosen; nil where the job names it.
  ///   - context: the run; it is told where a split by the clock can't be had.
  /// - Returns: nil for a split by each user's latest interactions.
  static func chosen(
    _ inputs: RunInputs, _ selection: MethodSelection?, _ context: RunContext
  ) -> ClockSplit? {
    let evaluation = context.job.evaluation
    guard evaluation.split == .clock else { return nil }
    if case .parent(let parent) = inputs.found, parent.obstacle == nil {
      return parent.knowledge.clock.flatMap { clock in
        ClockSplit(
          inputs.pulled, evaluation, kept: UInt32(clamping: clock.horizon),
          notBefore: UInt32(clamping: parent.knowledge.watermark / 1_000_000))
      }
    }
    if let choice = selection?.choice {
      return choice.horizon.flatMap { ClockSplit(inputs.pulled, evaluation, kept: $0) }
    }
    return told(ClockSplit(inputs.pulled, evaluation), context)
  }

  /// Tells where a log has too few users for a split by the clock.
  static func told(_ split: ClockSplit?, _ context: RunContext) -> ClockSplit? {
    if split == nil {
      context.notice(
        "no horizon of up to \(days.last ?? 0) days has \(fewestUsers) users to test by the clock: "
          + "each user's latest interactions are held out instead")
    }
    return split
  }
}

/// How fast trials are, from those that are finished and the one at work.
struct Pace {
  private var cost = 0.0
  private var seconds = 0.0

  /// Takes a finished trial.
  ///
  /// - Parameters:
  ///   - cost: the most that it could be, `Trial.cost`.
  ///   - seconds: what it took; fewer than its cost says where epochs were stopped early.
  mutating func add(cost: Double, seconds: Double) {
    self.cost += cost
    self.seconds += seconds
  }

  /// The trial at work.
  struct Course {
    /// Its `Trial.cost`.
    var cost: Double
    /// How much of that lies behind it.
    var done: Double
    /// What that took, with the seconds of what was known before.
    var seconds: Double
  }

  /// The share of a trial after which it goes by its own pace.
  private static let acquainted = 0.1

  /// Estimates how long it takes until all trials are finished.
  ///
  /// How costs compare between methods and widths is known roughly only, so that what finished trials
  /// took counts for less the further the trial at work is.
  ///
  /// - Parameters:
  ///   - course: the trial at work.
  ///   - rest: the cost of those that come after it.
  /// - Returns: seconds; nil while nothing has been seen.
  func secondsLeft(_ course: Course, rest: Double) -> Double? {
    let all = (cost: cost + course.done, seconds: seconds + course.seconds)
    guard all.cost > 0, all.seconds > 0 else { return nil }
    let usual = cost > 0 ? seconds / cost : all.seconds / all.cost
    let own = course.done > 0 ? course.seconds / course.done : usual
    let trust = min(1, course.done / course.cost / Self.acquainted)
    let rate = usual + trust * (own - usual)
    return rate * max(0, course.cost - course.done) + all.seconds / all.cost * rest
  }
}

import Glibc
package import Jobs

/// Announces stages and measures them.
package struct StageTimer {
  private let context: RunContext

  /// For the stages of a run.
  package init(_ context: RunContext) { self.context = context }

  /// Runs a stage between its two events and adds its record.
  ///
  /// - Parameters:
  ///   - stage: which one.
  ///   - records: where the record goes.
  ///   - body: the stage; gives its value, and the rows and bytes that went through it.
  /// - Returns: the stage's value.
  /// - Throws: what `body` throws, and `BatchError` when the run is to stop.
  package func time<Value>(
    _ stage: Stage, into records: inout [StageRecord],
    _ body: () throws -> (Value, rows: Int, bytes: Int)
  ) throws -> Value {
    try context.interruption.check()
    context.observer.observe(.stageBegan(stage))
    let start = context.clock()
    let (value, rows, bytes) = try body()
    let record = StageRecord(
      stage: stage, seconds: context.clock() - start, rows: rows, bytes: bytes,
      peakRSSBytes: ProcessUsage.peakRSSBytes)
    records.append(record)
    context.observer.observe(.stageEnded(record))
    return value
  }
}

/// What this process has used so far.
package enum ProcessUsage {
  /// Largest resident size since the process began, bytes.
  package static var peakRSSBytes: Int {
    var usage = rusage()
    guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
    return usage.ru_maxrss * 1024
  }
}

/// A clock that never goes back.
package enum MonotonicClock {
  /// Seconds since this process first asked.
  package static let seconds: @Sendable () -> Double = {
    let elapsed = ContinuousClock.now - origin
    let (seconds, attoseconds) = elapsed.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
  private static let origin = ContinuousClock.now
}

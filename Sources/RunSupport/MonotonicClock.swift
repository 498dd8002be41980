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

import Interactions
package import Jobs

/// Tries again what may pass, waits in between, and says so once for each try.
package struct Patience: Sendable {
  /// How often, and how long in between.
  package var policy: RetryPolicy
  /// Ends the waiting.
  let interruption: Interruption
  /// Told of each try.
  let observer: any RunObserver
  /// Spreads the waits of those who failed together.
  let jitter: UInt64

  /// The policy of a request.
  package init(_ request: RunRequest, interruption: Interruption, observer: any RunObserver) {
    policy = RetryPolicy(retries: request.retries)
    self.interruption = interruption
    self.observer = observer
    jitter = request.jitter
  }

  /// Does a piece of work that can be done twice without harm.
  ///
  /// - Parameters:
  ///   - what: the work in words, "read the source" for example.
  ///   - body: the work; a failure must leave nothing behind that a second try would stumble over.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws when it won't pass or was tried often enough; `BatchError` (75) when
  ///   the run is asked to stop meanwhile.
  package func attempt<R>(_ what: String, _ body: () throws -> R) throws -> R {
    var failures = 0
    while true {
      do {
        return try body()
      } catch {
        failures += 1
        var random = CounterRandom(seed: jitter, stream: UInt64(failures))
        guard
          case .retry(let pause) = policy.decide(
            error, failures: failures, random: random.next())
        else { throw error }
        try interruption.check()
        observer.observe(
          .warning(
            "\(what): \(error); trying again in \(Double(pause / 10) / 100) s "
              + "(\(failures) of \(policy.retries))"))
        try wait(pause)
      }
    }
  }

  /// Waits in slices, so that a request to stop is heard.
  private func wait(_ milliseconds: Int) throws {
    var left = milliseconds
    while left > 0 {
      let slice = min(left, 100)
      Pause.milliseconds(slice)
      left -= slice
      try interruption.check()
    }
  }
}

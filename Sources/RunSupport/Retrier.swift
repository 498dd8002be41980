import Interactions
package import Jobs

/// Tries again what may pass, and waits in between; the only place where this program waits and retries.
package struct Retrier: Sendable {
  /// How often, how long in between, and after which failures.
  package var policy: RetryPolicy
  /// Ends the waiting.
  private let interruption: Interruption
  /// Spreads the waits of those who failed together.
  private let jitter: UInt64
  /// Told of each failure that is followed by another try: the work, its error, the number of failures, and
  /// the pause in milliseconds.
  private let report: @Sendable (String, any Error, Int, Int) -> Void

  /// Retries as a request says, each with a warning.
  package init(_ request: RunRequest, interruption: Interruption, observer: any RunObserver) {
    let retries = request.retries
    self.init(RetryPolicy(retries: retries), interruption, jitter: request.jitter) {
      observer.observe(
        .warning(
          "\($0): \($1); trying again in \(Double($3 / 10) / 100) s (\($2) of \(retries))"))
    }
  }

  /// Retries by a policy.
  ///
  /// - Parameters:
  ///   - policy: how often, and how long in between.
  ///   - interruption: ends the waiting.
  ///   - jitter: spreads the waits, where the policy wants that.
  ///   - report: told of each failure that is followed by another try.
  package init(
    _ policy: RetryPolicy, _ interruption: Interruption, jitter: UInt64 = 0,
    report: @escaping @Sendable (String, any Error, Int, Int) -> Void = { _, _, _, _ in }
  ) {
    (self.policy, self.interruption) = (policy, interruption)
    (self.jitter, self.report) = (jitter, report)
  }

  /// Does a piece of work that can be done twice without harm.
  ///
  /// - Parameters:
  ///   - what: the work in words, "read the source" for example.
  ///   - body: the work; a failure must leave nothing behind that a second try would stumble over.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws when it won't pass or was tried often enough, of a `Retryable` its cause;
  ///   `BatchError` (75) when the run is asked to stop meanwhile.
  package func attempt<R>(_ what: String = "", _ body: () throws -> R) throws -> R {
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
        else { throw Retryable.cause(of: error) }
        try interruption.check()
        report(what, error, failures, pause)
        try interruption.pause(milliseconds: pause)
      }
    }
  }

  /// Asks until the answer is yes.
  ///
  /// - Parameters:
  ///   - failure: thrown when the answer is still no after the last try.
  ///   - isSo: asks.
  /// - Throws: `failure`; what `isSo` throws; `BatchError` (75) when the run is asked to stop meanwhile.
  package func wait(orThrow failure: BatchError, until isSo: () throws -> Bool) throws {
    try attempt { if try !isSo() { throw Retryable(failure) } }
  }
}

import Interactions
package import Jobs
package import Postgres

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

/// Decides whether a failure may pass by itself, and how long to wait before the same is tried again.
///
/// Pure: what failed and how often goes in, a decision comes out. `Retrier` does the waiting.
package struct RetryPolicy: Sendable, Equatable {
  /// What to do after a failure.
  enum Decision: Equatable {
    /// Wait so many milliseconds, then try again.
    case retry(afterMilliseconds: Int)
    /// It will not pass, or has been tried often enough.
    case giveUp
  }

  /// How long to wait before each try, milliseconds.
  enum Pauses: Sendable, Equatable {
    /// At most `first` after the first failure, twice as long after each further one up to `longest`;
    /// a random number puts the wait between half of that and all of it, so that those who failed together
    /// don't come back together.
    case doubling(first: Int, longest: Int)
    /// `first`, and `step` longer with each failure.
    case growing(first: Int, step: Int)
  }

  /// How often the same is tried after the first time.
  package var retries: Int
  /// How long to wait in between.
  var pauses = Pauses.doubling(first: 250, longest: 4_000)
  /// Kinds of failure that are worth another try; nil for those that may pass by `FailureRule`.
  var kinds: Set<PostgresError.Kind>?

  /// A policy for work at a server that may be starting, stopping or cut off.
  package init(retries: Int) { self.retries = retries }

  /// A policy for short work that others' locks may be in the way of, and for waits.
  ///
  /// - Parameters:
  ///   - tries: how often it is tried at most, the first time included.
  ///   - pause: the first wait, milliseconds.
  ///   - step: how much longer each further one is.
  ///   - kinds: kinds of failure that are worth another try, beside a `Retryable` one.
  package init(tries: Int, pause: Int, step: Int = 0, kinds: Set<PostgresError.Kind> = []) {
    (retries, pauses) = (tries - 1, .growing(first: pause, step: step))
    self.kinds = kinds
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - error: what failed.
  ///   - failures: how often it has failed by now, 1 or more.
  ///   - random: any number, for pauses that are spread.
  /// - Returns: the decision.
  func decide(_ error: any Error, failures: Int, random: UInt64) -> Decision {
    guard failures <= retries, isWorthTrying(error) else { return .giveUp }
    switch pauses {
    case .growing(let first, let step):
      return .retry(afterMilliseconds: first + step * (failures - 1))
    case .doubling(let first, let longest):
      let longest = min(first << min(failures - 1, 20), longest)
      let shortest = longest / 2
      return .retry(afterMilliseconds: shortest + Int(random % UInt64(longest - shortest + 1)))
    }
  }

  private func isWorthTrying(_ error: any Error) -> Bool {
    guard let error = error as? PostgresError else { return error is Retryable }
    return kinds?.contains(error.kind) ?? error.rule.mayPass
  }
}

/// A failure after which the same may be tried again, whatever its kind says.
///
/// Whoever throws it knows that nothing was committed, or that it does no harm to do it twice, or waits for
/// something. A `Retrier` that gives up throws the cause.
package struct Retryable: Error, CustomStringConvertible {
  /// What failed; it's thrown when there is no further try.
  package let cause: any Error

  /// A failure that is worth another try.
  package init(_ cause: any Error) { self.cause = cause }

  /// An error, or what caused it to be thrown as one that is worth another try.
  package static func cause(of error: any Error) -> any Error { (error as? Self)?.cause ?? error }

  /// The cause in words.
  package var description: String { "\(cause)" }

  /// Does work that may be done again though it is not known whether its COMMIT took place.
  ///
  /// - Throws: what `body` throws; `Retryable` for a COMMIT whose outcome is not known.
  package static func commit<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as PostgresError where error.kind == .commitUnknown {
      throw Retryable(error)
    }
  }
}

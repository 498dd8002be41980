import Postgres

/// Decides whether a failure may pass by itself, and how long to wait before the same is tried again.
///
/// Pure: what failed and how often goes in, a decision comes out. `Patience` does the waiting.
package struct RetryPolicy: Sendable, Equatable {
  /// What to do after a failure.
  enum Decision: Equatable {
    /// Wait so many milliseconds, then try again.
    case retry(afterMilliseconds: Int)
    /// It will not pass, or has been tried often enough.
    case giveUp
  }

  /// How often the same is tried after the first time.
  package var retries: Int
  /// The longest wait after the first failure, milliseconds; it doubles with each further one.
  var firstPause = 250
  /// Where the doubling ends, milliseconds.
  var longestPause = 4_000

  /// Decides.
  ///
  /// - Parameters:
  ///   - error: what failed.
  ///   - failures: how often it has failed by now, 1 or more.
  ///   - random: any number; it puts the wait between half of the longest and the longest, so that those
  ///     who failed together don't come back together.
  /// - Returns: the decision.
  func decide(_ error: any Error, failures: Int, random: UInt64) -> Decision {
    guard failures <= retries, Self.mayPass(error) else { return .giveUp }
    let doubled = firstPause << min(failures - 1, 20)
    let longest = min(doubled, longestPause)
    let shortest = longest / 2
    return .retry(
      afterMilliseconds: shortest + Int(random % UInt64(longest - shortest + 1)))
  }

  /// Whether the same may succeed when it is tried again.
  ///
  /// It may when there was no server, when it was starting or stopping, had no place for another
  /// connection, or dropped this one (08xxx, 57P0x, 53300), and when another transaction got in the way
  /// (40001, 40P01). A database that was dropped (57P04) stays dropped. A COMMIT whose outcome is not
  /// known is not tried again before the outcome is.
  package static func mayPass(_ error: any Error) -> Bool {
    guard let error = error as? PostgresError else { return error is StillOpen }
    switch (error.kind, error.sqlState) {
    case (.conflict, _), (.connection, nil): return true
    case (.connection, let state?):
      return state.hasPrefix("08") || state == "53300"
        || (state.hasPrefix("57P0") && state != "57P04")
    default: return false
    }
  }
}

/// A transaction has neither been committed nor rolled back yet.
package struct StillOpen: Error, CustomStringConvertible {
  /// A transaction that is still open.
  package init() {}

  /// The error in words.
  package var description: String { "the server has not ended the transaction yet" }
}

import Settings

extension Job {
  /// How the method is chosen when `method` is `auto`.
  package struct Auto: Sendable, Equatable, Codable {
    /// Time for a search, without the training that follows it; default 10 minutes.
    package var budget = Age(10, .minute)
    /// The most trials of a search; nil (default) for as many as the time allows.
    package var trials: Int?
    /// The age at which a choice is searched for again; default 30 days.
    package var every = Age(30, .day)

    /// Trials of a search in a backfill that has no choice to take over and no `trials`.
    ///
    /// Its time is not bounded, so that the same backfill twice gives the same lists.
    package static let backfillTrials = 40
  }
}

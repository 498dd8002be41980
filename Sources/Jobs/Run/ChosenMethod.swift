/// The method that a search chose for a run, and what the choice rests on.
package struct ChosenMethod: Sendable, Equatable {
  /// A setting of the method.
  package struct Setting: Sendable, Equatable {
    /// Its key, such as `factors`.
    package var key: String
    /// Its value as text.
    package var value: String

    /// Creates a value from its parts.
    package init(key: String, value: String) { (self.key, self.value) = (key, value) }
  }

  /// A trial of the search.
  package struct Trial: Sendable, Equatable {
    /// The method's name without settings; all networks have the same.
    package var method: String
    /// Method and settings in words.
    package var words: String
    /// Whether it gives everybody the same scores.
    package var isPopularList: Bool
    /// The sample of users that it learnt from is one in so many; 1 for all users.
    package var oneIn: Int
    /// The window before a test by the clock that users were judged in, from 1; 0 for latest interactions.
    package var window: Int
    /// Mean NDCG over the whole catalogue of the users who choose among the settings of a method.
    package var ndcg: Double
    /// The same of the users who choose among methods.
    package var ndcgOfOthers: Double
    /// Seconds of fitting and judging.
    package var seconds: Double

    /// Creates a value from its parts.
    package init(
      method: String, words: String, isPopularList: Bool, oneIn: Int = 1,
      window: Int = 0, ndcg: Double, ndcgOfOthers: Double, seconds: Double
    ) {
      (self.method, self.words, self.isPopularList) = (method, words, isPopularList)
      (self.oneIn, self.window) = (oneIn, window)
      (self.ndcg, self.ndcgOfOthers, self.seconds) = (ndcg, ndcgOfOthers, seconds)
    }
  }

  /// The run that searched.
  package var searchRun: Int64
  /// When that run began, in seconds since 1970 UTC.
  package var searchedAt: Int64
  /// The same, UTC, to the minute.
  package var searchedOn: String
  /// The method's name.
  package var name: String
  /// Name and settings in words.
  package var words: String
  /// The settings.
  package var settings: [Setting]
  /// Whether everybody gets a popular list.
  package var isPopularList: Bool
  /// Mean NDCG over the whole catalogue of the users who chose among methods.
  package var ndcg: Double
  /// Length of the lists that NDCG is of.
  package var k: Int
  /// Users with a validation interaction.
  package var validatedUsers: Int
  /// Seconds of the search.
  package var seconds: Double
  /// How long before the newest event the test begins, in seconds, of a split by the clock; nil for another.
  package var horizon: Int?
  /// The trials in their order.
  package var trials: [Trial]
  /// Trials that were left out: settings in words, a colon and the reason.
  package var skipped: [String]

  /// Creates a value from its parts.
  package init(
    searchRun: Int64, searchedAt: Int64, searchedOn: String, name: String, words: String,
    settings: [Setting], isPopularList: Bool, ndcg: Double, k: Int, validatedUsers: Int,
    seconds: Double, horizon: Int?, trials: [Trial], skipped: [String]
  ) {
    (self.searchRun, self.searchedAt, self.searchedOn) = (searchRun, searchedAt, searchedOn)
    (self.name, self.words, self.settings) = (name, words, settings)
    (self.isPopularList, self.ndcg, self.k) = (isPopularList, ndcg, k)
    (self.validatedUsers, self.seconds, self.horizon) = (validatedUsers, seconds, horizon)
    (self.trials, self.skipped) = (trials, skipped)
  }

  /// How many different methods were tried.
  package var methodCount: Int { Set(trials.map(\.method)).count }

  /// How many different settings were tried, those of a method that has none among them.
  package var settingCount: Int { Set(trials.map(\.words)).count }

  /// The popular list with the highest NDCG of the users who choose among methods, of those that learnt from
  /// the most users and were judged by latest interactions; nil without any.
  package var bestPopularList: Trial? {
    let popular = trials.filter { $0.isPopularList && $0.window == 0 }
    let least = popular.map(\.oneIn).min()
    return popular.filter { $0.oneIn == least }.max { $0.ndcgOfOthers < $1.ndcgOfOthers }
  }
}

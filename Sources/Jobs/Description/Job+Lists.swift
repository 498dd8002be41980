extension Job {
  /// Who gets a list.
  package struct Users: Sendable, Equatable, Codable {
    /// A SELECT that yields `user_id`: everybody who should have a list, and nobody else; nil
    /// (default) is everybody in the log.
    package var query: String?
    /// Users without an event for longer are not scored; nil (default) scores all.
    package var activeWithin: Age?
    /// Users with fewer interactions get the popular list; nil (default) follows from the method and,
    /// by the clock, from the test.
    package var coldBelow: Int?
    /// Whether users that are not in `query` are forgotten: removed from lists and models, old ones
    /// too, and not learnt from; default false.
    package var forgetAbsent = false
    /// A SELECT that yields `user_id`, `feature` and perhaps `weight`; default nil.
    package var features: String?
  }

  /// What may be in a list.
  package struct Items: Sendable, Equatable, Codable {
    /// A SELECT that yields `item_id`: what may be listed; nil (default) is all that the log knows.
    package var eligible: String?
    /// A SELECT that yields `item_id` and `"group"`: brand, author and the like; default nil.
    package var group: String?
    /// The most items of one group in a list; needs `group`.
    package var maxPerGroup: Int?
    /// A SELECT that yields `item_id`, `feature` and perhaps `weight`; default nil.
    package var features: String?
  }

  /// What is left out of a user's list because of what the user did.
  ///
  /// Items that a user spoke against, by an event of a type with a weight below 0, always are.
  package struct Exclusion: Sendable, Equatable, Codable {
    /// Whether items of events that count are left out; default true.
    package var consumed = true
    /// Types of the events whose items are left out, in place of those that count.
    ///
    /// They need not count. Default nil.
    package var events: [String]?
    /// After how long without such an event an item may be listed again; nil (default) is never.
    package var readmitAfter: Age?
  }

  /// What makes an item popular.
  package struct Popular: Sendable, Equatable, Codable {
    /// Only users whose last event with the item is not older count; nil (default): no limit but
    /// the source's window.
    package var window: Age?
    /// In how long what a user counts for halves; nil (default) takes `source.half_life`.
    package var halfLife: Age?
  }

  /// Whether users or items have content features.
  package var hasFeatures: Bool { users.features != nil || items.features != nil }
}

extension Job.Source {
  /// Whether interactions weigh differently in training.
  package var isWeighted: Bool { events != nil || halfLife != nil }
}

/// What became of a job's lists, by day.
package struct ServedFigures: Sendable, Equatable {
  /// The counts of a slot's lists on a day.
  package struct Day: Sendable, Equatable, Decodable {
    /// The day, UTC, as `2026-01-31`.
    package var day: String
    /// The slot.
    package var slot: String
    /// `model` or `popular`.
    package var source: String
    /// Users with a list.
    package var listedUsers: Int
    /// Those that took a new item.
    package var takingUsers: Int
    /// Those whose first new item was in the list.
    package var hits: Int
    /// Sum of the gains of the hits.
    package var ndcg: Double
    /// What hits was to be by the scores; nil for popular lists.
    package var expectedHits: Double?
    /// Users to whom an item of the list was shown; nil where that is not known.
    package var shownUsers: Int?
    /// Those of them whose first new item was in the list; nil where that is not known.
    package var shownHits: Int?
    /// Whether the day is counted again.
    package var isProvisional: Bool
    /// Whether the day was over when it was counted.
    package var isWhole: Bool
  }

  /// What a rival's lists would have had on a day, beside the live ones.
  package struct Rival: Sendable, Equatable, Decodable {
    /// The day, UTC.
    package var day: String
    /// The slot.
    package var slot: String
    /// The method.
    package var rival: String
    /// Users of the sample that took a new item.
    package var takingUsers: Int
    /// Those whose item the rival would have listed.
    package var hits: Int
    /// Those whose item was in the live list.
    package var liveHits: Int
    /// Whether the day was over when it was counted.
    package var isWhole: Bool
  }

  /// Taking users and hits of a tenth, or of a group of users or items.
  package struct Group: Sendable, Equatable, Decodable {
    /// `tenth`, `history` or `item_age`.
    package var dimension: String
    /// The tenth, or the group's least value.
    package var atLeast: Int
    /// Users that took a new item.
    package var takingUsers: Int
    /// Those whose first new item was in the list.
    package var hits: Int
    /// What hits was to be by the scores; nil where there are none.
    package var expectedHits: Double?
  }

  /// By day, oldest first.
  package var days: [Day] = []
  /// By day and rival, oldest first.
  package var rivals: [Rival] = []
  /// Over all these days.
  package var groups: [Group] = []
  /// Nights running below a rival that make a warning, and a reason to search for another method.
  package static let warningNights = 3

  /// For how many nights running the live lists had fewer hits than the best rival's; 0 where they do not.
  package var nightsBelow = 0

  /// Nothing counted.
  package init() {}

  /// The latest day that was over when it was counted; nil where there is none.
  package var lastWholeDay: String? { days.last { $0.isWhole }?.day }

  /// The sentence that belongs beside the rivals' figures.
  package static let rivalsNote =
    "Users were shown the live list and not the rivals', which favours the live one."
}

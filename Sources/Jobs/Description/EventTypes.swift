/// What events of each type mean to a job: how much they weigh, and whether they exclude.
package struct EventTypes {
  /// What an event means.
  package struct Meaning: Equatable {
    /// Above 0 it counts for the item, below 0 against it; at 0 it does not count.
    package var weight: Float
    /// Whether its type is one of `exclude.events`.
    package var excludes: Bool
  }

  /// Types that are told apart, in ascending order; rows carry the place of theirs.
  package let names: [String]
  /// Whether some rows exclude and others don't.
  package let isMarked: Bool
  private let meanings: [Meaning]
  private let other: Meaning

  /// The types that a job names.
  package init(_ job: Job) {
    let excluding = job.exclude.events ?? []
    names = Set(excluding).union(job.source.events?.keys.map { $0 } ?? []).sorted()
    isMarked = job.exclude.events != nil
    other = Meaning(weight: job.source.events == nil ? 1 : 0, excludes: false)
    meanings = names.map { name in
      Meaning(
        weight: job.source.events.map { Float($0[name] ?? 0) } ?? 1,
        excludes: excluding.contains(name))
    }
  }

  /// Whether rows carry their type.
  package var isRead: Bool { !names.isEmpty }

  /// What an event of a type means.
  ///
  /// - Parameter place: of its type in `names`; nil, or beyond them, for other types and for none.
  package subscript(place: Int16?) -> Meaning {
    guard let place, meanings.indices.contains(Int(place)) else { return other }
    return meanings[Int(place)]
  }
}

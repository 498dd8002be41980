import Interactions

/// What events of each type mean to a job: how much they weigh, and whether they exclude.
struct EventTypes {
  /// What an event means.
  struct Meaning: Equatable {
    /// Above 0 it counts for the item, below 0 against it; at 0 it does not count.
    var weight: Float
    /// Whether its type is one of `exclude.events`.
    var excludes: Bool
  }

  /// Types that are told apart, in ascending order; rows carry the place of theirs.
  let names: [String]
  /// Whether some rows exclude and others don't.
  let isMarked: Bool
  private let meanings: [Meaning]
  private let other: Meaning

  /// The types that a job names.
  init(_ job: Job) {
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
  var isRead: Bool { !names.isEmpty }

  /// What an event of a type means.
  ///
  /// - Parameter place: of its type in `names`; nil, or beyond them, for other types and for none.
  subscript(place: Int16?) -> Meaning {
    guard let place, meanings.indices.contains(Int(place)) else { return other }
    return meanings[Int(place)]
  }
}

extension MergeRules {
  /// The rules of a job.
  ///
  /// - Parameters:
  ///   - job: what `nightly.yaml` says.
  ///   - moments: where its ages begin.
  init(_ job: Job, _ moments: Moments) {
    self.init()
    halfLife = job.source.halfLife?.seconds
    maximumPerUser = job.source.maxPerUser
    minimumInteractions = job.source.minInteractions
    exclusion = job.exclude.events != nil ? .marked : job.exclude.consumed ? .counted : .none
    readmittedBefore = moments.readmittedBefore
    popularSince = moments.popularSince
    popularHalfLife = (job.popular.halfLife ?? job.source.halfLife)?.seconds
  }
}

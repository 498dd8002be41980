package import Interactions

/// Who gets a list and of what: the numbering that lists are made in, newcomers included.
///
/// Users of the dataset keep their indices; users outside it who get a list come after them. Items are the
/// dataset's, or where new ones join them all in the order of their ids, since of two items with the same
/// score the one with the lower index is listed first. Without features the arrays are the dataset's own.
package struct ServingView: Sendable {
  /// Users who may get a list.
  package let users: ServingUsers
  /// Items that may be in one.
  package let items: Vocabulary
  /// What a model needs to score newcomers; nil without features: then the items are the dataset's.
  package let newcomers: Newcomers?
  /// For each user that a model can score the items that are not to be listed.
  package let excluded: UserItems
  /// The same for the users after these.
  let othersExcluded: UserItems
  /// How popular each item is.
  package let popularity: [Double]
  /// Who gets which list.
  package let audience: Audience
  /// What may be in lists.
  package let catalogue: Catalogue

  /// The users and items that a model can score, and what it knows of them.
  package struct Newcomers: Sendable {
    /// For each user that can be scored the index in the dataset, none for newcomers.
    package let users: IndexMap
    /// For each item the index in the dataset, none for newcomers.
    package let items: IndexMap
    /// The features of these users and items.
    package let content: ContentFeatures
  }

  /// The same view, in which everybody with a list gets the popular one.
  ///
  /// - Parameter scores: what makes the dataset's items popular; nil for what made them so before.
  /// - Returns: the view.
  package func withPopularListsOnly(by scores: [Double]?) -> ServingView {
    let popular = scores.map { scores in
      newcomers?.items.map { $0.map { scores[$0] } ?? 0 } ?? scores
    }
    return ServingView(
      users: users, items: items, newcomers: newcomers, excluded: excluded,
      othersExcluded: othersExcluded, popularity: popular ?? popularity,
      audience: Audience(scored: [], cold: (audience.scored + audience.cold).sorted()),
      catalogue: catalogue)
  }

  /// The same view, in which users with few interactions get the popular list, unless they have features.
  ///
  /// - Parameters:
  ///   - coldBelow: fewer interactions are too few for a list of the model.
  ///   - table: the dataset's interactions.
  /// - Returns: the view.
  func withPopularLists(below coldBelow: Int, _ table: InteractionTable) -> ServingView {
    func isCold(_ number: UInt32) -> Bool {
      let user = Int(number)
      guard user < users.known.count,
        table.offsets[user + 1] - table.offsets[user] < coldBelow
      else { return false }
      return newcomers?.content.users.range(of: user).isEmpty ?? true
    }
    let moved = audience.scored.filter(isCold)
    if moved.isEmpty { return self }
    return ServingView(
      users: users, items: items, newcomers: newcomers, excluded: excluded,
      othersExcluded: othersExcluded, popularity: popularity,
      audience: Audience(
        scored: audience.scored.filter { !isCold($0) }, cold: (audience.cold + moved).sorted()),
      catalogue: catalogue)
  }

  /// The items that are not to be in a user's list, ascending.
  ///
  /// - Parameter user: in `0..<users.count`.
  /// - Returns: indices of this view.
  package func excluded(of user: Int) -> ArraySlice<UInt32> {
    user < users.scorable ? excluded[user] : othersExcluded[user - users.scorable]
  }

  /// How many pairs of a user outside the dataset and an item are not to be listed.
  package var othersExcludedCount: Int { othersExcluded.count }

  /// How many rows all lists have together, if none is longer than `k`.
  package func rows(k: Int) -> Int {
    catalogue.rows(
      k: k, excluded: (audience.scored + audience.cold).lazy.map { excluded(of: Int($0)) })
  }
}

extension ServingView {
  /// Finds who gets a list, and of what.
  ///
  /// New users are those outside the table who get a list and have a feature of which something is
  /// known; users of the table with too few interactions for the model's list get it when they have such
  /// a feature. New items are those that the log has not met, that may be listed and have such a feature.
  /// Users outside the table get a list where a query says so; without one those with a recent event, and
  /// those with features.
  ///
  /// - Parameters:
  ///   - log: what was read of the source.
  ///   - lists: what was read beside it.
  ///   - learnt: the features of which something is known; nil when the job has none.
  ///   - activeSince: an event is recent from this second on.
  ///   - coldBelow: fewer interactions are too few for a list of the model.
  init(
    _ log: InteractionLog, _ lists: ListRows, _ learnt: LearntFeatures?, activeSince: UInt32,
    coldBelow: Int
  ) {
    let ofTable = Audience(
      log, asked: lists.asked, activeSince: activeSince, coldBelow: coldBelow)
    let outside = Self.outside(log, lists, activeSince: activeSince)
    let features = learnt?.users.lists(of: outside)
    func isNewcomer(_ user: Int) -> Bool { features.map { !$0.range(of: user).isEmpty } ?? false }
    users = ServingUsers(
      known: log.users, newcomers: outside.keeping(where: isNewcomer),
      others: outside.keeping { !isNewcomer($0) })
    let others = (users.scorable..<users.count).map { UInt32(truncatingIfNeeded: $0) }
    let excludedOfOthers = Self.excluded(of: users.others, log)

    guard let learnt else {
      (items, newcomers) = (log.items, nil)
      (excluded, othersExcluded) = (log.excluded, excludedOfOthers)
      popularity = log.popularity
      audience = Audience(scored: ofTable.scored, cold: ofTable.cold + others)
      catalogue = lists.rules.catalogue(of: items)
      return
    }
    let newItems = Self.newItems(log, lists, learnt)
    items = log.items.union(newItems)
    let datasetItems = items.indices(in: log.items)
    newcomers = Newcomers(
      users: .identity(log.users.count, andNone: users.newcomers.count), items: datasetItems,
      content: ContentFeatures(
        users: learnt.users.ofDataset.appending(learnt.users.lists(of: users.newcomers)),
        items: learnt.items.lists(of: items)))
    let servingItems = log.items.indices(in: items)
    excluded =
      users.newcomers.count == 0 && newItems.count == 0
      ? log.excluded
      : UserItems(
        [log.excluded, Self.excluded(of: users.newcomers, log)], renumbering: servingItems)
    othersExcluded = UserItems([excludedOfOthers], renumbering: servingItems)
    popularity = datasetItems.map { $0.map { log.popularity[$0] } ?? 0 }
    catalogue = lists.rules.catalogue(of: items)

    // Newcomers, and users with features whose interactions are too few, get the model's list too.
    var isScored = [Bool](repeating: true, count: users.scorable)
    for user in 0..<log.users.count { isScored[user] = false }
    for user in ofTable.scored { isScored[Int(user)] = true }
    var cold: [UInt32] = []
    for user in ofTable.cold {
      if learnt.users.ofDataset.range(of: Int(user)).isEmpty {
        cold.append(user)
      } else {
        isScored[Int(user)] = true
      }
    }
    audience = Audience(
      scored: users.scorableInOrder().filter { isScored[Int($0)] }, cold: cold + others)
  }

  /// Users outside the table who get a list.
  private static func outside(
    _ log: InteractionLog, _ lists: ListRows, activeSince: UInt32
  ) -> Vocabulary {
    if let asked = lists.asked {
      let known = asked.indices(in: log.users)
      return asked.keeping { known[$0] == nil }
    }
    let active = log.outsiders.keeping { log.outsidersLatest[$0] >= activeSince }
    guard let featured = lists.userFeatures?.ids else { return active }
    let (known, met) = (featured.indices(in: log.users), featured.indices(in: log.outsiders))
    return active.union(featured.keeping { known[$0] == nil && met[$0] == nil })
  }

  /// Items that the log has not met, that may be listed and have a feature of which something is known.
  private static func newItems(
    _ log: InteractionLog, _ lists: ListRows, _ learnt: LearntFeatures
  ) -> Vocabulary {
    guard let candidates = lists.itemFeatures?.ids else { return log.items.keeping([]) }
    let (known, met) = (candidates.indices(in: log.items), candidates.indices(in: log.unusedItems))
    let features = learnt.items.lists(of: candidates)
    let isEligible = lists.rules.eligible(candidates)
    return candidates.keeping { item in
      known[item] == nil && met[item] == nil && isEligible?[item] ?? true
        && !features.range(of: item).isEmpty
    }
  }

  /// For each of some users outside the table the items of the table that are not to be listed.
  private static func excluded(of users: Vocabulary, _ log: InteractionLog) -> UserItems {
    var (offsets, items): ([Int], [UInt32]) = ([0], [])
    // None are those that the log has never met.
    for outsider in users.indices(in: log.outsiders) {
      if let outsider { items += log.outsidersExcluded[outsider] }
      offsets.append(items.count)
    }
    return UserItems(offsets: offsets, items: items)
  }
}

extension UserItems {
  /// Lists one after the other, of items that get other numbers in the same order.
  fileprivate init(_ parts: [UserItems], renumbering numbers: IndexMap) {
    var (offsets, items): ([Int], [UInt32]) = ([0], [])
    offsets.reserveCapacity(parts.reduce(1) { $0 + $1.userCount })
    items.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts {
      for user in 0..<part.userCount {
        for item in part[user] { items.append(UInt32(numbers.values[Int(item)])) }
        offsets.append(items.count)
      }
    }
    self.init(offsets: offsets, items: items)
  }
}

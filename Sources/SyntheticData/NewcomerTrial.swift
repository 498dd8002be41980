package import Interactions

/// A planted log of which some items and some users are kept back, as if they came tomorrow.
///
/// One item in `itemsApart` and one user in `usersApart` are new: a model learns from the others' events
/// with each other. What users then did with the new items, and new users with known ones, tells how well
/// the new ones are ranked by their features alone.
package struct NewcomerTrial: Sendable {
  /// Known users' interactions with known items, by the numbers of the world: new ones have none.
  package let positives: UserItems
  /// Which items are new, ascending.
  package let newItems: [UInt32]
  /// Which users are new, ascending.
  package let newUsers: [UInt32]
  /// The features of all users and items, new ones too.
  package let features: ContentFeatures
  /// What each user did with new items (known users) or with known items (new users).
  package let kept: UserItems

  /// Plants a log and keeps newcomers back.
  ///
  /// - Parameters:
  ///   - world: who and what there is; all of its days are taken.
  ///   - itemsApart: one item in so many is new.
  ///   - usersApart: one user in so many is new.
  package init(_ world: PlantedWorld, itemsApart: Int, usersApart: Int) {
    let isNewItem: (Int) -> Bool = { mixed(UInt64($0) &+ 17) % UInt64(itemsApart) == 0 }
    let isNewUser: (Int) -> Bool = { mixed(UInt64($0) &+ 71) % UInt64(usersApart) == 0 }
    var known = [[UInt32]](repeating: [], count: world.userCount)
    var kept = known
    world.events(days: 0..<world.days) { user, item, _ in
      switch (isNewUser(user), isNewItem(item)) {
      case (false, false): known[user].append(UInt32(item))
      case (true, true): break
      default: kept[user].append(UInt32(item))
      }
    }
    positives = UserItems(lists: known)
    self.kept = UserItems(lists: kept)
    newItems = (0..<world.itemCount).filter(isNewItem).map { UInt32($0) }
    newUsers = (0..<world.userCount).filter(isNewUser).map { UInt32($0) }
    features = ContentFeatures(
      users: Self.lists((0..<world.userCount).map { world.features(ofUser: $0) }),
      items: Self.lists((0..<world.itemCount).map { world.features(ofItem: $0) }))
  }

  /// For each user of the world the place among the known ones, -1 for new ones.
  package var userPlaces: [Int32] { Self.places(newUsers, of: features.users.rowCount) }

  /// For each item of the world the place among the known ones, -1 for new ones.
  package var itemPlaces: [Int32] { Self.places(newItems, of: features.items.rowCount) }

  /// Known users' positives by their and the known items' own numbers: what a model is trained on.
  package var training: (positives: UserItems, features: ContentFeatures) {
    let (users, items) = (userPlaces, itemPlaces)
    func lists(_ lists: FeatureLists, _ places: [Int32]) -> FeatureLists {
      FeatureLists(
        featureCount: lists.featureCount,
        lists: places.indices.filter { places[$0] >= 0 }.map {
          Array(lists.features[lists.range(of: $0)])
        })
    }
    return (
      UserItems(
        lists: users.indices.filter { users[$0] >= 0 }.map { user in
          positives[user].map { UInt32(items[Int($0)]) }
        }),
      ContentFeatures(users: lists(features.users, users), items: lists(features.items, items))
    )
  }

  private static func places(_ new: [UInt32], of count: Int) -> [Int32] {
    let new = Set(new)
    var next: Int32 = 0
    return (0..<UInt32(count)).map { row in
      if new.contains(row) { return -1 }
      defer { next += 1 }
      return next
    }
  }

  private static func lists(_ names: [[String]]) -> FeatureLists {
    let all = Set(names.joined()).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, UInt32($0)) })
    return FeatureLists(
      featureCount: all.count, lists: names.map { $0.compactMap { numbers[$0] } })
  }

  /// How popular the features of each item are: interactions of known items that share one, each feature
  /// by itself.
  package var popularityOfFeatures: [Float] {
    let lists = features.items
    var popularity = [Float](repeating: 0, count: lists.featureCount)
    for item in positives.items {
      for place in lists.range(of: Int(item)) { popularity[Int(lists.features[place])] += 1 }
    }
    return (0..<lists.rowCount).map { item in
      lists.range(of: item).reduce(0) { $0 + popularity[Int(lists.features[$1])] }
    }
  }

  /// How popular each known item is.
  package var popularityOfItems: [Float] {
    var popularity = [Float](repeating: 0, count: features.items.rowCount)
    for item in positives.items { popularity[Int(item)] += 1 }
    return popularity
  }

  /// NDCG@10 of each known user who did something with new items, of a ranking of the new items alone.
  ///
  /// - Parameter score: how high an item is for a user; the lower number is first among equals.
  /// - Returns: one figure for each such user, in order.
  package func ofNewItems(score: (_ user: Int, _ item: Int) -> Float) -> [Double] {
    let new = Set(newUsers)
    return (0..<kept.userCount).filter { !new.contains(UInt32($0)) }.compactMap {
      ndcg($0, among: newItems, score)
    }
  }

  /// NDCG@10 of each new user, of a ranking of the known items.
  ///
  /// - Parameter score: how high an item is for a user; the lower number is first among equals.
  /// - Returns: one figure for each new user who did something, in order.
  package func ofNewUsers(score: (_ user: Int, _ item: Int) -> Float) -> [Double] {
    let new = Set(newItems)
    let known = (0..<UInt32(features.items.rowCount)).filter { !new.contains($0) }
    return newUsers.compactMap { ndcg(Int($0), among: known, score) }
  }

  private func ndcg(
    _ user: Int, among items: [UInt32], _ score: (Int, Int) -> Float
  ) -> Double? {
    let wanted = kept[user]
    if wanted.isEmpty { return nil }
    // The k-th place counts for one over the logarithm of k + 1: by a table, without a logarithm.
    let gains = [
      1, 0.630930, 0.5, 0.430677, 0.386853, 0.356207, 0.333333, 0.315465, 0.301030, 0.289065,
    ]
    let order = items.map { (score(user, Int($0)), $0) }
      .sorted { ($1.0, $0.1) < ($0.0, $1.1) }.prefix(10).map(\.1)
    let found = zip(order, gains).reduce(0) { $0 + (wanted.contains($1.0) ? $1.1 : 0) }
    return found / gains.prefix(wanted.count).reduce(0, +)
  }
}

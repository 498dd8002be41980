import Formatting
package import Interactions

/// Content features of a pull, and who can be ranked by them alone.
///
/// Training, its figures and what is stored know only users and items with interactions, and the features
/// that some of these have. Newcomers join when lists are made: `offered` is the pull with them in it.
package struct PulledFeatures {
  /// Names of the features of users; a position is a feature's index.
  package let userNames: Vocabulary
  /// Names of the features of items.
  package let itemNames: Vocabulary
  /// The features of the table's users and items.
  package let content: ContentFeatures
  /// What the queries gave, and who is new.
  package let counts: Counts
  /// Who gets a list and of what, newcomers included.
  package let offer: Offer

  /// What `ncf.runs.features` holds.
  package struct Counts: Encodable, Equatable {
    var userRows: Int
    var itemRows: Int
    var userFeatures: Int
    var itemFeatures: Int
    /// Users outside the table who are ranked by their features.
    package var newUsers: Int
    /// Items outside the table that are ranked by their features.
    package var newItems: Int

    /// As JSON.
    ///
    /// - Throws: `EncodingError`.
    package func json() throws -> String { try JSONText.encode(self) }

    /// The counts in words, for a plan.
    package var text: String {
      "; \(userFeatures) features of users and \(itemFeatures) of items are learnt, and rank "
        + "\(newUsers) new users and \(newItems) new items"
    }
  }

  /// A pull's parts with newcomers in them.
  package struct Offer {
    var users: Vocabulary
    var items: Vocabulary
    /// For each user, the place in the table, -1 for newcomers.
    package var userPlaces: [Int32]
    /// For each item, the place in the table, -1 for newcomers.
    package var itemPlaces: [Int32]
    /// The features of these users and items.
    package var content: ContentFeatures
    var excluded: UserItems
    var popularity: [Double]
    var audience: Audience
    var catalogue: Catalogue
  }

  /// Puts features in order and finds the newcomers.
  ///
  /// New users are those who get a list and are not in the table; users of the table with too few
  /// interactions for the model's list get it when they have features. New items are those that the log
  /// has not met and that may be listed. Who has no feature that something is known of is left as is.
  ///
  /// - Parameters:
  ///   - users: what `users.features` gave; nil without it.
  ///   - items: what `items.features` gave; nil without it.
  ///   - pulled: what was read.
  ///   - rules: what may be listed.
  init(
    users: FeatureTable?, items: FeatureTable?, of pulled: Pulled, rules: CatalogueRules
  ) {
    // A feature that one user alone has would be that user's own row under another name.
    let knownUsers = users?.known(to: pulled.users, least: 2) ?? []
    let knownItems = items?.known(to: pulled.items, least: 1) ?? []
    func lists(_ table: FeatureTable?, _ rows: Vocabulary, _ known: [UInt32]) -> FeatureLists {
      table?.lists(of: rows, known: known) ?? .none(rows: rows.count)
    }
    func names(_ table: FeatureTable?, _ known: [UInt32]) -> Vocabulary {
      table?.names.keeping(known) ?? Vocabulary(kind: .text, identifiers: .texts([]))
    }
    content = ContentFeatures(
      users: lists(users, pulled.users, knownUsers), items: lists(items, pulled.items, knownItems))
    userNames = names(users, knownUsers)
    itemNames = names(items, knownItems)

    func picked(_ rows: Vocabulary, where holds: (Int) -> Bool) -> [UInt32] {
      (0..<rows.count).filter(holds).map { UInt32(truncatingIfNeeded: $0) }
    }
    let strangers = pulled.audience.strangers
    let theirs = lists(users, strangers, knownUsers)
    let joining = picked(strangers) { !theirs.range(of: $0).isEmpty }
    let candidates = items?.ids ?? pulled.items.keeping([])
    let inTable = candidates.places(in: pulled.items)
    let met = candidates.places(in: pulled.unusedItems ?? pulled.items)
    let itemLists = lists(items, candidates, knownItems)
    let isEligible = rules.eligible(candidates)
    let newItems = picked(candidates) {
      inTable[$0] < 0 && met[$0] < 0 && isEligible?[$0] ?? true && !itemLists.range(of: $0).isEmpty
    }
    counts = Counts(
      userRows: users?.rows ?? 0, itemRows: items?.rows ?? 0, userFeatures: userNames.count,
      itemFeatures: itemNames.count, newUsers: joining.count, newItems: newItems.count)

    let allUsers = pulled.users.union(strangers.keeping(joining))
    let allItems = pulled.items.union(candidates.keeping(newItems))
    let userPlaces = allUsers.places(in: pulled.users)
    let itemPlaces = allItems.places(in: pulled.items)
    let audience = pulled.audience
    let numbers = pulled.items.places(in: allItems)
    let userNumbers = pulled.users.places(in: allUsers)
    func number(_ user: UInt32) -> UInt32 { UInt32(userNumbers[Int(user)]) }
    let seats = allUsers.places(in: strangers)
    let excluded = UserItems(
      numbers,
      userPlaces.indices.map {
        userPlaces[$0] >= 0
          ? pulled.excluded[Int(userPlaces[$0])] : audience.strangersExcluded[Int(seats[$0])]
      })
    let own = content.users
    func isFeatured(_ user: UInt32) -> Bool { !own.range(of: Int(user)).isEmpty }
    let newcomers = picked(allUsers) { userPlaces[$0] < 0 }
    let scored = (audience.scored + audience.cold.filter(isFeatured)).map(number) + newcomers
    let isJoining = Set(joining)
    let left = picked(strangers) { !isJoining.contains(UInt32($0)) }
    offer = Offer(
      users: allUsers, items: allItems, userPlaces: userPlaces, itemPlaces: itemPlaces,
      content: ContentFeatures(
        users: lists(users, allUsers, knownUsers), items: lists(items, allItems, knownItems)),
      excluded: excluded,
      popularity: itemPlaces.map { $0 < 0 ? 0 : pulled.popularity[Int($0)] },
      audience: Audience(
        scored: scored.sorted(), cold: audience.cold.filter { !isFeatured($0) }.map(number),
        strangers: strangers.keeping(left),
        strangersExcluded: UserItems(numbers, left.map { audience.strangersExcluded[Int($0)] })),
      catalogue: rules.catalogue(of: allItems))
  }
}

extension UserItems {
  /// Lists of items that get other numbers, in the same order.
  fileprivate init(_ numbers: [Int32], _ lists: [ArraySlice<UInt32>]) {
    self.init(lists: lists.map { $0.map { UInt32(numbers[Int($0)]) } })
  }
}

extension Pulled {
  /// The pull with newcomers in it, as lists are made of it; its table stays as it is.
  package var offered: Pulled {
    guard let offer = features?.offer else { return self }
    var offered = self
    (offered.users, offered.items) = (offer.users, offer.items)
    (offered.excluded, offered.popularity) = (offer.excluded, offer.popularity)
    (offered.audience, offered.catalogue) = (offer.audience, offer.catalogue)
    return offered
  }
}

/// Content features as a query yields them.
struct FeatureTable {
  /// Whose features they are.
  let ids: Vocabulary
  /// The features' names.
  let names: Vocabulary
  /// Rows that the query gave.
  let rows: Int
  /// For each id its features, ascending.
  let lists: [[(feature: UInt32, weight: Float)]]

  /// The features that at least so many of some rows have, and nothing can be learnt of others.
  func known(to rows: Vocabulary, least: Int) -> [UInt32] {
    var counts = [Int](repeating: 0, count: names.count)
    for place in rows.places(in: ids) where place >= 0 {
      for own in lists[Int(place)] { counts[Int(own.feature)] += 1 }
    }
    return counts.indices.filter { counts[$0] >= least }.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// The features of some rows, as far as they are among the known ones.
  func lists(of rows: Vocabulary, known: [UInt32]) -> FeatureLists {
    var numbers = [Int32](repeating: -1, count: names.count)
    for (number, feature) in known.enumerated() { numbers[Int(feature)] = Int32(number) }
    var (offsets, features, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(rows.count + 1)
    for place in rows.places(in: ids) {
      if place >= 0 {
        for own in lists[Int(place)] where numbers[Int(own.feature)] >= 0 {
          features.append(UInt32(numbers[Int(own.feature)]))
          weights.append(own.weight)
        }
      }
      offsets.append(features.count)
    }
    return FeatureLists(
      featureCount: known.count, offsets: offsets, features: features, weights: weights)
  }
}

import Formatting
package import Interactions

/// Content features of a dataset's users and items.
///
/// Training, its figures and what is stored know only users and items with interactions, and the features
/// that some of these have. Newcomers join in the serving view.
package struct DatasetFeatures {
  /// Names of the features of users; a position is a feature's index.
  package let userNames: Vocabulary
  /// Names of the features of items.
  package let itemNames: Vocabulary
  /// The features of the dataset's users and items.
  package let content: ContentFeatures
  /// What the queries gave, and who is new.
  package let counts: Counts

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

  /// The features that can be learnt, and counts of whom they rank.
  init(_ learnt: LearntFeatures, serving: ServingView) {
    let (users, items) = (learnt.users, learnt.items)
    (userNames, itemNames) = (users.names, items.names)
    content = ContentFeatures(users: users.ofDataset, items: items.ofDataset)
    counts = Counts(
      userRows: users.rows, itemRows: items.rows, userFeatures: userNames.count,
      itemFeatures: itemNames.count, newUsers: serving.users.newcomers.count,
      newItems: serving.items.count - items.ofDataset.rowCount)
  }
}

/// Features that something can be learnt of, of users and of items.
struct LearntFeatures {
  /// Those of users.
  let users: Side
  /// Those of items.
  let items: Side

  /// Picks the features that rows of a dataset have.
  init(_ lists: ListRows, users: Vocabulary, items: Vocabulary) {
    // A feature that one user alone has would be that user's own row under another name.
    self.users = Side(lists.userFeatures, of: users, least: 2)
    self.items = Side(lists.itemFeatures, of: items, least: 1)
  }

  /// The features of users, or of items.
  struct Side {
    private let table: FeatureTable?
    private let known: [UInt32]
    /// The features of the dataset's rows.
    let ofDataset: FeatureLists

    /// The features that at least so many of some rows have; nothing can be learnt of the others.
    fileprivate init(_ table: FeatureTable?, of rows: Vocabulary, least: Int) {
      self.table = table
      known = table?.known(to: rows, least: least) ?? []
      ofDataset = table?.lists(of: rows, known: known) ?? .none(rows: rows.count)
    }

    /// Rows that the query gave.
    var rows: Int { table?.rows ?? 0 }

    /// The features' names.
    var names: Vocabulary {
      table?.names.keeping(known) ?? Vocabulary(kind: .text, identifiers: .texts([]))
    }

    /// The features of any rows.
    func lists(of rows: Vocabulary) -> FeatureLists {
      table?.lists(of: rows, known: known) ?? .none(rows: rows.count)
    }
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
    for case let id? in rows.indices(in: ids) {
      for own in lists[id] { counts[Int(own.feature)] += 1 }
    }
    return counts.indices.filter { counts[$0] >= least }.map { UInt32(truncatingIfNeeded: $0) }
  }

  /// The features of some rows, as far as they are among the known ones.
  func lists(of rows: Vocabulary, known: [UInt32]) -> FeatureLists {
    let numbers = IndexMap(inverting: known, count: names.count)
    var (offsets, features, weights): ([Int], [UInt32], [Float]) = ([0], [], [])
    offsets.reserveCapacity(rows.count + 1)
    for id in rows.indices(in: ids) {
      for own in id.map({ lists[$0] }) ?? [] {
        guard let number = numbers[Int(own.feature)] else { continue }
        features.append(UInt32(truncatingIfNeeded: number))
        weights.append(own.weight)
      }
      offsets.append(features.count)
    }
    return FeatureLists(
      featureCount: known.count, offsets: offsets, features: features, weights: weights)
  }
}

import Interactions

/// How many users, items and features a model's tables have rows for.
package struct RowCounts: Sendable, Equatable {
  /// Users with an embedding.
  package var users: Int
  /// Items with an embedding.
  package var items: Int
  /// Features of users.
  package var userFeatures = 0
  /// Features of items.
  package var itemFeatures = 0

  /// Counts users and items, and features if there are any.
  package init(users: Int, items: Int, userFeatures: Int = 0, itemFeatures: Int = 0) {
    (self.users, self.items) = (users, items)
    (self.userFeatures, self.itemFeatures) = (userFeatures, itemFeatures)
  }

  /// Counts users and items, and the features that they have; nil for none.
  init(users: Int, items: Int, features: ContentFeatures?) {
    self.init(
      users: users, items: items, userFeatures: features?.users.featureCount ?? 0,
      itemFeatures: features?.items.featureCount ?? 0)
  }

  /// Counts what the lists of features are of, and the features.
  init(_ features: ContentFeatures) {
    self.init(
      users: features.users.rowCount, items: features.items.rowCount, features: features)
  }

  /// How many there are of an entity.
  package subscript(entity: TensorAxis.Entity) -> Int {
    switch entity {
    case .user: users
    case .item: items
    case .userFeature: userFeatures
    case .itemFeature: itemFeatures
    }
  }
}

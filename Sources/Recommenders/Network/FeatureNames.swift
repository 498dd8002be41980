package import Interactions
package import NCF

/// Names of the features that a stored model has rows of.
package struct FeatureNames {
  /// Those of users.
  package let users: Vocabulary
  /// Those of items.
  package let items: Vocabulary

  private static let (userKey, itemKey) = ("user_features", "item_features")

  /// Names features.
  package init(users: Vocabulary, items: Vocabulary) {
    (self.users, self.items) = (users, items)
  }

  /// The tensors that they are stored in.
  package var tensors: [SafeTensors.Tensor] {
    users.tensors(Self.userKey) + items.tensors(Self.itemKey)
  }

  /// Reads them back; nil when the model was trained without features.
  ///
  /// - Throws: `CheckpointError`, `DamagedModel` when there are not as many as the model has rows.
  init?(_ file: SafeTensors, of model: PublishedModel) throws {
    guard case .network(let model) = model,
      file.tensors.contains(where: { $0.name == "\(Self.userKey).ids" })
    else { return nil }
    users = try Vocabulary(file, Self.userKey, kind: .text)
    items = try Vocabulary(file, Self.itemKey, kind: .text)
    guard users.count == model.userFeatureCount, items.count == model.itemFeatureCount else {
      throw DamagedModel(description: "it has not a row for each feature")
    }
  }
}

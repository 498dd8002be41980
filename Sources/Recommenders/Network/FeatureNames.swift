package import Interactions
package import NCF

/// Names of the features that a stored model has rows of.
package struct FeatureNames {
  /// Those of users.
  package let users: Vocabulary
  /// Those of items.
  package let items: Vocabulary

  /// Names features.
  package init(users: Vocabulary, items: Vocabulary) {
    (self.users, self.items) = (users, items)
  }

  /// The tensors that they are stored in.
  package var tensors: [SafeTensors.Tensor] {
    users.tensors(of: .userFeature) + items.tensors(of: .itemFeature)
  }

  /// Reads them back; nil when the model was trained without features.
  ///
  /// - Throws: `CheckpointError`, `DamagedModel` when there are not as many as the model has rows.
  init?(_ file: SafeTensors, of model: PublishedModel) throws {
    guard case .network(let model) = model,
      file.tensors.contains(where: { $0.name == "user_features.ids" })
    else { return nil }
    users = try Vocabulary(file, of: .userFeature, kind: .text)
    items = try Vocabulary(file, of: .itemFeature, kind: .text)
    guard users.count == model.userFeatureCount, items.count == model.itemFeatureCount else {
      throw DamagedModel(description: "it has not a row for each feature")
    }
  }
}

import FoundationEssentials
package import Interactions
package import NCF
package import Parallelism
package import Ranking

/// A stored model: the live run's, to be held against a new one, or a parent's.
package struct LiveModel {
  /// Its parameters.
  package let model: PublishedModel
  /// Ids of its users.
  package let users: Vocabulary
  /// Ids of its items.
  package let items: Vocabulary
  /// What its run knew of the log; nil in files of versions that did not store it.
  package var knowledge: Knowledge?
  /// The features that it has rows of; nil when it was trained without.
  package var features: FeatureNames?
  /// What made probabilities of its run's scores; nil in files of versions that stored another kind.
  package var calibration: Calibration?

  /// A model that is at hand.
  ///
  /// - Parameters:
  ///   - model: its parameters.
  ///   - users: ids of its users.
  ///   - items: ids of its items.
  ///   - knowledge: what its run knew of the log.
  ///   - features: the features that it has rows of.
  ///   - calibration: what made probabilities of its run's scores.
  package init(
    model: PublishedModel, users: Vocabulary, items: Vocabulary, knowledge: Knowledge? = nil,
    features: FeatureNames? = nil, calibration: Calibration? = nil
  ) {
    (self.model, self.users, self.items) = (model, users, items)
    (self.knowledge, self.features, self.calibration) = (knowledge, features, calibration)
  }
}

extension LiveModel {
  /// Makes a model of a stored file, every length of which is checked.
  ///
  /// - Throws: `DamagedModel`, `CheckpointError`, `DecodingError` when it is not what it must be.
  package init(_ file: SafeTensors) throws {
    for tensor in file.tensors { _ = try tensor.declaredAxis }
    guard let userKind = file.metadata["user_kind"].flatMap({ IdentifierKind(rawValue: $0) }),
      let itemKind = file.metadata["item_kind"].flatMap({ IdentifierKind(rawValue: $0) }),
      let specText = file.metadata["spec"]
    else { throw DamagedModel(description: "its header lacks the types of ids or the spec") }
    users = try Vocabulary(file, of: .user, kind: userKind)
    items = try Vocabulary(file, of: .item, kind: itemKind)
    model = try PublishedModel(
      file, specText: specText, userCount: users.count, itemCount: items.count)
    guard model.isFinite else {
      throw DamagedModel(description: "it has numbers that are not finite")
    }
    knowledge = try Knowledge(file, userCount: users.count, itemCount: items.count)
    features = try FeatureNames(file, of: model)
    calibration = StoredScores.calibration(file.metadata)
  }

  /// A scorer for the users and items of a dataset, by their indices in this model.
  package func scorer(users: IndexMap, items: IndexMap, pool: WorkerPool) -> TranslatedScorer {
    TranslatedScorer(model.scorer(pool: pool), users: users, items: items)
  }
}

/// Why a stored model can't be used.
package struct DamagedModel: Error, CustomStringConvertible {
  /// What is wrong with it.
  package let description: String

  /// An error in words.
  package init(description: String) { self.description = description }
}

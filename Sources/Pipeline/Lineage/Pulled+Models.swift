import Interactions
import NCF
import Recommenders
import Source

extension Pulled {
  /// What is known of the log when it was split.
  func knowledge(_ split: LeaveOneOutSplit) -> Knowledge {
    Knowledge(
      table, split, watermark: min(times.watermark, times.upper ?? .max),
      recentFrom: times.recentFrom)
  }
}

extension PulledFeatures {
  /// The names as they are stored.
  var names: FeatureNames { FeatureNames(users: userNames, items: itemNames) }

  /// A parent's model for these features, where a fine-tune starts.
  ///
  /// - Parameters:
  ///   - start: the parent's model, grown to the table's users and items.
  ///   - parent: the parent's model as it was stored.
  ///   - news: who is new: their embeddings begin as their features.
  /// - Returns: the model with rows for these features.
  func starting(_ start: Model, from parent: LiveModel, _ news: News) -> Model {
    guard case .network(let older) = parent.model else { return start }
    func fresh(_ places: [Int32]) -> [Int] { places.indices.filter { places[$0] < 0 } }
    let none = Vocabulary(kind: .text, identifiers: .texts([]))
    return start.renumbering(
      content, userPlaces: userNames.places(in: parent.features?.users ?? none),
      itemPlaces: itemNames.places(in: parent.features?.items ?? none),
      freshUsers: fresh(news.userPlaces), freshItems: fresh(news.itemPlaces), from: older)
  }

  /// A model with rows for the newcomers.
  func extended(_ model: PublishedModel) -> PublishedModel {
    guard case .network(let model) = model else { return model }
    return .network(
      model.extended(
        users: offer.userPlaces, items: offer.itemPlaces, features: offer.content))
  }
}

import Interactions
import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport
import Source
import Store

/// What a run stores of its training.
struct StoredModel {
  /// The model, as it was before it learnt anything that was held out.
  let model: PublishedModel
  /// What was pulled.
  let pulled: Pulled
  /// How it was split.
  let split: LeaveOneOutSplit
  /// How the scores of the run's lists came about.
  let scores: StoredScores

  /// Stores it.
  ///
  /// - Returns: bytes of the file.
  /// - Throws: `PostgresError`; `EncodingError`.
  func save(run: Int64, on connection: Connection) throws -> Int {
    try ModelStore(on: connection).save(
      model, users: pulled.users, items: pulled.items, knowledge: pulled.knowledge(split),
      features: pulled.features?.names, scores: scores, run: run)
  }
}

extension StoredModel {
  /// What a run stores once its model is evaluated.
  init(
    _ trained: Trained, _ evaluated: Evaluated, _ pulled: Pulled, _ divided: Divided,
    _ context: RunContext
  ) {
    let absorbs = context.request.publish && context.job.nightly.absorbHoldout
    self.init(
      model: trained.validated, pulled: pulled, split: divided.split,
      scores: StoredScores(
        evaluated.calibration, areOfThisModel: !trained.isRefit && !absorbs))
  }
}

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

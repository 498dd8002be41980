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
  let pulled: Dataset
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
    _ trained: Trained, _ evaluated: Evaluated, _ pulled: Dataset, _ divided: Divided,
    _ context: RunContext
  ) {
    let absorbs = context.request.publish && context.job.nightly.absorbHoldout
    self.init(
      model: trained.validated, pulled: pulled, split: divided.split,
      scores: StoredScores(
        evaluated.calibration, areOfThisModel: !trained.isRefit && !absorbs))
  }
}

extension Dataset {
  /// What is known of the log when it was split.
  func knowledge(_ split: LeaveOneOutSplit) -> Knowledge {
    Knowledge(
      table, split, watermark: min(times.watermark, times.upper ?? .max),
      recentFrom: times.recentFrom)
  }
}

extension DatasetFeatures {
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
    let none = Vocabulary(kind: .text, identifiers: .texts([]))
    return start.renumbering(
      content, userPlaces: userNames.indices(in: parent.features?.users ?? none).values,
      itemPlaces: itemNames.indices(in: parent.features?.items ?? none).values,
      freshUsers: news.users.missing.map { Int($0) },
      freshItems: news.items.missing.map { Int($0) }, from: older)
  }

}

extension ServingView {
  /// A model with rows for the newcomers; without features the model itself.
  func extended(_ model: PublishedModel) -> PublishedModel {
    guard let newcomers, case .network(let network) = model else { return model }
    return .network(
      network.extended(
        users: newcomers.users.values, items: newcomers.items.values,
        features: newcomers.content))
  }
}

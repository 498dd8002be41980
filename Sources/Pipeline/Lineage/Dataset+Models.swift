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
  /// How the log was split.
  let divided: Divided
  /// All that was pulled.
  let pulled: Dataset
  /// How the scores of the run's lists came about.
  let scores: StoredScores

  /// Stores it.
  ///
  /// - Returns: bytes of the file.
  /// - Throws: `PostgresError`; `EncodingError`.
  func save(run: Int64, on connection: Connection) throws -> Int {
    let dataset = divided.dataset
    return try ModelStore(on: connection).save(
      model, users: dataset.users, items: dataset.items, knowledge: divided.knowledge(of: pulled),
      features: dataset.features?.names, scores: scores, run: run)
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
      model: trained.validated, divided: divided, pulled: pulled,
      scores: StoredScores(
        evaluated.calibration, areOfThisModel: !trained.isRefit && !absorbs))
  }
}

extension Divided {
  /// What a model that was trained on the split knows of the log.
  ///
  /// - Parameter pulled: all that was pulled.
  /// - Returns: the knowledge.
  func knowledge(of pulled: Dataset) -> Knowledge {
    let seen = min(pulled.times.watermark, pulled.times.upper ?? .max)
    let limit = clock.map { Int64($0.cut) * 1_000_000 } ?? seen
    return Knowledge(
      dataset.table, split, watermark: limit, recentFrom: dataset.times.recentFrom,
      clock: clock.map {
        Knowledge.Clock(
          horizon: Int64($0.horizon), seen: seen, pending: pulled.interactions(since: limit))
      })
  }
}

extension DatasetFeatures {
  /// The names as they are stored.
  var names: FeatureNames { FeatureNames(users: userNames, items: itemNames) }

}

extension Model {
  /// A model of an earlier log for another one, with rows for users, items and features that are new.
  ///
  /// - Parameters:
  ///   - dataset: the other log.
  ///   - users: for each of its users the index in this model, none for new ones.
  ///   - items: for each of its items the index in this model, none for new ones.
  ///   - positives: interactions of the other log, by which the rows of the new begin.
  ///   - features: the names of this model's features; nil without any.
  ///   - seed: of what is drawn.
  /// - Returns: the larger model.
  func grown(
    into dataset: Dataset, users: IndexMap, items: IndexMap, positives: UserItems,
    features: FeatureNames?, seed: UInt64
  ) -> Model {
    let start = grown(users: users.values, items: items.values, positives: positives, seed: seed)
    guard let own = dataset.features else { return start }
    let none = Vocabulary(kind: .text, identifiers: .texts([]))
    return start.renumbering(
      own.content, userPlaces: own.userNames.indices(in: features?.users ?? none).values,
      itemPlaces: own.itemNames.indices(in: features?.items ?? none).values,
      freshUsers: users.missing.map { Int($0) }, freshItems: items.missing.map { Int($0) },
      from: self)
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

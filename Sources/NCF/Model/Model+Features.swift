package import Interactions

/// Content features: rows that are summed into the embeddings of users and items.
///
/// A model's user and item rows are whole embeddings, a row's own part and its features' together, so
/// that whatever scores with them need not know of features. Training takes them apart, moves each
/// part by itself and puts them together again.
extension Model {
  /// Makes a fresh model of users and items with content features.
  ///
  /// The own part of a row that has no positive begins at 0: it is its features and nothing else. All
  /// other own parts, and the features' rows, are normal(0, 0.01).
  ///
  /// - Parameters:
  ///   - spec: must have no `problem`.
  ///   - features: of all users and items.
  ///   - positives: each user's training positives.
  ///   - seed: the run's seed.
  package init(spec: ModelSpec, features: ContentFeatures, positives: UserItems, seed: UInt64) {
    let (users, items) = (features.users, features.items)
    self.init(spec: spec, userCount: users.rowCount, itemCount: items.rowCount, seed: seed)
    let width = layout.rowStride
    var isKnown = [Bool](repeating: false, count: itemCount)
    for item in positives.items { isKnown[Int(item)] = true }
    for user in 0..<userCount where positives.range(of: user).isEmpty {
      self.users.clearRow(user, width)
    }
    for item in 0..<itemCount where !isKnown[item] { self.items.clearRow(item, width) }
    userFeatures = drawnRows(count: users.featureCount, seed: seed, stream: 6)
    itemFeatures = drawnRows(count: items.featureCount, seed: seed, stream: 7)
    add(features, times: 1)
  }

  /// How many features of users have a row.
  package var userFeatureCount: Int { userFeatures.count / max(layout.rowStride, 1) }
  /// How many features of items have a row.
  package var itemFeatureCount: Int { itemFeatures.count / max(layout.rowStride, 1) }

  private func drawnRows(count: Int, seed: UInt64, stream: UInt64) -> [Float] {
    var rows = [Float](repeating: 0, count: count * layout.rowStride)
    Self.drawRows(&rows, count: count, layout: layout, seed: seed, stream: stream)
    return rows
  }

  /// Adds so many times the weighted sums of the features' rows: -1 leaves the own parts, 1 makes
  /// them whole again.
  mutating func add(_ features: ContentFeatures, times: Float) {
    let width = layout.rowStride
    precondition(features.users.rowCount == userCount && features.items.rowCount == itemCount)
    precondition(features.users.featureCount == userFeatureCount, "a row for each user feature")
    precondition(features.items.featureCount == itemFeatureCount, "a row for each item feature")
    for user in 0..<userCount {
      users.addFeatures(ofRow: user, features.users, userFeatures, times: times, width)
    }
    for item in 0..<itemCount {
      items.addFeatures(ofRow: item, features.items, itemFeatures, times: times, width)
    }
  }

  /// The same embeddings, with rows of features fitted to them.
  ///
  /// Ridge regression of the embeddings on the features, by going over the features a few times: where a
  /// model starts from a factorisation, which knows no features, they are to begin with what the rows
  /// that have them have in common. Rows of zeros, of which nothing is known, are passed over.
  ///
  /// - Parameter features: of all users and items.
  /// - Returns: a model with a row for each feature.
  package func fitting(_ features: ContentFeatures) -> Model {
    var model = self
    model.userFeatures = Self.fitted(features.users, to: users, layout.rowStride)
    model.itemFeatures = Self.fitted(features.items, to: items, layout.rowStride)
    return model
  }

  private static func fitted(_ lists: FeatureLists, to rows: [Float], _ width: Int) -> [Float] {
    var result = [Float](repeating: 0, count: lists.featureCount * width)
    var residual = rows
    // Who has each feature: the lists the other way round.
    var holders = [[(row: Int, weight: Float)]](repeating: [], count: lists.featureCount)
    for row in 0..<lists.rowCount {
      guard rows[row * width..<(row + 1) * width].contains(where: { $0 != 0 }) else { continue }
      for place in lists.range(of: row) {
        holders[Int(lists.features[place])].append((row, lists.weights[place]))
      }
    }
    for _ in 0..<20 {
      for (feature, holders) in holders.enumerated() {
        let squares = holders.reduce(Float(1)) { $0 + $1.weight * $1.weight }
        for column in 0..<width {
          let place = feature * width + column
          let old = result[place]
          var sum: Float = 0
          for (row, weight) in holders {
            sum += weight * (residual[row * width + column] + weight * old)
          }
          let new = sum / squares
          result[place] = new
          for (row, weight) in holders { residual[row * width + column] -= weight * (new - old) }
        }
      }
    }
    return result
  }

  /// The same model with rows for features, knowing what an older model knows of them.
  ///
  /// - Parameters:
  ///   - features: of all users and items; new ones begin at 0.
  ///   - userPlaces: for each user feature its place in the older model, -1 for a new one.
  ///   - itemPlaces: likewise for item features.
  ///   - freshUsers: users whose embedding is to be their features alone, where one of them is known.
  ///   - freshItems: likewise.
  ///   - older: a model of the same shape that has rows for features.
  /// - Returns: a model whose other embeddings are what they were.
  package func renumbering(
    _ features: ContentFeatures, userPlaces: [Int32], itemPlaces: [Int32], freshUsers: [Int],
    freshItems: [Int], from older: Model
  ) -> Model {
    var model = self
    let width = layout.rowStride
    func taken(_ rows: [Float], _ places: [Int32]) -> [Float] {
      var taken = [Float](repeating: 0, count: places.count * width)
      taken.copyRows(places, of: rows, width)
      return taken
    }
    func begin(
      _ fresh: [Int], _ lists: FeatureLists, _ places: [Int32], _ features: [Float],
      _ rows: inout [Float]
    ) {
      for row in fresh {
        let isKnown = lists.range(of: row).contains { places[Int(lists.features[$0])] >= 0 }
        guard isKnown else { continue }
        rows.clearRow(row, width)
        rows.addFeatures(ofRow: row, lists, features, width)
      }
    }
    model.userFeatures = taken(older.userFeatures, userPlaces)
    model.itemFeatures = taken(older.itemFeatures, itemPlaces)
    begin(freshUsers, features.users, userPlaces, model.userFeatures, &model.users)
    begin(freshItems, features.items, itemPlaces, model.itemFeatures, &model.items)
    return model
  }

  /// A model for scoring that also has users and items it was not trained on.
  ///
  /// - Parameters:
  ///   - userPlaces: for each user of the new model its place here, -1 for one that is features alone.
  ///   - itemPlaces: likewise for items.
  ///   - features: of the new model's users and items; only those of new ones are looked at.
  /// - Returns: a model without rows of features.
  package func extended(
    users userPlaces: [Int32], items itemPlaces: [Int32], features: ContentFeatures
  ) -> Model {
    var model = Model(
      zeros: spec, userCount: userPlaces.count, itemCount: itemPlaces.count)
    model.dense = dense
    let width = layout.rowStride
    func fill(
      _ target: inout [Float], _ places: [Int32], _ rows: [Float], _ lists: FeatureLists,
      _ features: [Float]
    ) {
      target.copyRows(places, of: rows, width)
      for row in places.indices where places[row] < 0 {
        target.addFeatures(ofRow: row, lists, features, width)
      }
    }
    fill(&model.users, userPlaces, users, features.users, userFeatures)
    fill(&model.items, itemPlaces, items, features.items, itemFeatures)
    return model
  }
}

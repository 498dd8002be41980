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
    self.init(spec: spec, RowCounts(features), seed: seed)
    var isKnown = [Bool](repeating: false, count: itemCount)
    for item in positives.items { isKnown[Int(item)] = true }
    let unknown: [TensorAxis.Entity: [Int]] = [
      .user: (0..<userCount).filter { positives.range(of: $0).isEmpty },
      .item: (0..<itemCount).filter { !isKnown[$0] },
    ]
    for table in Self.tables where table.features != nil {
      self[keyPath: table.rows].clear(unknown[table.entity] ?? [], layout[keyPath: table.stride])
    }
    add(features, times: 1)
  }

  /// How many features of users have a row.
  package var userFeatureCount: Int { counts.userFeatures }
  /// How many features of items have a row.
  package var itemFeatureCount: Int { counts.itemFeatures }

  /// Adds so many times the weighted sums of the features' rows: -1 leaves the own parts, 1 makes
  /// them whole again.
  mutating func add(_ features: ContentFeatures, times: Float) {
    precondition(counts == RowCounts(features), "a row for each user, item and feature")
    for table in Self.tables {
      guard let summands = table.features else { continue }
      self[keyPath: table.rows].addFeatures(
        to: 0..<counts[table.entity], features[table.entity], self[keyPath: summands],
        times: times, layout[keyPath: table.stride])
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
    model.counts = RowCounts(features)
    for table in Self.tables {
      guard let summands = table.features else { continue }
      model[keyPath: summands] = Self.fitted(
        features[table.entity], to: self[keyPath: table.rows], layout[keyPath: table.stride])
    }
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
    model.counts = RowCounts(features)
    for table in Self.tables {
      guard let summands = table.features else { continue }
      let (places, fresh) =
        table.entity == .user ? (userPlaces, freshUsers) : (itemPlaces, freshItems)
      let (lists, width) = (features[table.entity], layout[keyPath: table.stride])
      var known = [Float](repeating: 0, count: places.count * width)
      known.copyRows(places, of: older[keyPath: summands], width)
      model[keyPath: summands] = known
      let described = fresh.filter { row in
        lists.range(of: row).contains { places[Int(lists.features[$0])] >= 0 }
      }
      model[keyPath: table.rows].clear(described, width)
      model[keyPath: table.rows].addFeatures(to: described, lists, known, width)
    }
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
      zeros: spec, RowCounts(users: userPlaces.count, items: itemPlaces.count))
    model.dense = dense
    for table in Self.tables where model.counts[table.entity] > 0 {
      let places = table.entity == .user ? userPlaces : itemPlaces
      let width = layout[keyPath: table.stride]
      model[keyPath: table.rows].copyRows(places, of: self[keyPath: table.rows], width)
      guard let summands = table.features else { continue }
      model[keyPath: table.rows].addFeatures(
        to: places.indices.lazy.filter { places[$0] < 0 }, features[table.entity],
        self[keyPath: summands], width)
    }
    return model
  }
}

import Interactions
import Parallelism
import Testing

@testable import NCF

/// Content features in training: the gradient of each, and the same bits with any number of threads.
@Suite struct FeatureTests {
  static let specs =
    GradientTests.specs.prefix(6) + [
      ModelSpec(gmfWidth: 6, tower: [12, 7, 3], sharedEmbeddings: true),
      ModelSpec(gmfWidth: 6, tower: [12, 6], fusion: .sum, sharedEmbeddings: true),
      ModelSpec(gmfWidth: 7, tower: [14]),
    ]

  static let users = 60
  static let items = 5

  /// User 0 has none.
  static let userLists: [[UInt32]] = (0..<users).map { user -> [UInt32] in
    if user == 0 { return [] }
    let other = user / 7 % 3
    return [UInt32(user % 3), UInt32(other)]
  }

  /// Item 1 has none; a feature weighs 2.
  static let itemLists = FeatureLists(
    featureCount: 4, offsets: [0, 2, 2, 4, 5, 8], features: [0, 3, 1, 3, 0, 0, 1, 2],
    weights: [1, 0.5, 1, 2, 1, 1, 1, 1])

  static let features = ContentFeatures(
    users: FeatureLists(featureCount: 3, lists: userLists), items: itemLists)

  static let positives = UserItems(
    lists: (0..<users).map { user in
      (0..<UInt32(items)).filter { $0 != UInt32(user % items) }
    })

  /// Every positive with the three negatives that can only be drawn.
  static let samples: [PlainModel.Sample] = (0..<users).flatMap { user in
    positives[user].flatMap { item -> [PlainModel.Sample] in
      [(user, Int(item), 1, 1)]
        + [PlainModel.Sample](repeating: (user, user % items, 0, 1), count: 3)
    }
  }

  static func model(_ spec: ModelSpec) -> Model {
    var model = GradientTests.model(spec, users: users, items: items)
    let fresh = Model(spec: spec, features: features, positives: positives, seed: 3)
    model.counts = RowCounts(features)
    model.userFeatures = fresh.userFeatures.map { $0 * 40 }
    model.itemFeatures = fresh.itemFeatures.map { $0 * 40 }
    model.add(features, times: 1)
    return model
  }

  static func trainer(
    _ model: Model, _ features: ContentFeatures?, _ optimizer: Optimizer, rate: Float,
    batch: Int = 100_000, ownDropout: Float = 0, l2: Float = 0, threads: Int
  ) -> Trainer {
    let phase = PhaseOptions(optimizer: optimizer, learningRate: rate, epochs: 1, patience: 1)
    var options = TrainingOptions(
      pretrain: .none, alpha: 0.5, negatives: 3, batch: batch, pretraining: phase, joint: phase,
      seed: 4)
    options.ownDropout = ownDropout
    options.l2Embeddings = l2
    return Trainer(
      model, positives: positives, features: features, options: options, phase: phase, seed: 4,
      pool: WorkerPool(threads: threads))
  }

  /// The loss when a feature's number is another, all embeddings that sum it with it.
  private static func loss(
    _ model: Model, moving change: (inout Model) -> Void
  ) -> Double {
    var moved = model
    moved.add(features, times: -1)
    change(&moved)
    moved.add(features, times: 1)
    return PlainModel(moved).loss(samples)
  }

  @Test(arguments: specs)
  func aStepMovesFeaturesByFiniteDifferences(spec: ModelSpec) throws {
    let model = Self.model(spec)
    let trainer = Self.trainer(model, Self.features, .sgd, rate: 1, threads: 1)
    _ = try trainer.run(epoch: 1)
    let after = trainer.model
    let step: Float = 1.0 / 512
    var largest: Float = 0
    for rows in [\Model.userFeatures, \Model.itemFeatures] {
      for place in model[keyPath: rows].indices where model[keyPath: rows][place] != 0 {
        let above = Self.loss(model) { $0[keyPath: rows][place] += step }
        let below = Self.loss(model) { $0[keyPath: rows][place] -= step }
        let moved = model[keyPath: rows][place] - after[keyPath: rows][place]
        largest = max(largest, abs(moved))
        #expect(abs(Double(moved) - (above - below) / Double(2 * step)) < 5e-4, "number \(place)")
      }
    }
    #expect(largest > 5e-3)
  }

  @Test(arguments: specs, [1, 2, 4])
  func aStepMovesEveryPartByThePlainGradient(spec: ModelSpec, threads: Int) throws {
    let model = Self.model(spec)
    let plain = PlainModel(model)
    let gradient = plain.gradient(Self.samples)
    let trainer = Self.trainer(model, Self.features, .sgd, rate: 1, threads: threads)
    _ = try trainer.run(epoch: 1)
    var (before, after) = (model, trainer.model)
    before.add(Self.features, times: -1)
    after.add(Self.features, times: -1)
    let width = model.layout.rowStride
    func check(
      _ rows: KeyPath<Model, [Float]>, _ featureRows: KeyPath<Model, [Float]>,
      _ lists: FeatureLists, from start: Int
    ) {
      var expected = [Double](repeating: 0, count: lists.featureCount * width)
      for row in 0..<lists.rowCount {
        for column in 0..<width {
          let own = gradient[start + row * width + column]
          let place = row * width + column
          let moved = Double(before[keyPath: rows][place] - after[keyPath: rows][place])
          #expect(abs(moved - own) < 3e-6 + 1e-4 * abs(own), "row \(row), column \(column)")
          for feature in lists.range(of: row) {
            expected[Int(lists.features[feature]) * width + column] +=
              own * Double(lists.weights[feature])
          }
        }
      }
      for (place, expected) in expected.enumerated() {
        let moved = Double(
          before[keyPath: featureRows][place] - after[keyPath: featureRows][place])
        #expect(abs(moved - expected) < 3e-6 + 1e-4 * abs(expected), "feature number \(place)")
      }
    }
    check(\.users, \.userFeatures, Self.features.users, from: 0)
    check(\.items, \.itemFeatures, Self.features.items, from: model.users.count)
  }

  /// A first step of Adam is as long as the rate wherever there is a gradient: one step for the sum,
  /// not one for each row that has the feature.
  @Test func aFeatureIsMovedOnceByTheSumOfItsRows() throws {
    let model = Self.model(ModelSpec(gmfWidth: 8, tower: []))
    let trainer = Self.trainer(model, Self.features, .adam, rate: 0.01, threads: 2)
    _ = try trainer.run(epoch: 1)
    for rows in [\Model.userFeatures, \Model.itemFeatures] {
      for (before, after) in zip(model[keyPath: rows], trainer.model[keyPath: rows]) {
        let moved: Float = abs(before - after)
        #expect(abs(moved - 0.01) < 1e-5)
      }
    }
  }

  @Test(arguments: [Optimizer.adam, .denseAdam, .sgd, .adagrad], [8, 64, 100_000])
  func featuresGiveTheSameBitsWithAnyNumberOfThreads(optimizer: Optimizer, batch: Int) throws {
    let spec = ModelSpec(gmfWidth: 5, tower: [12, 7, 3])
    let start = Model(spec: spec, features: Self.features, positives: Self.positives, seed: 1)
    let models = try [1, 2, 4].map { threads in
      let trainer = Self.trainer(
        start, Self.features, optimizer, rate: 0.01, batch: batch, ownDropout: 0.3, l2: 0.001,
        threads: threads)
      for epoch in 1...3 { _ = try trainer.run(epoch: epoch) }
      return trainer.model
    }
    #expect(models[1] == models[0] && models[2] == models[0])
    #expect(models[0].userFeatures != start.userFeatures)
    #expect(models[0].itemFeatures != start.itemFeatures)
  }

  @Test func nobodyHavingFeaturesIsTheSameAsNoFeatures() throws {
    let spec = ModelSpec(gmfWidth: 5, tower: [12, 7, 3])
    let model = Model(spec: spec, userCount: Self.users, itemCount: Self.items, seed: 1)
    let none = ContentFeatures(users: .none(rows: Self.users), items: .none(rows: Self.items))
    #expect(Model(spec: spec, features: none, positives: Self.positives, seed: 1) == model)
    let models = try [nil, none].map { features in
      let trainer = Self.trainer(model, features, .adam, rate: 0.01, batch: 64, threads: 2)
      _ = try trainer.run(epoch: 1)
      return trainer.model
    }
    #expect(models[0] == models[1])
  }

  @Test func aRowLeftOutIsItsFeaturesAlone() throws {
    // All but nearly always left out: own parts stay where they were, up to rounding.
    let model = Self.model(ModelSpec(gmfWidth: 8, tower: []))
    let trainer = Self.trainer(
      model, Self.features, .sgd, rate: 0.1, batch: 64, ownDropout: 0.999_999, threads: 2)
    _ = try trainer.run(epoch: 1)
    var (before, after) = (model, trainer.model)
    before.add(Self.features, times: -1)
    after.add(Self.features, times: -1)
    let width = before.layout.rowStride
    // Item 1 has no features, so it is never left out.
    for item in 0..<Self.items {
      let row = item * width..<(item + 1) * width
      let moved = zip(before.items[row], after.items[row]).contains { abs($0 - $1) > 1e-4 }
      #expect(moved == (item == 1), "item \(item)")
    }
    #expect(before.itemFeatures != after.itemFeatures)
  }

  @Test(arguments: specs)
  func featuresAreStoredWithTheModel(spec: ModelSpec) throws {
    let model = Self.model(spec)
    let file = try SafeTensors(
      decoding: SafeTensors(tensors: model.tensors, metadata: [:]).encoded())
    let read = try Model(file, spec: spec, userCount: Self.users, itemCount: Self.items)
    #expect(read == model)
    #expect(read.userFeatureCount == 3 && read.itemFeatureCount == 4)
  }

  @Test func fittedFeaturesTellWhatRowsHaveInCommon() {
    var model = Model(
      zeros: ModelSpec(gmfWidth: 8, tower: []), RowCounts(users: 40, items: 40))
    let lists = FeatureLists(featureCount: 2, lists: (0..<40).map { [UInt32($0 % 2)] })
    for row in 0..<40 {
      for column in 0..<8 { model.items[row * 8 + column] = row % 2 == 0 ? 1 : -2 }
    }
    let features = ContentFeatures(users: .none(rows: 40), items: lists)
    let fitted = model.fitting(features)
    #expect(fitted.items == model.items)
    // Twenty rows against a ridge of 1.
    for column in 0..<8 {
      #expect(abs(fitted.itemFeatures[column] - 20.0 / 21) < 1e-5)
      #expect(abs(fitted.itemFeatures[8 + column] + 40.0 / 21) < 1e-5)
    }
  }

  @Test func anExtendedModelScoresNewcomersByTheirFeatures() {
    let model = Self.model(ModelSpec(gmfWidth: 5, tower: [12, 7, 3]))
    // A newcomer before all others on each side.
    let users = FeatureLists(
      featureCount: 3, lists: [[0, 2]] + (0..<Self.users).map { _ in [] })
    let items = FeatureLists(
      featureCount: 4, lists: [[1]] + (0..<Self.items).map { _ in [] })
    let extended = model.extended(
      users: [-1] + (0..<Int32(Self.users)), items: [-1] + (0..<Int32(Self.items)),
      features: ContentFeatures(users: users, items: items))
    let width = model.layout.rowStride
    #expect(Array(extended.users[width...]) == model.users)
    #expect(Array(extended.items[width...]) == model.items)
    #expect(Array(extended.items[..<width]) == Array(model.itemFeatures[width..<2 * width]))
    for column in 0..<width {
      #expect(
        extended.users[column] == model.userFeatures[column]
          + model.userFeatures[2 * width + column])
    }
  }
}

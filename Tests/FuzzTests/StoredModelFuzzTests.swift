import Baselines
import Formatting
import Interactions
import Parallelism
import Recommenders
import Testing

@testable import NCF

/// Stored models whose bytes anybody may have written, and whose sum says nothing.
struct StoredModelFuzzTests {
  private static let kinds: [(Vocabulary, Vocabulary)] = [
    (
      Vocabulary(kind: .bigint, identifiers: .integers([.min, 5, .max])),
      Vocabulary(kind: .text, identifiers: .texts(["", "a\"b", "é", "🙂"]))
    ),
    (
      Vocabulary(kind: .uuid, identifiers: .uuids([0, 1, .max])),
      Vocabulary(kind: .integer, identifiers: .integers([1, 2, 3, 4]))
    ),
  ]

  /// Content features of three users and four items.
  private static let features = ContentFeatures(
    users: FeatureLists(featureCount: 2, lists: [[0], [0, 1], []]),
    items: FeatureLists(featureCount: 3, lists: [[2], [], [0, 1], [1]]))
  private static let names = FeatureNames(
    users: Vocabulary(kind: .text, identifiers: .texts(["de", "fr"])),
    items: Vocabulary(kind: .text, identifiers: .texts(["", "é", "🙂"])))

  /// What an input may be refused with.
  private static func isOurs(_ error: any Error) -> Bool {
    error is CheckpointError || error is DamagedModel || error is DecodingError
  }

  /// Whole files: networks of several shapes and neighbours, with all that is stored beside them.
  private static func files() throws -> [[UInt8]] {
    let specs = [
      ModelSpec(gmfWidth: 2, tower: [4, 2]), ModelSpec(gmfWidth: 3, tower: []),
      ModelSpec(gmfWidth: 0, tower: [6, 3, 2], activation: .tanh),
      ModelSpec(gmfWidth: 0, tower: [4]),
      ModelSpec(gmfWidth: 2, tower: [4, 2], fusion: .sum, sharedEmbeddings: true),
    ]
    let positives = UserItems(lists: [[0, 1], [1, 2, 3], [0, 3]])
    let neighbours = ItemKNN(
      positives: positives, weights: [1, 2, 1, 1, 1, 3, 1], itemCount: 4, options: KNNOptions(),
      pool: .init(threads: 1))
    var models: [(PublishedModel, FeatureNames?)] = [(.neighbours(neighbours), nil)]
    for spec in specs {
      let plain = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)
      let featured = Model(spec: spec, features: features, positives: positives, seed: 1)
      models += [(.network(plain), nil), (.network(featured), names)]
    }
    let knowledge = [
      SafeTensors.Tensor(
        name: "log.times", axis: .dense, integers: [1_700_000_000_000_000, 1_699_000_000]),
      SafeTensors.Tensor(name: "log.test", axis: .rows(.user), integers: [0, -1, 3]),
      SafeTensors.Tensor(name: "log.validation", axis: .rows(.user), integers: [-1, -1, 2]),
      SafeTensors.Tensor(
        name: "log.recent.offsets", axis: .offsets(.user), integers: [0, 1, 1, 2]),
      SafeTensors.Tensor(
        name: "log.recent.items", axis: .lists(.user, offsets: "log.recent.offsets"),
        integers: [0, 3]),
      SafeTensors.Tensor(name: "log.days", axis: .dense, integers: [3, 0, 2]),
    ]
    return try kinds.flatMap { users, items in
      try models.map { model, names in
        SafeTensors(
          tensors: model.tensors + users.tensors(of: .user) + items.tensors(of: .item) + knowledge
            + (names?.tensors ?? []),
          metadata: [
            "format": "ncf-batch 1", "run_id": "7", "user_kind": users.kind.rawValue,
            "item_kind": items.kind.rawValue, "model": model.kind.rawValue,
            "spec": try model.specText,
          ]
        ).encoded()
      }
    }
  }

  private static let words = [
    "\"dtype\":\"F32\"", "\"I64\"", "\"U8\"", "\"F64\"", "[4611686018427387904,4]", "[0]", "[]",
    "\"__metadata__\":{}", "\"data_offsets\":[0,0]", "null", "{", "}", "[[[[", "\\u0000",
    "\\ud800", "\"tower\\\":[16384,16384,16384,16384]", "4096", "\"user.gmf\"", "-1", "1e308",
    "\"user_feature.gmf\"", "\"item_feature.mlp\"", "\"user_features.ids\"",
    "[1152921504606846976,0]", "\"axes\":\"{}\"", "\\\"dense\\\"", "user offsets",
    "user lists users.ids",
    "item lists log.recent.offsets",
  ].map { Array($0.utf8) }

  @Test func aDamagedModelIsReadAsDataOrRefused() throws {
    let mutator = Mutator(seeds: try Self.files(), words: Self.words)
    try Campaign(name: "models", mutator: mutator).run(percent: 30) { input in
      let file: SafeTensors
      do {
        file = try SafeTensors(decoding: input)
      } catch {
        return .refused
      }
      #expect(try SafeTensors(decoding: file.encoded()) == file)
      do {
        let stored = try LiveModel(file)
        #expect(stored.model.isFinite)
        try Self.use(stored)
        return .accepted
      } catch {
        guard Self.isOurs(error) else { throw error }
        return .refused
      }
    }
  }

  @Test func aDamagedModelForgetsUsersOrIsRefused() throws {
    let mutator = Mutator(seeds: try Self.files(), words: Self.words)
    try Campaign(name: "forgetting", mutator: mutator).run(percent: 5) { input in
      do {
        let kept = try SafeTensors(decoding: input).forgetting { _ in [0] }
        if let kept { #expect(try SafeTensors(decoding: kept.file.encoded()) == kept.file) }
        return .accepted
      } catch {
        guard Self.isOurs(error) else { throw error }
        return .refused
      }
    }
  }

  /// A network's file with another shape in its header, or with one more tensor.
  private static func file(
    _ change: (inout ModelSpec) -> Void, and more: [SafeTensors.Tensor] = []
  ) throws -> SafeTensors {
    var spec = ModelSpec(gmfWidth: 2, tower: [4, 2])
    let model = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)
    change(&spec)
    let (users, items) = kinds[0]
    return SafeTensors(
      tensors: model.tensors + users.tensors(of: .user) + items.tensors(of: .item) + more,
      metadata: [
        "user_kind": users.kind.rawValue, "item_kind": items.kind.rawValue,
        "spec": try JSONText.encode(spec),
      ])
  }

  /// Were the memory taken before the file is looked at, there would be none of so much: a terabyte.
  @Test func aSpecThatAsksForMoreThanItsFileHoldsIsRefusedBeforeMemoryIsTaken() throws {
    let huge = try Self.file { $0.tower = Array(repeating: 16_384, count: 1_000) }
    let error = #expect(throws: CheckpointError.self) { try LiveModel(huge) }
    #expect(error?.description == "the tensor user.mlp has shape [3, 2], not [3, 8192]")
    let wide = try Self.file { $0.gmfWidth = 4_096 }
    #expect(throws: CheckpointError("the tensor user.gmf has shape [3, 2], not [3, 4096]")) {
      try LiveModel(wide)
    }
  }

  @Test func featuresWithoutNumbersAreRefusedBeforeMemoryIsTaken() throws {
    let empty = SafeTensors.Tensor(
      name: "user_feature.gmf", axis: .rows(.userFeature), kind: .f32, shape: [1 << 58, 0],
      bytes: [])
    let file = try Self.file({ _ in }, and: [empty])
    #expect(try SafeTensors(decoding: file.encoded()).tensors.contains(empty))
    #expect(
      throws: CheckpointError(
        "the tensor user_feature.gmf has shape [\(1 << 58), 0], not [\(1 << 58), 2]")
    ) { try LiveModel(file) }
  }

  /// Does with a model what a night does: scores every item for every user, and looks up its log.
  private static func use(_ stored: LiveModel) throws {
    let scorer = stored.scorer(
      users: .identity(stored.users.count), items: .identity(stored.items.count),
      pool: .init(threads: 1))
    var scratch = scorer.makeScratch()
    let items = (0..<UInt32(stored.items.count)).map { $0 }
    var scores = [Float](repeating: 0, count: items.count)
    for user in 0..<stored.users.count {
      var span = scores.mutableSpan
      scorer.fill(&span, user: user, items: items.span, scratch: &scratch)
      _ = stored.knowledge?.recent.contains(user: user, item: 0)
    }
  }
}

import Baselines
import Interactions
import Jobs
import NCF
import Parallelism
import Recommenders
import Testing

/// What is said of a stored model that can't be used, word for word.
struct DamagedModelTests {
  private typealias Tensor = SafeTensors.Tensor

  private static let users = Vocabulary(kind: .bigint, identifiers: .integers([1, 2, 3]))
  private static let items = Vocabulary(kind: .text, identifiers: .texts(["a", "b", "c", "d"]))
  private static let spec = ModelSpec(gmfWidth: 2, tower: [])

  /// What is changed about a sound file.
  struct Change: Sendable, CustomTestStringConvertible {
    let words: String
    var tensors: [SafeTensors.Tensor] = []
    var metadata: [String: String] = [:]
    var isNeighbours = false

    var testDescription: String { words }
  }

  private static func file(_ change: Change) throws -> SafeTensors {
    let knowledge = [
      Tensor(name: "log.times", axis: .dense, integers: [1_700_000_000_000_000, 1_699_000_000]),
      Tensor(name: "log.test", axis: .rows(.user), integers: [0, -1, 3]),
      Tensor(name: "log.validation", axis: .rows(.user), integers: [-1, -1, 2]),
      Tensor(name: "log.recent.offsets", axis: .offsets(.user), integers: [0, 1, 1, 2]),
      Tensor(
        name: "log.recent.items", axis: .lists(.user, offsets: "log.recent.offsets"),
        integers: [0, 3]),
      Tensor(name: "log.days", axis: .dense, integers: [3, 0, 2]),
    ]
    let model: PublishedModel =
      change.isNeighbours
      ? .neighbours(
        ItemKNN(
          positives: UserItems(lists: [[0, 1], [1, 2, 3], [0, 3]]), weights: [], itemCount: 4,
          options: KNNOptions(), pool: WorkerPool(threads: 1)))
      : .network(Model(spec: spec, userCount: 3, itemCount: 4, seed: 1))
    let sound = model.tensors + users.tensors(of: .user) + items.tensors(of: .item) + knowledge
    let others = Set(change.tensors.map(\.name))
    return SafeTensors(
      tensors: sound.filter { !others.contains($0.name) } + change.tensors,
      metadata: [
        "user_kind": users.kind.rawValue, "item_kind": items.kind.rawValue,
        "model": model.kind.rawValue, "spec": try model.specText,
      ].merging(change.metadata) { $1 })
  }

  static let changes = [
    Change(
      words: "its header lacks the types of ids or the spec", metadata: ["user_kind": "odd"]),
    Change(words: "it is of the unknown kind forest", metadata: ["model": "forest"]),
    Change(
      words: "model.gmf must be above 0 where model.tower has no layer, not 0",
      metadata: ["spec": #"{"activation":"relu","gmf_width":0,"tower":[]}"#]),
    Change(
      words: "it has numbers that are not finite",
      tensors: [Tensor(name: "output.bias", axis: .dense, shape: [1], floats: [.nan])]),
    Change(
      words: "log.test does not hold an item for each user",
      tensors: [Tensor(name: "log.test", axis: .rows(.user), integers: [0, -2, 3])]),
    Change(
      words: "what it knew of the log is not in order",
      tensors: [Tensor(name: "log.recent.offsets", axis: .offsets(.user), integers: [0, 2, 1, 2])]),
    Change(
      words: "log.times lie outside the years 1 to 9999",
      tensors: [Tensor(name: "log.times", axis: .dense, integers: [.max, 0])]),
    Change(
      words: "log.days does not hold a count for each day",
      tensors: [Tensor(name: "log.days", axis: .dense, integers: [-1])]),
    Change(
      words: "the lists item.items are not in order",
      tensors: [Tensor(name: "item.offsets", axis: .offsets(.item), integers: [0, 9, 0, 0, 0])],
      isNeighbours: true),
    Change(
      words: "it has items without a similarity or a weight",
      tensors: [
        Tensor(
          name: "item.similarities", axis: .lists(.item, offsets: "item.offsets"), shape: [1],
          floats: [1])
      ], isNeighbours: true),
    Change(
      words: "it has not a row for each feature",
      tensors: FeatureNames(users: users.asTexts, items: users.asTexts).tensors),
  ]

  @Test(arguments: changes)
  func aFileIsRefusedInItsOwnWords(change: Change) throws {
    let file = try Self.file(change)
    let error = #expect(throws: DamagedModel.self) { try LiveModel(file) }
    #expect(error?.description == change.words)
  }

  @Test(arguments: [false, true])
  func aFileWithoutAChangeIsRead(isNeighbours: Bool) throws {
    let file = try Self.file(Change(words: "", isNeighbours: isNeighbours))
    #expect(try LiveModel(file).users == Self.users)
  }

  static let forgettings: [(Change, Set<Int>)] = [
    (
      Change(
        words: "its header lacks the type of ids", metadata: ["user_kind": "odd"]), [0]
    ),
    (Change(words: "nobody that it knows is left"), [0, 1, 2]),
    (
      Change(
        words: "user.gmf has not a row for each user",
        tensors: [
          Tensor(name: "user.gmf", axis: .rows(.user), shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])
        ]), [0]
    ),
    (
      Change(
        words: "the tensor secret declares no axis, as in files of earlier versions: "
          + "train anew with --mode full",
        tensors: [Tensor(name: "secret", axis: nil, integers: [1])]), [0]
    ),
    (
      Change(
        words: "its ids of users are not declared as theirs",
        tensors: [Tensor(name: "users.ids", axis: .dense, integers: [1, 2, 3])]), [0]
    ),
    (
      Change(
        words: "the lists extra are not in order",
        tensors: [
          Tensor(name: "extra", axis: .lists(.user, offsets: "by.other"), integers: [1, 2]),
          Tensor(name: "by.other", axis: .dense, integers: [0, 1, 1, 2]),
        ]), [0]
    ),
    (
      Change(
        words: "the lists log.recent.items are not in order",
        tensors: [Tensor(name: "log.recent.offsets", axis: .offsets(.user), integers: [0, 2])]), [0]
    ),
    (
      Change(
        words: "the lists log.recent.items are not in order",
        tensors: [
          Tensor(
            name: "log.recent.items", axis: .lists(.user, offsets: "log.recent.offsets"),
            integers: [0])
        ]), [0]
    ),
  ]

  @Test(arguments: forgettings)
  func whoCantBeForgottenIsSaidWhy(change: Change, users: Set<Int>) throws {
    let file = try Self.file(change)
    let error = #expect(throws: DamagedModel.self) { try file.forgetting { _ in users } }
    #expect(error?.description == change.words)
  }
}

extension Vocabulary {
  /// As many texts as there are ids.
  fileprivate var asTexts: Vocabulary {
    Vocabulary(kind: .text, identifiers: .texts((0..<count).map { "f\($0)" }))
  }
}

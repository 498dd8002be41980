import Interactions
import NCF
import Recommenders
import Testing

/// Removal of users from files by the axes that their tensors declare, whatever the names.
struct ErasureTests {
  private typealias Tensor = SafeTensors.Tensor

  private static let vocabularies = [
    Vocabulary(kind: .bigint, identifiers: .integers([1, 20, 300])),
    Vocabulary(kind: .uuid, identifiers: .uuids([1, 20, .max])),
    Vocabulary(kind: .text, identifiers: .texts(["", "longer", "é"])),
  ]

  private static func file(
    _ tensors: [SafeTensors.Tensor], of users: Vocabulary = vocabularies[0]
  ) -> SafeTensors {
    SafeTensors(
      tensors: users.tensors(of: .user) + tensors, metadata: ["user_kind": users.kind.rawValue])
  }

  /// A file that was stored, read, erased from, stored and read again.
  private static func without(_ gone: Set<Int>, _ file: SafeTensors) throws -> SafeTensors {
    let erased = try SafeTensors(decoding: file.encoded()).forgetting { _ in gone }
    return try SafeTensors(decoding: try #require(erased).file.encoded())
  }

  @Test func rowsOfUsersAreRemovedUnderAnyName() throws {
    let file = Self.file([
      Tensor(name: "x", axis: .rows(.user), shape: [3, 2], floats: [1, 2, 3, 4, 5, 6]),
      Tensor(name: "item.gmf", axis: .rows(.user), kind: .u8, shape: [3, 0, 2], bytes: []),
    ])
    let left = try Self.without([1], file)
    #expect(try left.tensor("x", .f32).floats == [1, 2, 5, 6])
    #expect(try left.tensor("x", .f32).shape == [2, 2])
    #expect(try left.tensor("item.gmf", .u8).shape == [2, 0, 2])
    #expect(left.tensors.map(\.name) == file.tensors.map(\.name))
    #expect(left.tensors.map(\.axis) == file.tensors.map(\.axis))
  }

  @Test func listsOfUsersAreRemovedUnderAnyName() throws {
    let byUser = TensorAxis.lists(.user, offsets: "where")
    let file = Self.file([
      Tensor(name: "seen", axis: byUser, integers: [7, 8, 9, 10]),
      Tensor(name: "where", axis: .offsets(.user), integers: [0, 1, 3, 4]),
      Tensor(
        name: "pairs", axis: byUser, shape: [4, 2], floats: [1, 2, 3, 4, 5, 6, 7, 8]),
    ])
    let left = try Self.without([1], file)
    #expect(try left.tensor("seen", .i64).integers == [7, 10])
    #expect(try left.tensor("where", .i64).integers == [0, 1, 2])
    #expect(try left.tensor("pairs", .f32).floats == [1, 2, 7, 8])
    #expect(try Self.without([0, 2], file).tensor("seen", .i64).integers == [8, 9])
  }

  @Test func whatIsOfNoUserStaysUnderAnyName() throws {
    let others: [(String, TensorAxis)] = [
      ("user.gmf", .rows(.item)), ("log.test", .dense), ("user.features", .rows(.userFeature)),
      ("user.items", .lists(.item, offsets: "user.offsets")), ("user.offsets", .offsets(.item)),
    ]
    let file = Self.file(others.map { Tensor(name: $0, axis: $1, integers: [0, 1, 1]) })
    let left = try Self.without([0], file)
    for (name, _) in others {
      #expect(try left.tensor(name, .i64) == file.tensor(name, .i64))
    }
  }

  @Test(arguments: vocabularies)
  func idsOfEveryKindAreRemoved(users: Vocabulary) throws {
    let erased = try #require(try Self.file([], of: users).forgetting { _ in [1] })
    #expect(erased.ids == [users.text(at: 1)])
    #expect(try Vocabulary(erased.file, of: .user, kind: users.kind) == users.keeping([0, 2]))
  }

  @Test func aTensorWithoutAnAxisIsRefusedByName() throws {
    let file = Self.file([Tensor(name: "tower.0.bias", axis: nil, integers: [1])])
    let error = #expect(throws: DamagedModel.self) { try Self.without([0], file) }
    #expect(error?.description.hasPrefix("the tensor tower.0.bias declares no axis") == true)
    // Nobody has to be removed: nothing is.
    #expect(try file.forgetting { _ in [] } == nil)
  }

  @Test func aShapeThatDoesNotFitItsAxisIsRefused() throws {
    let byUser = TensorAxis.lists(.user, offsets: "where")
    let offsets = Tensor(name: "where", axis: .offsets(.user), integers: [0, 1, 3, 4])
    let wrong: [[Tensor]] = [
      [Tensor(name: "x", axis: .rows(.user), integers: [1, 2])],
      [Tensor(name: "x", axis: .rows(.user), kind: .u8, shape: [], bytes: [1])],
      [Tensor(name: "where", axis: .offsets(.user), integers: [0, 1, 4])],
      [Tensor(name: "where", axis: .offsets(.user), integers: [0, 3, 1, 4])],
      [Tensor(name: "x", axis: byUser, integers: [1, 2, 3]), offsets],
      [Tensor(name: "x", axis: .lists(.user, offsets: "users.ids"), integers: [1, 2, 3])],
    ]
    for tensors in wrong {
      #expect(throws: DamagedModel.self) { try Self.without([0], Self.file(tensors)) }
    }
    #expect(throws: CheckpointError.self) {
      try Self.without([0], Self.file([Tensor(name: "x", axis: byUser, integers: [1])]))
    }
    // The product of the sizes but the first is beyond any number.
    let empty = Tensor(name: "x", axis: byUser, kind: .u8, shape: [0, 1 << 62, 4], bytes: [])
    let none = Tensor(name: "where", axis: .offsets(.user), integers: [0, 0, 0, 0])
    #expect(try Self.without([0], Self.file([empty, none])).tensor("x", .u8) == empty)
  }
}

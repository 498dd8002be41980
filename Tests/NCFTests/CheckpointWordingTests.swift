import Interactions
import Testing

@testable import NCF

/// What is said of a file that is no model's, word for word.
@Suite struct CheckpointWordingTests {
  /// A file with a header and so many bytes behind it.
  private static func file(_ header: String, bytes: Int = 0) -> [UInt8] {
    let header = Array(header.utf8)
    return [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header
      + [UInt8](repeating: 0, count: bytes)
  }

  /// A file of one tensor.
  private static func file(
    _ kind: String, _ shape: String, _ offsets: String, bytes: Int
  ) -> [UInt8] {
    file(
      "{\"a\":{\"dtype\":\"\(kind)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}", bytes: bytes
    )
  }

  @Test(arguments: [
    ([1, 2, 3], "3 bytes are no safetensors file"),
    ([16, 0, 0, 0, 0, 0, 0, 0], "the header's length of 16 bytes goes beyond the file"),
    (file("[]"), "the header is not the JSON of a safetensors file"),
    (file("F64", "[1]", "[0,8]", bytes: 8), "the tensor a is of an unknown type"),
    (file("F32", "[2]", "[0,9]", bytes: 8), "the tensor a lies outside the file"),
    (
      file("F32", "[4611686018427387904,4]", "[0,0]", bytes: 0),
      "the tensor a has an impossible shape"
    ),
    (file("F32", "[3]", "[0,8]", bytes: 8), "the tensor a has other bytes than its shape needs"),
    (file("F32", "[1]", "[4,8]", bytes: 8), "the bytes of a overlap others or leave a gap"),
    (file("F32", "[1]", "[0,4]", bytes: 8), "the tensors take 4 bytes, the file has 8"),
  ])
  func aFileThatIsNoneIsToldHow(file: [UInt8], words: String) {
    #expect(throws: CheckpointError(words)) { try SafeTensors(decoding: file) }
  }

  private static func bytes(
    _ name: String, _ shape: [Int], _ bytes: [UInt8]
  ) -> SafeTensors.Tensor {
    SafeTensors.Tensor(name: name, kind: .u8, shape: shape, bytes: bytes)
  }

  private static let texts = bytes("users.ids", [2], [0x62, 0x61])

  @Test(arguments: [
    (IdentifierKind.bigint, [], "the tensor users.ids is missing"),
    (.bigint, [texts], "the tensor users.ids holds U8, not I64"),
    (
      .bigint, [SafeTensors.Tensor(name: "users.ids", integers: [2, 1])],
      "the identifiers of users are not in ascending order"
    ),
    (.uuid, [texts], "the tensor users.ids does not hold 16 bytes for each uuid"),
    (
      .text, [texts, SafeTensors.Tensor(name: "users.offsets", integers: [0, 1])],
      "the offsets of users don't span its bytes"
    ),
    (
      .text, [texts, SafeTensors.Tensor(name: "users.offsets", integers: [0, 1, 2])],
      "the identifiers of users are not in ascending order"
    ),
    (
      .text,
      [
        bytes("users.ids", [1], [0xFF]),
        SafeTensors.Tensor(name: "users.offsets", integers: [0, 1]),
      ], "an identifier of users is not UTF-8 text"
    ),
  ])
  func identifiersThatAreNoneAreToldHow(
    kind: IdentifierKind, tensors: [SafeTensors.Tensor], words: String
  ) {
    let file = SafeTensors(tensors: tensors, metadata: [:])
    #expect(throws: CheckpointError(words)) { try Vocabulary(file, "users", kind: kind) }
  }

  @Test func aTensorOfAnotherSizeIsToldWithBothSizes() {
    let spec = ModelSpec(gmfWidth: 2, tower: [])
    let model = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)
    let file = SafeTensors(tensors: model.tensors, metadata: [:])
    #expect(throws: CheckpointError("the tensor user.gmf has shape [3, 2], not [5, 2]")) {
      try Model(file, spec: spec, userCount: 5, itemCount: 4)
    }
  }
}

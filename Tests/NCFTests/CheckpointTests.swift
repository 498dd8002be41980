import Interactions
import Testing

@testable import NCF

@Suite struct CheckpointTests {
  @Test(arguments: GradientTests.specs + ObjectiveTests.specs)
  func aModelComesBackAsItWas(spec: ModelSpec) throws {
    let model = GradientTests.model(spec, users: 7, items: 9)
    let file = SafeTensors(tensors: model.tensors, metadata: ["format": "1"]).encoded()
    let read = try SafeTensors(decoding: file)
    #expect(read.metadata == ["format": "1"])
    #expect(try Model(read, spec: spec, userCount: 7, itemCount: 9) == model)
    #expect(throws: CheckpointError.self) {
      _ = try Model(read, spec: spec, userCount: 8, itemCount: 9)
    }
  }

  @Test func identifiersOfEveryKindComeBackAsTheyWere() throws {
    let vocabularies = [
      Vocabulary(kind: .bigint, identifiers: .integers([.min, -1, 0, 5, .max])),
      Vocabulary(kind: .integer, identifiers: .integers([])),
      Vocabulary(kind: .uuid, identifiers: .uuids([0, 1, .max])),
      Vocabulary(kind: .text, identifiers: .texts(["", "a", "a\"b", "é", "🙂"])),
    ]
    for vocabulary in vocabularies {
      let file = SafeTensors(tensors: vocabulary.tensors(of: .user), metadata: [:]).encoded()
      let read = try Vocabulary(
        SafeTensors(decoding: file), of: .user, kind: vocabulary.kind)
      #expect(read == vocabulary)
    }
  }

  @Test func aFileThatWasCutOrChangedIsRefusedOrReadsAsData() throws {
    let spec = ModelSpec(gmfWidth: 2, tower: [4, 2])
    let model = GradientTests.model(spec, users: 2, items: 2)
    let file = SafeTensors(tensors: model.tensors, metadata: ["kind": "test"]).encoded()
    for length in 0..<file.count {
      #expect(throws: CheckpointError.self, "cut to \(length) bytes") {
        _ = try SafeTensors(decoding: Array(file[..<length]))
      }
    }
    // A flipped bit may give other numbers or names, but never a crash or a read beyond the file.
    var random = CounterRandom(seed: 1, stream: 1)
    for _ in 0..<20_000 {
      var damaged = file
      for _ in 0...random.uniform(below: 3) {
        damaged[random.uniform(below: min(file.count, 700))] ^= UInt8(1 << random.uniform(below: 8))
      }
      if let read = try? SafeTensors(decoding: damaged) {
        _ = try? Model(read, spec: spec, userCount: 2, itemCount: 2)
      }
    }
  }

  @Test func aHugeHeaderLengthOrShapeIsRefused() {
    let lengths: [[UInt8]] = [
      Array(repeating: 255, count: 8) + [1, 2, 3],
      [16, 0, 0, 0, 0, 0, 0, 128] + Array(repeating: 32, count: 16),
    ]
    for file in lengths {
      #expect(throws: CheckpointError.self) { try SafeTensors(decoding: file) }
    }
    let shape =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}"
    let header = Array(shape.utf8)
    #expect(throws: CheckpointError.self) {
      try SafeTensors(decoding: [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header)
    }
  }
}

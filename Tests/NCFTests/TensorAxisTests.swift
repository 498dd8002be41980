import Interactions
import Testing

@testable import NCF

/// What tensors declare of themselves, and what follows from the declaration of a model's tables.
struct TensorAxisTests {
  private static let axes: [String: TensorAxis] = [
    "user": .rows(.user), "item": .rows(.item), "user_feature": .rows(.userFeature),
    "item_feature": .rows(.itemFeature), "dense": .dense, "user offsets": .offsets(.user),
    "item lists by item": .lists(.item, offsets: "by item"),
  ]

  @Test func anAxisIsReadFromItsText() {
    for (text, axis) in Self.axes {
      #expect(axis.rawValue == text)
      #expect(TensorAxis(rawValue: text) == axis)
    }
    for text in ["", " ", "users", "dense offsets", "user lists", "user rows", "user offsets x"] {
      #expect(TensorAxis(rawValue: text) == nil, "\(text)")
    }
  }

  @Test func aFileKeepsTheAxesOfItsTensorsInItsHeader() throws {
    var tensors = Self.axes.map { SafeTensors.Tensor(name: $0, axis: $1, integers: [1, 2]) }
    tensors.append(SafeTensors.Tensor(name: "other/\"é\"", axis: nil, integers: []))
    let file = SafeTensors(tensors: tensors, metadata: ["format": "1"])
    let read = try SafeTensors(decoding: file.encoded())
    #expect(read == file)
    #expect(try read.tensor("other/\"é\"", .i64).axis == nil)
  }

  @Test(arguments: ["users", "{}", #"{\"a\":1}"#, #"{\"a\":\"users\"}"#])
  func axesThatAreNoneAreRefused(text: String) throws {
    let header = Array(
      """
      {"__metadata__":{"axes":"\(text)"},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}
      """.utf8)
    let bytes = [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header
    if text == "{}" {
      #expect(try SafeTensors(decoding: bytes).tensor("a", .u8).axis == nil)
    } else {
      #expect(throws: CheckpointError("the axes of its tensors are not in order")) {
        try SafeTensors(decoding: bytes)
      }
    }
  }

  @Test func everyArrayOfAModelIsDeclared() {
    let model = FeatureTests.model(ModelSpec(gmfWidth: 5, tower: [12, 7, 3]))
    let arrays = Mirror(reflecting: model).children.filter { $0.value is [Float] }
    #expect(arrays.count == Model.parameters.count)
    #expect(Set(Model.parameters).count == Model.parameters.count)
  }

  @Test(arguments: FeatureTests.specs)
  func sizesFollowFromTheDeclaration(spec: ModelSpec) {
    let model = FeatureTests.model(spec)
    let counts = model.counts
    #expect(counts == RowCounts(FeatureTests.features))
    var numbers = 0
    for tensor in model.tensors {
      numbers += tensor.floats.count
      #expect(model.numbers(of: tensor.name) == tensor.floats)
      if case .rows(let entity) = tensor.axis {
        #expect(tensor.shape.first == counts[entity] && tensor.name.hasPrefix(entity.rawValue))
      } else {
        #expect(tensor.axis == .dense)
      }
    }
    #expect(Model.parameterCount(spec, counts) == numbers)
    #expect(
      Model.paddedCount(spec, counts)
        == Model.parameters.reduce(0) { $0 + model[keyPath: $1].count })
    for entity in [TensorAxis.Entity.user, .item, .userFeature, .itemFeature] {
      #expect(Model.rowWidth(of: entity, spec) == model.layout.rowStride)
    }
  }
}

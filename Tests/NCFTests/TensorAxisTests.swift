import Interactions
import Testing

@testable import NCF

/// What tensors declare of themselves.
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

  @Test(arguments: FeatureTests.specs)
  func everyTensorOfAModelDeclaresItsAxis(spec: ModelSpec) {
    for tensor in FeatureTests.model(spec).tensors {
      if case .rows(let entity) = tensor.axis {
        #expect(tensor.name.hasPrefix(entity.rawValue + "."))
      } else {
        #expect(tensor.axis == .dense)
      }
    }
  }
}

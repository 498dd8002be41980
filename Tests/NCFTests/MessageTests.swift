import Interactions
import Testing

@testable import NCF

/// The text of an error about a stored model: one example for each kind of fault.
struct MessageTests {
  private static let spec = ModelSpec(gmfWidth: 2, tower: [])
  private static let model = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)

  @Test func aFileThatIsNoModelIsNamedByItsFault() {
    let words = "the header's length of 16 bytes goes beyond the file"
    #expect(throws: CheckpointError(words)) {
      try SafeTensors(decoding: [16, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test func aTensorOfAnotherSizeIsToldWithBothSizes() {
    let file = SafeTensors(tensors: Self.model.tensors, metadata: [:])
    #expect(throws: CheckpointError("the tensor user.gmf has shape [3, 2], not [5, 2]")) {
      try Model(file, spec: Self.spec, userCount: 5, itemCount: 4)
    }
  }

  @Test(arguments: [
    ("epoch/gmf", "-1", "the epoch of gmf is no number"),
    ("epoch/gmf", nil, "a model is not said to be finished"),
    ("spec/gmf", "{}", "a shape is none that can be built"),
  ])
  func aStoredTrainingThatIsDamagedIsRefused(key: String, word: String?, message: String) throws {
    var progress = TrainingProgress()
    (progress.models["gmf"], progress.epochs["gmf"]) = (Self.model, 1)
    let sound = progress.file(words: [:])
    #expect(try TrainingProgress(sound, userCount: 3, itemCount: 4).epochs == ["gmf": 1])
    var metadata = sound.metadata
    metadata[key] = word
    let file = SafeTensors(tensors: sound.tensors, metadata: metadata)
    #expect(throws: CheckpointError(message)) {
      try TrainingProgress(file, userCount: 3, itemCount: 4)
    }
  }
}

import Interactions
import Parallelism
import Testing

@testable import NCF

/// What is said of a stored training that can't be gone on from, word for word.
@Suite struct ProgressWordingTests {
  private static let spec = ModelSpec(gmfWidth: 2, tower: [])

  /// A training of which one model is finished, with some of its words changed; nil removes one.
  private static func file(_ changes: [(key: String, word: String?)]) -> SafeTensors {
    var progress = TrainingProgress()
    progress.models["gmf"] = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)
    progress.epochs["gmf"] = 1
    let file = progress.file(words: [:])
    var metadata = file.metadata
    for (key, word) in changes { metadata[key] = word }
    return SafeTensors(tensors: file.tensors, metadata: metadata)
  }

  @Test(arguments: [
    ("epoch/gmf", "soon", "the epoch of gmf is no number"),
    ("epoch/gmf", "-1", "the epoch of gmf is no number"),
    ("epoch/gmf", nil, "a model is not said to be finished"),
    ("spec/gmf", "{}", "a shape is none that can be built"),
  ])
  func wordsThatAreNoneAreToldHow(key: String, word: String?, message: String) throws {
    #expect(try TrainingProgress(Self.file([]), userCount: 3, itemCount: 4).epochs == ["gmf": 1])
    let file = Self.file([(key, word)])
    #expect(throws: CheckpointError(message)) {
      try TrainingProgress(file, userCount: 3, itemCount: 4)
    }
  }

  @Test func rowsOfOtherFeaturesAreToldOfWhichModel() {
    let features = ContentFeatures(
      users: FeatureLists(featureCount: 1, lists: [[0], [], []]),
      items: FeatureLists(featureCount: 0, lists: [[], [], [], []]))
    #expect(throws: CheckpointError("models/gmf has rows for other features")) {
      try TrainingProgress(Self.file([]), userCount: 3, itemCount: 4, features: features)
    }
  }

  @Test func aStateOfAnotherTrainingIsToldHowItDiffers() throws {
    let trainer = Trainer(
      Model(spec: Self.spec, userCount: 3, itemCount: 4, seed: 1),
      positives: UserItems(lists: [[0, 1], [1, 2], [3]]), negatives: 1, batch: 2,
      phase: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 2), seed: 1,
      pool: WorkerPool(threads: 1))
    var state: Trainer.State?
    _ = try trainer.run(epoch: 1) { _ in state = trainer.state }
    let stopped = try #require(state)
    #expect(throws: CheckpointError("its parameters are not those of this model and optimiser")) {
      try trainer.restore(
        Trainer.State(place: stopped.place, step: stopped.step, memory: [[0]]))
    }
    #expect(throws: CheckpointError("it stands between no two batches of this training")) {
      try trainer.restore(
        Trainer.State(place: stopped.place, step: stopped.step + 1, memory: stopped.memory))
    }
    try trainer.restore(stopped)
  }
}

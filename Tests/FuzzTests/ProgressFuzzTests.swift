import Interactions
import Parallelism
import Testing

@testable import NCF

/// Stored states of a training that was stopped, whose bytes anybody may have written.
struct ProgressFuzzTests {
  private static let positives = UserItems(lists: [[0, 1], [1, 2, 3], [0, 3]])

  private static func trainer(_ model: Model) -> Trainer {
    Trainer(
      model, positives: positives, negatives: 1, batch: 2,
      phase: PhaseOptions(optimizer: .adam, learningRate: 0.01, epochs: 2, patience: 2), seed: 1,
      pool: WorkerPool(threads: 1))
  }

  /// A training amid an epoch, with finished steps, a best epoch and a mean.
  private static func progress(_ spec: ModelSpec) throws -> TrainingProgress {
    let model = Model(spec: spec, userCount: 3, itemCount: 4, seed: 1)
    let trainer = trainer(model)
    var state: Trainer.State?
    _ = try trainer.run(epoch: 1) { _ in state = trainer.state }
    var progress = TrainingProgress()
    progress.models["gmf"] = model
    progress.epochs["gmf"] = 1
    progress.current = TrainingProgress.Current(
      step: "neumf",
      state: PhaseState(
        trainer: try #require(state), spec: spec, userCount: 3, itemCount: 4, seconds: 1,
        best: PhaseState.Best(model, epoch: 1, ndcg: 0.5), mean: model))
    return progress
  }

  private static let words = [
    "\"dtype\":\"F32\"", "\"I64\"", "\"U8\"", "[4611686018427387904,4]", "[0]", "[]",
    "\"data_offsets\":[0,0]", "null", "{", "}", "\\u0000", "\"epoch/gmf\"", "\"spec/gmf\"",
    "\"step\"",
    "\"state.numbers\"", "\"state/0\"", "\"state/9\"", "\"best/user.gmf\"", "\"mean/user.gmf\"",
    "-1",
    "\\\"tower\\\":[16384,16384,16384,16384]", "4096",
  ].map { Array($0.utf8) }

  @Test func aDamagedProgressIsGoneOnFromOrRefused() throws {
    let specs = [ModelSpec(gmfWidth: 2, tower: [4, 2]), ModelSpec(gmfWidth: 3, tower: [])]
    let seeds = try specs.map { try Self.progress($0).file(words: ["rows": "[]"]).encoded() }
    let mutator = Mutator(seeds: seeds, words: Self.words)
    try Campaign(name: "progress", mutator: mutator).run(percent: 13) { input in
      do {
        let file = try SafeTensors(decoding: input)
        let progress = try TrainingProgress(file, userCount: 3, itemCount: 4)
        #expect(!progress.text.isEmpty)
        if let current = progress.current {
          let trainer = Self.trainer(current.state.blank(features: nil))
          try trainer.restore(current.state.trainer)
        }
        return .accepted
      } catch is CheckpointError {
        return .refused
      }
    }
  }

  @Test func aProgressThatWasCutAnywhereIsRefused() throws {
    let file = try Self.progress(ModelSpec(gmfWidth: 2, tower: [4, 2])).file(words: [:]).encoded()
    for length in 0..<file.count {
      #expect(throws: CheckpointError.self) {
        _ = try SafeTensors(decoding: Array(file[..<length]))
      }
    }
  }
}

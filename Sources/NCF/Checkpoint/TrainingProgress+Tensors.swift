private import FoundationEssentials
package import Interactions

/// A training under way as named tensors, and words beside them.
///
/// `models/STEP/…` are the models of finished steps as `Model.tensors` names them, with the spec in the
/// word `spec/STEP` and the epoch in `epoch/STEP`. The step under way is the word `step`, its shape
/// `spec`; `state.numbers` are its epoch, position, steps, and the bits of loss, seconds and the best
/// NDCG and its epoch; `state/N` is the memory of the trainer, `best/…` and `mean/…` are models.
///
/// `state/N` declares no axis, and the file has no ids: single users can't be removed from it. Erasure
/// removes the whole file.
extension TrainingProgress {
  private static let numbers = "state.numbers"

  /// Writes it as a file.
  ///
  /// - Parameter words: words of the caller's own, whose keys don't begin with any of the above.
  /// - Returns: the tensors and all words.
  package func file(words: [String: String]) -> SafeTensors {
    var words = words
    var tensors: [SafeTensors.Tensor] = []
    func add(_ model: Model, _ prefix: String) {
      tensors += model.tensors.map { $0.renamed("\(prefix)/\($0.name)") }
    }
    for (step, epoch) in epochs { words["epoch/\(step)"] = String(epoch) }
    for step in models.keys.sorted() {
      guard let model = models[step] else { continue }
      words["spec/\(step)"] = Self.text(model.spec)
      add(model, "models/\(step)")
    }
    if let current {
      let state = current.state
      words["step"] = current.step
      words["spec"] = Self.text(state.spec)
      let (trainer, best) = (state.trainer, state.best)
      func bits(_ value: Double) -> Int64 { Int64(bitPattern: value.bitPattern) }
      tensors.append(
        SafeTensors.Tensor(
          name: Self.numbers, axis: .dense,
          integers: [
            Int64(trainer.place.epoch), Int64(trainer.place.position), Int64(trainer.step),
            bits(trainer.place.loss), bits(state.seconds), bits(best?.ndcg ?? 0),
            Int64(best?.epoch ?? -1),
          ]))
      for (index, memory) in trainer.memory.enumerated() {
        tensors.append(
          SafeTensors.Tensor(
            name: "state/\(index)", axis: nil, kind: .u8, shape: [memory.count], bytes: memory))
      }
      if let best { add(best.model, "best") }
      if let mean = state.mean { add(mean, "mean") }
    }
    return SafeTensors(tensors: tensors, metadata: words)
  }

  /// Reads it back.
  ///
  /// - Parameters:
  ///   - file: what `file(words:)` gave; other words in it are not looked at.
  ///   - userCount: how many users every model must have.
  ///   - itemCount: how many items.
  ///   - features: what they have; nil for none.
  /// - Throws: `CheckpointError` when anything is missing, or not of the size that a shape needs.
  package init(
    _ file: SafeTensors, userCount: Int, itemCount: Int, features: ContentFeatures? = nil
  ) throws(CheckpointError) {
    self.init()
    func model(_ prefix: String, _ spec: ModelSpec) throws(CheckpointError) -> Model {
      let model = try Model(
        file.below(prefix), spec: spec, userCount: userCount, itemCount: itemCount)
      guard model.counts == RowCounts(users: userCount, items: itemCount, features: features)
      else { throw CheckpointError("\(prefix) has rows for other features") }
      return model
    }
    for (key, word) in file.metadata {
      if let step = key.tail(after: "epoch/") {
        guard let epoch = Int(word), epoch >= 0 else {
          throw CheckpointError("the epoch of \(step) is no number")
        }
        epochs[step] = epoch
      } else if let step = key.tail(after: "spec/") {
        models[step] = try model("models/\(step)", Self.spec(word))
      }
    }
    guard models.keys.allSatisfy({ epochs[$0] != nil }) else {
      throw CheckpointError("a model is not said to be finished")
    }
    guard let step = file.metadata["step"] else { return }
    let spec = try Self.spec(file.metadata["spec"] ?? "")
    let numbers = try file.tensor(Self.numbers, .i64).integers
    guard numbers.count == 7, numbers[..<3].allSatisfy({ $0 >= 0 }), numbers[6] >= -1 else {
      throw CheckpointError("the numbers of \(step) are not in order")
    }
    func double(_ index: Int) -> Double { Double(bitPattern: UInt64(bitPattern: numbers[index])) }
    var memory: [[UInt8]] = []
    while let part = try? file.tensor("state/\(memory.count)", .u8) { memory.append(part.bytes) }
    let place = Trainer.Place(
      epoch: Int(numbers[0]), position: Int(numbers[1]), loss: double(3))
    var best: PhaseState.Best?
    if numbers[6] >= 0 {
      best = PhaseState.Best(
        try model("best", spec), epoch: Int(numbers[6]), ndcg: double(5))
    }
    let hasMean = file.tensors.contains { $0.name.hasPrefix("mean/") }
    current = Current(
      step: step,
      state: PhaseState(
        trainer: Trainer.State(place: place, step: Int(numbers[2]), memory: memory), spec: spec,
        userCount: userCount, itemCount: itemCount, seconds: double(4), best: best,
        mean: hasMean ? try model("mean", spec) : nil))
  }

  private static func text(_ spec: ModelSpec) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // A shape is numbers and words: there is nothing in it that JSON can't say.
    return (try? encoder.encode(spec)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func spec(_ text: String) throws(CheckpointError) -> ModelSpec {
    guard let spec = try? JSONDecoder().decode(ModelSpec.self, from: Data(text.utf8)),
      spec.problem == nil
    else { throw CheckpointError("a shape is none that can be built") }
    return spec
  }
}

extension String {
  /// What follows a beginning; nil when this does not begin so.
  fileprivate func tail(after beginning: String) -> String? {
    hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
  }
}

extension SafeTensors {
  /// The tensors whose names begin with `PREFIX/`, without it.
  fileprivate func below(_ prefix: String) -> SafeTensors {
    SafeTensors(
      tensors: tensors.compactMap { tensor in
        tensor.name.tail(after: prefix + "/").map { tensor.renamed($0) }
      }, metadata: [:])
  }
}

extension SafeTensors.Tensor {
  /// The same numbers under another name.
  fileprivate func renamed(_ name: String) -> Self {
    Self(name: name, axis: axis, kind: kind, shape: shape, bytes: bytes)
  }
}

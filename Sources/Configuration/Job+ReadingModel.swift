import Baselines
import Interactions
import Jobs
import NCF
import Settings
import Yams

private enum Embeddings: String, CaseIterable, ScalarValue { case separate, shared }
private enum OutputWeights: String, CaseIterable, ScalarValue { case learnt, one }
private enum Sampling: String, CaseIterable, ScalarValue { case uniform }

/// How the sections `model` and `train` are read.
extension Job {
  /// Reads `model`, a section or the name of a method.
  ///
  /// Without a method it is `auto`, or `ncf` where the network, its training or the features that it learns
  /// from have a value.
  ///
  /// - Parameters:
  ///   - top: the whole job.
  ///   - train: its section `train`.
  /// - Returns: whether `model.gmf` has a value.
  mutating func readModel(_ top: Section, _ train: Section) -> Bool {
    let (section, word) = top.section("model", orWord: Method.self)
    let named: Method? = section.value("method")
    let isExplicit =
      Self.networkKeys.contains(where: section.isGiven)
      || Self.trainingKeys.contains(where: train.isGiven)
      || users.features != nil || items.features != nil
    method =
      (section.isGivenByVariable("method") ? named ?? word : word ?? named)
      ?? (isExplicit ? .ncf : .auto)
    readNetwork(section)
    if case .baseline(let baseline) = method { section.read(&baselines[baseline]) }
    for (key, methods) in owners where !methods.contains(method) {
      section.refuse(
        key, of: methods.map(\.rawValue), choice: "model.method", chosen: method.rawValue,
        byVariable: top.isGivenByVariable("model") || section.isGivenByVariable("method"))
    }
    return section.isGiven("gmf")
  }

  /// Keys of `model` that describe the network.
  private static let networkKeys = [
    "gmf", "tower", "activation", "fusion", "embeddings", "link", "output", "l2", "dropout",
    "own_dropout",
  ]
  /// Keys of `train` that describe how the network is trained in full.
  private static let trainingKeys =
    ["pretrain", "factorization", "alpha", "loss", "sampling", "optimizer", "finetune"]
    + TrainingOptions.settings.map(\.key)
    + PhaseOptions.settings.flatMap { [$0.key, "finetune.\($0.key)"] }

  /// Keys of `model` and the methods that they belong to.
  private var owners: [(key: String, methods: [Method])] {
    Self.grouped(
      [(.ncf, Self.networkKeys), (.auto, Self.networkKeys)]
        + Baseline.allCases.map { (.baseline($0), baselines[$0].settingKeys) })
  }

  /// Keys with the methods that have them, in the order of their first.
  private static func grouped<Owner>(
    _ methods: [(method: Owner, keys: [String])]
  ) -> [(key: String, methods: [Owner])] {
    var keys: [String] = []
    for key in methods.flatMap(\.keys) where !keys.contains(key) { keys.append(key) }
    return keys.map { key in (key, methods.filter { $0.keys.contains(key) }.map(\.method)) }
  }

  private mutating func readNetwork(_ section: Section) {
    section.read("gmf", &model.gmfWidth)
    model.tower =
      section.list("tower", wanted: "a list of whole numbers, such as [64, 32]") ?? model.tower
    section.read("activation", &model.activation)
    section.read("fusion", &model.fusion)
    section.read("link", &model.link)
    var embeddings = Embeddings.separate
    section.read("embeddings", &embeddings)
    model.sharedEmbeddings = embeddings == .shared
    var output = OutputWeights.learnt
    section.read("output", &output)
    model.outputsAreOne = output == .one
    section.read(TrainingOptions.regularization, of: &training)
  }

  // MARK: - Training

  mutating func readTraining(_ section: Section) {
    readPretraining(section)
    section.read(&training)
    switch section.value("alpha") as OrAuto<Float>? {
    case .auto: training.alpha = nil
    case .given(let share): training.alpha = share
    case nil: break
    }
    section.read("loss", &training.objective)
    readSampling(section)
    section.read("refit", &training.refit)
    section.read("seed", &training.seed)
    section.read("optimizer", &training.pretraining.optimizer)
    section.read(&training.pretraining)
    let finetune = section.section("finetune")
    finetune.read("optimizer", &training.joint.optimizer)
    finetune.read(&training.joint)
    readFactorization(
      section.section("factorization"), byVariable: section.isGivenByVariable("pretrain"))
    section.read("mode", &nightly.mode)
    section.read("absorb_holdout", &nightly.absorbHoldout)
    section.read("resume", &nightly.resume)
    section.read("checkpoint", &nightly.checkpoint)
    section.read("resume_within", &nightly.resumeWithin)
    section.read(&nightly)
    section.read("nightly.optimizer", &nightly.phase.optimizer)
    // A night's training does not stop early.
    let settings = PhaseOptions.settings.filter { $0.key != "patience" }
    section.section("nightly").read(settings, of: &nightly.phase)
  }

  private mutating func readPretraining(_ section: Section) {
    let methods = Baseline.starts.map(\.rawValue)
    let read: (PreTraining, [Baseline])? = section.words(
      "pretrain",
      wanted: "[gmf, mlp] or true, [] or false, or some of \(methods.joined(separator: ", "))",
      names: methods + ["true", "false"]
    ) { words, isList in
      let chosen = words.compactMap { Baseline(rawValue: $0) }.filter(Baseline.starts.contains)
      if !chosen.isEmpty, chosen.count == words.count, Set(chosen).count == chosen.count {
        return (.factors, chosen)
      }
      switch (words, isList) {
      case ([], _), (["false"], false): return (.none, [])
      case (["gmf", "mlp"], true), (["mlp", "gmf"], true), (["true"], false): return (.parts, [])
      default: return nil
      }
    }
    guard let (pretrain, chosen) = read else { return }
    training.pretrain = pretrain
    if !chosen.isEmpty { initial.methods = chosen }
  }

  private mutating func readSampling(_ section: Section) {
    let (below, word) = section.section("sampling", orWord: Sampling.self)
    let power: Double? = below.value("popularity")
    if let power, word == nil || below.isGivenByVariable("popularity") {
      training.sampling = .popularity(power: power)
    } else if word != nil {
      training.sampling = .uniform
    }
  }

  /// Reads the settings of what the GMF part starts from: those of one directly below the section, those
  /// of several each under its name.
  private mutating func readFactorization(_ section: Section, byVariable: Bool) {
    let all = Baseline.starts
    let isStart = training.pretrain == .factors
    let single = isStart && initial.methods.count == 1 ? initial.methods[0] : nil
    let chosen =
      isStart ? initial.name : training.pretrain == .parts ? "[gmf, mlp]" : "[]"
    func refuse(_ key: String, of owners: [String]) {
      section.refuse(
        key, of: owners, choice: "train.pretrain", chosen: chosen, byVariable: byVariable)
    }
    if let single { section.read(&initial.settings[single]) }
    for (key, methods) in Self.grouped(all.map { ($0, initial.settings[$0].settingKeys) }) {
      if let single, methods.contains(single) { continue }
      refuse(key, of: (single == nil ? all : methods).map(\.rawValue))
    }
    for method in all {
      let below = section.section(method.rawValue)
      if isStart, single == nil, initial.methods.contains(method) {
        below.read(&initial.settings[method])
      } else {
        below.know(initial.settings[method].settingKeys)
        refuse(method.rawValue, of: ["a list with \(method.rawValue) and others"])
      }
    }
  }
}

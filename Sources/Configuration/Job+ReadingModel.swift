import Baselines
import Interactions
import Jobs
import NCF

/// How the sections `model` and `train` are read.
extension Job {
  /// What the section `model` says, some of which is a matter of training.
  struct ModelReading {
    var method = Method.ncf
    var spec = Job(source: Source(relation: .query(""))).model
    var baselines = BaselineOptions()
    var l2Embeddings: Float?
    var l2Tower: Float?
    var dropout: Float?
    var ownDropout: Float?
    /// Whether `model.gmf` has a value.
    var hasWidth = false
  }

  private enum Embeddings: String, CaseIterable { case separate, shared }
  private enum Output: String, CaseIterable { case learnt, one }
  private enum Sampling: String, CaseIterable { case uniform }

  /// Which methods each key of `model` belongs to.
  private static let owners: [(keys: [String], methods: [Method])] = [
    (
      [
        "gmf", "tower", "activation", "fusion", "embeddings", "link", "output", "l2", "dropout",
        "own_dropout",
      ], [.ncf]
    ),
    (["factors", "regularization", "iterations"], [.ials, .eals, .ease, .bpr, .mf]),
    (["alpha"], [.ials]),
    (["missing_weight", "popularity_power"], [.eals]),
    (["learning_rate"], [.bpr, .mf]),
    (["negatives"], [.mf]),
    (["neighbours", "shrinkage"], [.itemknn]),
  ]

  /// Reads `model`, a section or the name of a method.
  static func readModel(_ top: inout Section) -> ModelReading {
    let byVariable = top.isGivenByVariable("model")
    var (section, word) = top.section("model", orWord: Method.self)
    var reading = ModelReading()
    let named = section.choice("method", of: Method.self)
    reading.method =
      (section.isGivenByVariable("method") ? named ?? word : word ?? named) ?? reading.method
    readNetwork(&section, into: &reading)
    readBaseline(&section, into: &reading)
    for (keys, methods) in owners where !methods.contains(reading.method) {
      section.refuse(
        keys, of: methods.map(\.rawValue), choice: "model.method", chosen: reading.method.rawValue,
        byVariable: byVariable || section.isGivenByVariable("method"))
    }
    section.finish()
    return reading
  }

  private static func readNetwork(_ section: inout Section, into reading: inout ModelReading) {
    reading.hasWidth = section.isGiven("gmf")
    if let width = section.integer("gmf") { reading.spec.gmfWidth = width }
    if let widths = section.integers("tower") { reading.spec.tower = widths }
    if let activation = section.choice("activation", of: Activation.self) {
      reading.spec.activation = activation
    }
    if let fusion = section.choice("fusion", of: Fusion.self) { reading.spec.fusion = fusion }
    if let embeddings = section.choice("embeddings", of: Embeddings.self) {
      reading.spec.sharedEmbeddings = embeddings == .shared
    }
    if let link = section.choice("link", of: Link.self) { reading.spec.link = link }
    if let output = section.choice("output", of: Output.self) {
      reading.spec.outputsAreOne = output == .one
    }
    var l2 = section.section("l2")
    reading.l2Embeddings = l2.number("embeddings").map { Float($0) }
    reading.l2Tower = l2.number("tower").map { Float($0) }
    l2.finish()
    reading.dropout = section.number("dropout").map { Float($0) }
    reading.ownDropout = section.number("own_dropout").map { Float($0) }
  }

  private static func readBaseline(_ section: inout Section, into reading: inout ModelReading) {
    let settings = FactorSettings(&section, FactorSettings.keys)
    let neighbours = section.integer("neighbours")
    let shrinkage = section.number("shrinkage").map { Float($0) }
    switch reading.method {
    case .ncf, .itempop: break
    case .itemknn:
      if let neighbours { reading.baselines.itemknn.neighbours = neighbours }
      if let shrinkage { reading.baselines.itemknn.shrinkage = shrinkage }
    case .mf: settings.give(to: &reading.baselines.mf)
    case .bpr: settings.give(to: &reading.baselines.bpr)
    case .eals: settings.give(to: &reading.baselines.eals)
    case .ials: settings.give(to: &reading.baselines.ials)
    case .ease: settings.give(to: &reading.baselines.ease)
    }
  }

  // MARK: - Training

  /// Reads `train`, and puts what `model` says of training beside it.
  static func readTraining(
    _ section: Section, _ model: ModelReading
  ) -> (TrainingOptions, Factorization, Nightly) {
    var section = section
    var training = Job.defaultTraining
    var initial = Factorization()
    if let (pretrain, methods) = readPretraining(&section) {
      training.pretrain = pretrain
      if !methods.isEmpty { initial.methods = methods }
    }
    if let alpha = section.number("alpha") { training.alpha = Float(alpha) }
    if let loss = section.choice("loss", of: Objective.self) { training.objective = loss }
    if let negatives = section.integer("negatives") { training.negatives = negatives }
    if let sampling = readSampling(&section) { training.sampling = sampling }
    if let batch = section.integer("batch") { training.batch = batch }
    if let averaging = section.number("averaging") { training.averaging = Float(averaging) }
    if let refit = section.flag("refit") { training.refit = refit }
    if let seed = section.unsigned("seed") { training.seed = seed }
    if let l2 = model.l2Embeddings { training.l2Embeddings = l2 }
    if let l2 = model.l2Tower { training.l2Tower = l2 }
    if let dropout = model.dropout { training.dropout = dropout }
    if let dropout = model.ownDropout { training.ownDropout = dropout }
    readPhase(&section, into: &training.pretraining)
    var finetune = section.section("finetune")
    readPhase(&finetune, into: &training.joint)
    finetune.finish()
    let byVariable = section.isGivenByVariable("pretrain")
    var factorization = section.section("factorization")
    readFactorization(&factorization, training.pretrain, byVariable, into: &initial)
    factorization.finish()
    let nightly = readNightly(&section)
    section.finish()
    return (training, initial, nightly)
  }

  /// Reads how nights go on from each other.
  private static func readNightly(_ section: inout Section) -> Nightly {
    var nightly = Nightly()
    if let mode = section.choice("mode", of: RunRequest.Mode.self) { nightly.mode = mode }
    if let nights = section.integer("full_every") { nightly.fullEvery = nights }
    if let share = section.number("max_growth") { nightly.maxGrowth = share }
    if let flag = section.flag("absorb_holdout") { nightly.absorbHoldout = flag }
    if let resume = section.choice("resume", of: RunRequest.Resume.self) { nightly.resume = resume }
    if let age = section.value("checkpoint", wanted: ageForm, { Age($0) }) {
      nightly.checkpoint = age
    }
    if let age = section.value("resume_within", wanted: ageForm, { Age($0) }) {
      nightly.resumeWithin = age
    }
    var below = section.section("nightly")
    if let optimizer = below.choice("optimizer", of: Optimizer.self) {
      nightly.phase.optimizer = optimizer
    }
    if let rate = below.number("learning_rate") { nightly.phase.learningRate = Float(rate) }
    if let decay = below.number("decay") { nightly.phase.decay = Float(decay) }
    if let epochs = below.integer("epochs") { nightly.phase.epochs = epochs }
    if let replay = below.number("replay") { nightly.replay = replay }
    below.finish()
    return nightly
  }

  private static func readPretraining(
    _ section: inout Section
  ) -> (PreTraining, [Factorization.Method])? {
    let methods = Factorization.Method.allCases.map(\.rawValue)
    return section.words(
      "pretrain",
      wanted: "[gmf, mlp] or true, [] or false, or some of \(methods.joined(separator: ", "))",
      names: methods + ["true", "false"]
    ) { words, isList in
      let chosen = words.compactMap { Factorization.Method(rawValue: $0) }
      if !chosen.isEmpty, chosen.count == words.count, Set(chosen).count == chosen.count {
        return (.factors, chosen)
      }
      switch (words, isList) {
      case ([], _), (["false"], false): return (.none, [])
      case (["gmf", "mlp"], true), (["mlp", "gmf"], true), (["true"], false): return (.parts, [])
      default: return nil
      }
    }
  }

  private static func readSampling(_ section: inout Section) -> NegativeSampling? {
    var (below, word) = section.section("sampling", orWord: Sampling.self)
    let power = below.number("popularity")
    let isNewer = below.isGivenByVariable("popularity")
    below.finish()
    if let power, word == nil || isNewer { return .popularity(power: power) }
    return word == nil ? nil : .uniform
  }

  /// Reads the settings of what the GMF part starts from: those of one directly below the section, those
  /// of several each under its name.
  private static func readFactorization(
    _ section: inout Section, _ pretrain: PreTraining, _ byVariable: Bool,
    into initial: inout Factorization
  ) {
    let all = Factorization.Method.allCases
    let single = pretrain == .factors && initial.methods.count == 1 ? initial.methods[0] : nil
    let chosen =
      switch pretrain {
      case .factors: initial.name
      case .parts: "[gmf, mlp]"
      case .none: "[]"
      }
    func refuse(_ keys: [String], of owners: [String]) {
      section.refuse(
        keys, of: owners, choice: "train.pretrain", chosen: chosen, byVariable: byVariable)
    }
    let own = FactorSettings(&section, startKeys.map(\.key))
    for (key, methods) in startKeys {
      if let single, methods.contains(single) { continue }
      refuse([key], of: single == nil ? all.map(\.rawValue) : methods.map(\.rawValue))
    }
    if let single { give(own, to: single, of: &initial) }
    for method in all {
      var below = section.section(method.rawValue)
      let settings = FactorSettings(
        &below, startKeys.filter { $0.methods.contains(method) }.map(\.key))
      below.finish()
      if single == nil, pretrain == .factors, initial.methods.contains(method) {
        give(settings, to: method, of: &initial)
      } else {
        refuse([method.rawValue], of: ["a list with \(method.rawValue) and others"])
      }
    }
  }

  /// Which factorisations each key of `train.factorization` belongs to.
  private static let startKeys: [(key: String, methods: [Factorization.Method])] = [
    ("factors", Factorization.Method.allCases), ("regularization", Factorization.Method.allCases),
    ("iterations", Factorization.Method.allCases), ("alpha", [.ials]),
    ("learning_rate", [.bpr, .mf]), ("negatives", [.mf]),
  ]

  private static func give(
    _ settings: FactorSettings, to method: Factorization.Method, of initial: inout Factorization
  ) {
    switch method {
    case .ials: settings.give(to: &initial.ials)
    case .ease: settings.give(to: &initial.ease)
    case .bpr: settings.give(to: &initial.bpr)
    case .mf: settings.give(to: &initial.mf)
    }
  }

  private static func readPhase(_ section: inout Section, into phase: inout PhaseOptions) {
    if let optimizer = section.choice("optimizer", of: type(of: phase.optimizer)) {
      phase.optimizer = optimizer
    }
    if let rate = section.number("learning_rate") { phase.learningRate = Float(rate) }
    if let epochs = section.integer("epochs") { phase.epochs = epochs }
    if let patience = section.integer("patience") { phase.patience = patience }
    if let decay = section.number("decay") { phase.decay = Float(decay) }
  }
}

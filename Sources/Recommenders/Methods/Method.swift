package import Baselines
import Interactions
package import NCF
package import Settings

/// A way to learn scores, with every setting but the seed.
package enum Method: Sendable, Equatable, Codable {
  /// A method beside the networks.
  case baseline(BaselineSetup)
  /// A network.
  case network(Network)

  /// A network's shape, how it is trained, and what its GMF part starts from.
  package struct Network: Sendable, Equatable, Codable {
    /// The shape.
    package var spec: ModelSpec
    /// The settings; their seed is replaced by the run's.
    package var options: TrainingOptions
    /// The factorisations for `PreTraining.factors`, side by side at equal spread; empty without.
    package var start: [BaselineSetup]

    /// Creates a value from its parts.
    package init(spec: ModelSpec, options: TrainingOptions, start: [BaselineSetup] = []) {
      (self.spec, self.options, self.start) = (spec, options, start)
    }
  }

  /// A baseline with settings.
  package init(_ options: any BaselineOptions) { self = .baseline(BaselineSetup(options)) }

  /// The name in tables.
  package var label: String {
    switch self {
    case .baseline(let setup): setup.baseline.title
    case .network(let network): network.label
    }
  }

  /// The same with a seed everywhere.
  package func seeded(_ seed: UInt64) -> Method {
    switch self {
    case .baseline(let setup): return .baseline(setup.seeded(seed))
    case .network(var network):
      network.options.seed = seed
      network.start = network.start.map { $0.seeded(seed) }
      return .network(network)
    }
  }

  /// The work for each interaction, roughly, in multiply-adds.
  package var cost: Double {
    switch self {
    case .baseline(let setup): setup.options.cost
    case .network(let network): network.cost
    }
  }

  /// The first setting that can't be used; nil when it can be trained.
  package var problem: Problem? {
    switch self {
    case .baseline(let setup): setup.options.settingProblems.first
    case .network(let network):
      network.spec.problem ?? network.options.problems(with: network.spec).first
    }
  }
}

extension Method.Network {
  /// The name in tables.
  package var label: String {
    if spec.tower.isEmpty { return spec.outputsAreOne ? "MF" : "GMF" }
    if spec.gmfWidth == 0 { return "MLP-\(spec.tower.count - 1)" }
    return switch options.pretrain {
    case .none: "NeuMF"
    case .parts: "NeuMF, pre-trained"
    case .factors: "NeuMF from \(start.isEmpty ? "factors" : start.titles)"
    }
  }

  /// The work for each interaction, roughly, in multiply-adds.
  package var cost: Double { steps.reduce(0) { $0 + $1.cost } }

  /// The part of the work that is done, 0 to 1, when a step is so far and those before it are done.
  package func shareDone(_ progress: StepProgress) -> Double {
    let steps = steps
    guard let place = steps.firstIndex(where: { $0.name == progress.step }) else { return 0 }
    let before = steps[..<place].reduce(0) { $0 + $1.cost }
    return (before + progress.share * steps[place].cost) / cost
  }

  /// The steps of the training in turn, and what each costs.
  private var steps: [(name: String, cost: Double)] {
    let samples = Double(options.groupSize)
    let weights = zip(spec.tower, spec.tower.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    // Rows are read, moved and hold two moments; layers go forward and back.
    let gmf = spec.gmfWidth == 0 ? 0 : samples * Double(spec.gmfWidth * 20 + 100)
    let mlp = spec.tower.isEmpty ? 0 : samples * Double(spec.mlpWidth * 40 + 3 * weights + 100)
    let alone = Double(options.pretraining.epochs)
    let joint = (Phase.neumf.rawValue, Double(options.joint.epochs) * (gmf + mlp))
    switch options.pretrain {
    case .parts where gmf > 0 && mlp > 0:
      return [(Phase.gmf.rawValue, alone * gmf), (Phase.mlp.rawValue, alone * mlp), joint]
    case .factors:
      return start.map { ($0.baseline.rawValue, $0.options.cost) }
        + [(Phase.mlp.rawValue, alone * mlp), joint]
    case .none, .parts: return [(Phase.neumf.rawValue, alone * (gmf + mlp))]
    }
  }
}

extension [BaselineSetup] {
  /// Their names, for a sentence.
  package var titles: String {
    let titles = map(\.baseline.title)
    let last = titles.last ?? ""
    return titles.count < 2
      ? last : titles.dropLast().joined(separator: ", ") + " and " + last
  }

  /// How wide a GMF part is that starts from them; they share the two columns of biases.
  package var width: Int { compactMap(\.factorization).width }
}

import Baselines
import Foundation
import Interactions
import NCF
package import Settings

/// One training and what is measured on it; the unit that is stored and never done twice.
package struct Trial: Sendable, Equatable, Codable {
  /// What is looked at.
  package enum Purpose: String, Sendable, Equatable, Codable {
    /// Validation items only: for choosing.
    case validation
    /// Validation items for choosing, then the test items once.
    case test
  }

  /// What may be trained; never empty.
  ///
  /// With more than one the best on validation is kept.
  package var methods: [Method]
  /// Seed of the validation items and of everything drawn in training.
  package var seed: UInt64
  /// What is looked at.
  package var purpose: Purpose
  /// Whether the chosen settings are trained again on training and validation items together.
  package var refit: Bool

  /// A trial of one method.
  package init(_ method: Method, seed: UInt64, purpose: Purpose = .test, refit: Bool = false) {
    self.init(choosing: [method], seed: seed, purpose: purpose, refit: refit)
  }

  /// A trial that keeps the best of some methods on validation.
  ///
  /// - Parameters:
  ///   - methods: one or more.
  ///   - seed: of validation items and training.
  ///   - purpose: what is looked at.
  ///   - refit: whether the chosen one is trained again with the validation items.
  package init(
    choosing methods: [Method], seed: UInt64, purpose: Purpose = .test, refit: Bool = false
  ) {
    precondition(!methods.isEmpty, "a trial of nothing")
    (self.methods, self.seed, self.purpose, self.refit) = (methods, seed, purpose, refit)
  }

  /// The name in tables.
  package var label: String { methods[0].label }

  /// The first reason why it can't be trained; nil when it can.
  package var problem: Problem? {
    for case .neural(let neural) in methods {
      let problems = neural.options.problems(with: neural.spec)
      if let problem = neural.spec.problem ?? problems.first { return problem }
    }
    return nil
  }

  /// All settings as text; the same for the same trial in every version that trains alike.
  ///
  /// - Parameter search: whether it belongs to a search, where poor trials are abandoned.
  /// - Returns: JSON.
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package func key(search: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var canonical = self
    canonical.methods = methods.map(\.withoutSeed)
    let settings = String(decoding: try encoder.encode(canonical), as: UTF8.self)
    return "{\"recipe\":\(Self.recipe),\"search\":\(search),\"trial\":\(settings)}"
  }

  /// Grows when trials are trained otherwise, so that older results are no longer taken for theirs.
  private static let recipe = 3

  /// Whether it is trained twice: a test is what a refit is for.
  var isRefitted: Bool { refit && purpose == .test }

  /// How much of a training a refit is: it stops at the epochs that were chosen.
  static let refitShare = 0.7

  /// How long it takes against others at most, in a unit of its own.
  package var cost: Double {
    methods.reduce(0) { $0 + $1.cost }
      + (isRefitted ? Self.refitShare * (methods.map(\.cost).max() ?? 0) : 0)
  }
}

extension Method {
  /// The same with every seed zero: the trial's own counts.
  var withoutSeed: Method { seeded(0) }

  /// The same with a seed everywhere.
  func seeded(_ seed: UInt64) -> Method {
    switch self {
    case .itemPop, .itemKNN: return self
    case .mf(let options): return .mf(options.seeded(seed))
    case .bpr(let options): return .bpr(options.seeded(seed))
    case .eals(let options): return .eals(options.seeded(seed))
    case .ials(let options): return .ials(options.seeded(seed))
    case .ease(let options): return .ease(options.seeded(seed))
    case .neural(var neural):
      neural.options.seed = seed
      neural.start = neural.start?.seeded(seed)
      return .neural(neural)
    }
  }

  /// A rough measure of the work, multiply-adds for each interaction.
  var cost: Double {
    switch self {
    case .itemPop: 1
    case .itemKNN: 2_000
    case .mf(let options):
      Double(options.iterations * options.groupSize * (options.factors * 10 + 100))
    case .bpr(let options): Double(options.iterations * options.factors * 20)
    case .eals(let options): Double(options.iterations * options.factors * 40)
    case .ials(let options): Double(options.iterations * options.factors * options.factors)
    case .ease(let options): Double(50_000 + options.iterations * options.factors * 100)
    case .neural(let neural): neural.cost
    }
  }
}

extension Method.Neural {
  /// A rough measure of the work, multiply-adds for each interaction.
  var cost: Double { steps.reduce(0) { $0 + $1.cost } }

  /// How much of the work is done.
  ///
  /// - Parameters:
  ///   - phase: at which training is.
  ///   - share: how much of that phase is done.
  /// - Returns: a share of `cost`.
  func shareDone(_ phase: Phase, _ share: Double) -> Double {
    let steps = steps
    guard let place = steps.firstIndex(where: { $0.phase == phase }) else { return 0 }
    let before = steps[..<place].reduce(0) { $0 + $1.cost }
    return (before + share * steps[place].cost) / cost
  }

  /// What is done in turn, and what it costs; the start has no phase.
  private var steps: [(phase: Phase?, cost: Double)] {
    let samples = Double(options.groupSize)
    let weights = zip(spec.tower, spec.tower.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    // Rows are read, moved and hold two moments; layers go forward and back.
    let gmf = spec.gmfWidth == 0 ? 0 : samples * Double(spec.gmfWidth * 20 + 100)
    let mlp = spec.tower.isEmpty ? 0 : samples * Double(spec.mlpWidth * 40 + 3 * weights + 100)
    let alone = Double(options.pretraining.epochs)
    let joint = Double(options.joint.epochs)
    switch options.pretrain {
    case .parts where gmf > 0 && mlp > 0:
      return [(.gmf, alone * gmf), (.mlp, alone * mlp), (.neumf, joint * (gmf + mlp))]
    case .factors:
      return [(nil, start?.cost ?? 0), (.mlp, alone * mlp), (.neumf, joint * (gmf + mlp))]
    case .none, .parts: return [(.neumf, alone * (gmf + mlp))]
    }
  }
}

extension Method.Start {
  /// What it consists of, as methods by themselves.
  package var methods: [Method] {
    switch self {
    case .ials(let options): [.ials(options)]
    case .ease(let options): [.ease(options)]
    case .bpr(let options): [.bpr(options)]
    case .mf(let options): [.mf(options)]
    case .sum(let parts): parts.flatMap(\.methods)
    }
  }

  /// As of the methods by themselves.
  var cost: Double { methods.reduce(0) { $0 + $1.cost } }

  /// The same with a seed.
  func seeded(_ seed: UInt64) -> Method.Start {
    switch self {
    case .ials(let options): .ials(options.seeded(seed))
    case .ease(let options): .ease(options.seeded(seed))
    case .mf(let options): .mf(options.seeded(seed))
    case .bpr(let options): .bpr(options.seeded(seed))
    case .sum(let parts): .sum(parts.map { $0.seeded(seed) })
    }
  }
}

extension FactorizationOptions {
  /// The same with a seed.
  fileprivate func seeded(_ seed: UInt64) -> Self {
    var seeded = self
    seeded.seed = seed
    return seeded
  }
}

import Baselines
import NCF

extension Job {
  /// Refuses a model that can't be built or trained: the network's shape, or the baseline's settings.
  ///
  /// - Throws: `BatchError` with exit code 78 for the first value that can't work.
  func validateMethod() throws(BatchError) {
    try validateNetwork()
    switch method {
    case .itempop, .ncf: break
    case .itemknn:
      let options = baselines.itemknn
      try Self.require(
        (1...100_000).contains(options.neighbours), "model.neighbours", "a number from 1 to 100000")
      try Self.require(
        options.shrinkage >= 0 && options.shrinkage.isFinite, "model.shrinkage", "0 or more")
    case .mf: try Self.validate(baselines.mf, at: "model")
    case .bpr: try Self.validate(baselines.bpr, at: "model")
    case .ials: try Self.validate(baselines.ials, at: "model")
    case .ease: try Self.validate(baselines.ease, at: "model")
    case .eals:
      let options = baselines.eals
      try Self.validate(
        factors: options.factors, regularization: options.regularization,
        iterations: options.iterations, at: "model")
      try Self.require(
        options.missingWeight > 0 && options.missingWeight.isFinite, "model.missing_weight",
        "a number above 0")
      try Self.require(
        options.popularityPower >= 0 && options.popularityPower <= 1, "model.popularity_power",
        "a number from 0 to 1")
    }
  }

  /// Of a job that publishes a baseline, too: experiments train its network.
  private func validateNetwork() throws(BatchError) {
    if training.pretrain == .factors { try validateInitial() }
    if let problem = model.problem { throw Self.refusal(problem, else: "model") }
    if let problem = training.problem(with: model) { throw Self.refusal(problem, else: "train") }
  }

  /// A network that can't be built or trained, under the first key that the reason names.
  private static func refusal(_ problem: String, else section: String) -> BatchError {
    let words = problem.split { " :,".contains($0) }
    let key = words.first { $0.hasPrefix("model.") || $0.hasPrefix("train.") }
    return BatchError(
      .configuration, "\(key.map(String.init) ?? section) can't be used", advice: problem)
  }

  private func validateInitial() throws(BatchError) {
    for method in initial.methods {
      let section =
        "train.factorization" + (initial.methods.count == 1 ? "" : ".\(method.rawValue)")
      switch method {
      case .ials: try Self.validate(initial.ials, at: section)
      case .ease: try Self.validate(initial.ease, at: section)
      case .bpr: try Self.validate(initial.bpr, at: section)
      case .mf: try Self.validate(initial.mf, at: section)
      }
    }
    try Self.require(
      model.gmfWidth == initial.width, "model.gmf",
      "\(initial.width), as wide as the factors of train.pretrain \(initial.name) "
        + "(train.factorization.factors), or left out")
  }

  private static func validate(_ options: ALSOptions, at section: String) throws(BatchError) {
    try validate(
      factors: options.factors, regularization: options.regularization,
      iterations: options.iterations, at: section)
    try require(options.regularization > 0, section + ".regularization", "a number above 0")
    try require(options.alpha > 0 && options.alpha.isFinite, section + ".alpha", "a number above 0")
  }

  private static func validate(_ options: EASEOptions, at section: String) throws(BatchError) {
    try validate(
      factors: options.factors, regularization: options.regularization,
      iterations: options.iterations, at: section)
    try require(options.regularization > 0, section + ".regularization", "a number above 0")
  }

  private static func validate(_ options: BPROptions, at section: String) throws(BatchError) {
    try validate(
      factors: options.factors, regularization: options.regularization,
      iterations: options.iterations, at: section)
    try validate(learningRate: options.learningRate, at: section)
  }

  private static func validate(_ options: MFOptions, at section: String) throws(BatchError) {
    try validate(
      factors: options.factors, regularization: options.regularization,
      iterations: options.iterations, at: section)
    try validate(learningRate: options.learningRate, at: section)
    try require(
      (1...1_000).contains(options.negatives), section + ".negatives", "a number from 1 to 1000")
  }

  private static func validate(
    learningRate: Float, at section: String
  ) throws(BatchError) {
    try require(
      learningRate > 0 && learningRate.isFinite, section + ".learning_rate", "a number above 0")
  }

  private static func validate(
    factors: Int, regularization: Float, iterations: Int, at section: String
  ) throws(BatchError) {
    try require((1...4_094).contains(factors), section + ".factors", "a number from 1 to 4094")
    try require(
      regularization >= 0 && regularization.isFinite, section + ".regularization", "0 or more")
    try require(
      (1...100_000).contains(iterations), section + ".iterations", "a number from 1 to 100000")
  }
}

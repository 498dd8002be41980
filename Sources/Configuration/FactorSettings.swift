import Baselines

/// What a section says of a factorisation's settings; which of them a method has is its own matter.
struct FactorSettings {
  private static let counts = ["factors", "iterations", "negatives"]
  private static let amounts = [
    "regularization", "alpha", "learning_rate", "missing_weight", "popularity_power",
  ]

  /// All keys that are settings of some factorisation.
  static let keys = counts + amounts

  private var integers: [String: Int] = [:]
  private var numbers: [String: Float] = [:]

  /// Reads keys of a section.
  init(_ section: inout Section, _ keys: [String]) {
    for key in keys {
      if Self.counts.contains(key) {
        integers[key] = section.integer(key)
      } else {
        numbers[key] = section.number(key).map { Float($0) }
      }
    }
  }

  /// Replaces what the section gives.
  func give(to options: inout ALSOptions) {
    put(&options.factors, "factors")
    put(&options.regularization, "regularization")
    put(&options.iterations, "iterations")
    put(&options.alpha, "alpha")
  }

  /// Replaces what the section gives.
  func give(to options: inout EASEOptions) {
    put(&options.factors, "factors")
    put(&options.regularization, "regularization")
    put(&options.iterations, "iterations")
  }

  /// Replaces what the section gives.
  func give(to options: inout EALSOptions) {
    put(&options.factors, "factors")
    put(&options.regularization, "regularization")
    put(&options.iterations, "iterations")
    put(&options.missingWeight, "missing_weight")
    put(&options.popularityPower, "popularity_power")
  }

  /// Replaces what the section gives.
  func give(to options: inout BPROptions) {
    put(&options.factors, "factors")
    put(&options.regularization, "regularization")
    put(&options.iterations, "iterations")
    put(&options.learningRate, "learning_rate")
  }

  /// Replaces what the section gives.
  func give(to options: inout MFOptions) {
    put(&options.factors, "factors")
    put(&options.regularization, "regularization")
    put(&options.iterations, "iterations")
    put(&options.learningRate, "learning_rate")
    put(&options.negatives, "negatives")
  }

  private func put(_ target: inout Int, _ key: String) {
    if let value = integers[key] { target = value }
  }

  private func put(_ target: inout Float, _ key: String) {
    if let value = numbers[key] { target = value }
  }
}

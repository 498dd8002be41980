/// A baseline with its settings.
package struct BaselineSetup: Sendable, Equatable, Codable {
  /// Which one.
  package let baseline: Baseline
  /// Its settings.
  package var options: any BaselineOptions

  /// A baseline with settings of its own.
  package init(_ options: any BaselineOptions) {
    (baseline, self.options) = (Baseline(options), options)
  }

  /// The settings, where the baseline is a factorisation; nil for others.
  package var factorization: (any FactorizationOptions)? {
    options as? any FactorizationOptions
  }

  /// The same with a seed.
  package func seeded(_ seed: UInt64) -> BaselineSetup {
    var seeded = self
    seeded.options.seed = seed
    return seeded
  }

  /// Whether two setups are of one baseline with the same settings.
  package static func == (left: BaselineSetup, right: BaselineSetup) -> Bool {
    func equals<Options: BaselineOptions>(_ options: Options) -> Bool {
      options == right.options as? Options
    }
    return equals(left.options)
  }

  private enum CodingKeys: CodingKey { case baseline, options }

  /// Writes name and settings.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(baseline, forKey: .baseline)
    try container.encode(options, forKey: .options)
  }

  /// Reads what `encode(to:)` writes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    baseline = try container.decode(Baseline.self, forKey: .baseline)
    func decoded<Options: BaselineOptions>(like _: Options) throws -> Options {
      try container.decode(Options.self, forKey: .options)
    }
    options = try decoded(like: baseline.defaults)
  }
}

package import Baselines
import Settings

/// Settings of every baseline.
///
/// Their seeds are not used: everything drawn at random follows from the run's seed.
package struct BaselineSettings: Sendable, Equatable, Codable {
  /// Those that were set; the others are at their defaults.
  private var own: [Baseline: BaselineSetup] = [:]

  /// All at their defaults.
  package init() {}

  /// The settings of a baseline, which `newValue` must be of.
  package subscript(baseline: Baseline) -> any BaselineOptions {
    get { own[baseline]?.options ?? baseline.defaults }
    set { own[baseline] = BaselineSetup(newValue) }
  }

  /// The settings of the baseline that has such options.
  package subscript<Options: BaselineOptions>(type: Options.Type) -> Options {
    get {
      let found = Baseline.allCases.lazy.compactMap { self[$0] as? Options }.first
      guard let found else { preconditionFailure("\(type) are the options of no baseline") }
      return found
    }
    set { self[Baseline(newValue)] = newValue }
  }

  /// Whether all settings are the same, set or by default.
  package static func == (left: BaselineSettings, right: BaselineSettings) -> Bool {
    left.all == right.all
  }

  /// The settings of each baseline that has some.
  private var all: [BaselineSetup] {
    Baseline.allCases.map { self[$0] }.filter { !$0.settingKeys.isEmpty }.map {
      BaselineSetup($0)
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ baseline: Baseline) { stringValue = baseline.rawValue }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Writes the settings of each baseline below its name.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for setup in all { try container.encode(setup.options, forKey: Key(setup.baseline)) }
  }

  /// Reads what `encode(to:)` writes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func decoded<Options: BaselineOptions>(like _: Options, _ key: Key) throws -> Options? {
      // A description from before there was the baseline lacks it.
      try container.decodeIfPresent(Options.self, forKey: key)
    }
    for setup in BaselineSettings().all {
      if let options = try decoded(like: setup.options, Key(setup.baseline)) {
        self[setup.baseline] = options
      }
    }
  }
}

package import Baselines
import NCF
import Settings

extension Job {
  /// What a job trains and publishes.
  package enum Method: RawRepresentable, Sendable, Equatable, Codable, CaseIterable {
    /// What a search on the job's own log chooses.
    case auto
    /// The network that `model` describes.
    case ncf
    /// A method beside the networks.
    case baseline(Baseline)

    /// All of them, the baselines last.
    package static let allCases = [Method.auto, .ncf] + Baseline.allCases.map(Method.baseline)

    /// The method of a name; nil for an unknown one.
    package init?(rawValue: String) {
      guard let found = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
      self = found
    }

    /// The name in the configuration and in `ncf.metrics`.
    package var rawValue: String {
      switch self {
      case .auto: "auto"
      case .ncf: "ncf"
      case .baseline(let baseline): baseline.rawValue
      }
    }

    /// The name in tables for people.
    package var title: String {
      switch self {
      case .auto: "automatic choice"
      case .ncf: "network"
      case .baseline(let baseline): baseline.title
      }
    }
  }

  /// What `ncf.metrics` calls the job's model.
  package var label: String {
    if method != .ncf { return method.rawValue }
    return model.tower.isEmpty ? "gmf" : model.gmfWidth == 0 ? "mlp" : "neumf"
  }

  /// The settings of the job's baseline; nil for a network.
  package var baseline: (any BaselineOptions)? {
    guard case .baseline(let baseline) = method else { return nil }
    return baselines[baseline]
  }

  /// The width of the factors that the method publishes; nil when it publishes something else.
  package var width: Int? {
    guard case .factors(let width)? = baseline?.form else { return nil }
    return width
  }

  /// The most neighbours of an item that the method publishes; nil when it publishes something else.
  package var neighbours: Int? {
    guard case .neighbours(let count)? = baseline?.form else { return nil }
    return count
  }
}

extension Job {
  /// The matrix factorisations that the GMF part starts from when `training.pretrain` is `factors`.
  package struct Factorization: Sendable, Equatable, Codable {
    /// Which ones, each once; with several the GMF's score is the sum of theirs at equal spread.
    package var methods: [Baseline] = [.ials]
    /// The settings of all that may be among them.
    package var settings = BaselineSettings()

    /// Those of `methods`.
    package var setups: [BaselineSetup] { methods.map { BaselineSetup(settings[$0]) } }

    /// How wide a GMF part is that starts from them; biases take two more columns.
    package var width: Int { setups.compactMap(\.factorization).width }

    /// As the configuration has them: `ials`, or `[ials, mf]`.
    package var name: String {
      let names = methods.map(\.rawValue)
      return names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"
    }
  }
}

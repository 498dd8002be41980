package import Baselines
import Formatting
package import Jobs
import NCF
import Settings

/// What a search chose, with the trials that it rests on; `ncf.runs.choice` holds it.
package struct MethodChoice: Sendable, Equatable, Codable {
  /// One trial of the search.
  package struct Trial: Sendable, Equatable, Codable {
    /// Method and settings in words.
    package let settings: String
    /// The sample of users that it learnt from is one in so many; 1 for all users.
    package let oneIn: Int
    /// The window before a test by the clock that users were judged in, from 1; 0 for latest interactions.
    package let window: Int
    /// Mean NDCG over the whole catalogue of the users who choose settings.
    package let ndcg: Double
    /// The same of the users who choose among methods.
    package let ndcgOfOthers: Double
    /// Seconds of fitting and judging.
    package let seconds: Double
  }

  /// The method and its settings.
  package let method: Method
  /// Its mean NDCG, of the users who chose among methods.
  package let ndcg: Double
  /// The length of the lists that NDCG is of.
  package let k: Int
  /// Users with a validation interaction; a hash chose whom of them to judge, where there were many.
  package let validatedUsers: Int
  /// The trials in their order.
  package let trials: [Trial]
  /// Trials that were left out, with the reasons.
  package let skipped: [String]
  /// Seconds of the search.
  package let seconds: Double
  /// How long before the newest event the test begins, in seconds, of a split by the clock; nil where each
  /// user's latest interactions are held out.
  package var horizon: UInt32?
  /// iALS with the settings that rank best; nil where it was not tried.
  package var factorization: BaselineSetup?

  /// Whether everybody gets a popular list.
  package var isPopularList: Bool {
    if case .baseline(let setup) = method { setup.baseline.isPopularity } else { false }
  }

  /// The NDCG for people.
  package var ndcgText: String { Figures.fixed(ndcg, 4) }

  /// As JSON.
  ///
  /// - Throws: `EncodingError`.
  package func json() throws -> String { try JSONText.encode(self) }
}

extension MethodChoice {
  /// Reads what `json()` gives.
  ///
  /// - Throws: `DecodingError`.
  package init(json: String) throws { self = try JSONText.decode(Self.self, from: json) }
}

extension MethodChoice {
  /// The choice as reports tell it.
  ///
  /// - Parameters:
  ///   - run: the run that searched.
  ///   - moment: when it began, in seconds since 1970 UTC.
  ///   - text: the same in words.
  /// - Returns: the values.
  package func chosen(by run: Int64, at moment: Int64, _ text: String) -> ChosenMethod {
    ChosenMethod(
      searchRun: run, searchedAt: moment, searchedOn: text, name: method.label,
      words: method.words, settings: method.settings, isPopularList: isPopularList, ndcg: ndcg,
      k: k, validatedUsers: validatedUsers, seconds: seconds, horizon: horizon.map { Int($0) },
      trials: trials.map(\.told), skipped: skipped)
  }
}

extension MethodChoice.Trial {
  /// The trial as reports tell it.
  fileprivate var told: ChosenMethod.Trial {
    let baseline = Baseline.allCases.first {
      settings == $0.title || settings.hasPrefix($0.title + " ")
    }
    return ChosenMethod.Trial(
      method: baseline?.title ?? "network", words: settings,
      isPopularList: baseline?.isPopularity ?? false, oneIn: oneIn,
      window: window, ndcg: ndcg, ndcgOfOthers: ndcgOfOthers, seconds: seconds)
  }
}

extension Method {
  /// The settings, with the keys that a job's file has for them; of a network, those that a search sets.
  var settings: [ChosenMethod.Setting] {
    func numbers<Options: BaselineOptions>(
      _ options: Options, _ section: String
    ) -> [ChosenMethod.Setting] {
      Options.settings.map {
        ChosenMethod.Setting(key: section + $0.key, value: $0.text(in: options))
      }
    }
    switch self {
    case .baseline(let setup): return numbers(setup.options, "")
    case .network(let network):
      return [
        ChosenMethod.Setting(key: "gmf", value: "\(network.spec.gmfWidth)"),
        ChosenMethod.Setting(
          key: "tower", value: network.spec.tower.map(String.init).joined(separator: "-")),
        ChosenMethod.Setting(key: "dropout", value: "\(network.options.dropout)"),
      ]
        + network.start.flatMap { setup in
          numbers(setup.options, "factorization.\(setup.baseline.rawValue).")
        }
    }
  }

  /// Name and settings, such as `iALS factors 64, regularization 20, alpha 5, iterations 15`.
  package var words: String {
    func numbers<Options: BaselineOptions>(_ options: Options) -> [String] {
      Options.settings.map { "\($0.key) \($0.text(in: options))" }
    }
    func words(_ setup: BaselineSetup) -> String {
      let settings = numbers(setup.options).joined(separator: ", ")
      return settings.isEmpty ? setup.baseline.title : "\(setup.baseline.title) \(settings)"
    }
    switch self {
    case .baseline(let setup): return words(setup)
    case .network(let network):
      let tower = network.spec.tower.map(String.init).joined(separator: "-")
      let dropout = network.options.dropout
      let own = ["\(network.label), tower \(tower)"] + (dropout > 0 ? ["dropout \(dropout)"] : [])
      return (own + network.start.map(words))
        .joined(separator: ", ")
    }
  }
}

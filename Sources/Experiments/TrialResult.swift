import Foundation
package import NCF
import Ranking
package import Recommenders

/// What came of a trial; everything that tables and tests are made of.
package struct TrialResult: Sendable, Equatable, Codable {
  /// Figures of one protocol at the evaluation's k.
  package struct Figures: Sendable, Equatable, Codable {
    /// Hit ratio.
    package let hr: Double
    /// NDCG.
    package let ndcg: Double
  }

  /// Which of the trial's methods was kept, from 0.
  package var chosen = 0
  /// Seconds of training, of all methods and the refit; a part that an earlier trial had trained
  /// counts as if it had been trained again.
  package var seconds = 0.0
  /// The chosen epoch of each phase.
  package var epochs: [String: Int] = [:]
  /// Every epoch of the kept network.
  package var curve: [EpochRecord] = []
  /// On validation, sampled.
  package var validation = Figures(hr: 0, ndcg: 0)
  /// On test among candidates; nil when the test items were not looked at.
  package var sampled: PackedRanks?
  /// On test among the whole catalogue; nil when the test items were not looked at.
  package var full: PackedRanks?

  /// A result with nothing in it yet.
  package init() {}

  /// As JSON text.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// Reads what `text()` gives.
  ///
  /// - Throws: `DecodingError`.
  package init(text: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }
}

extension PackedRanks {
  /// Hit ratio and NDCG.
  ///
  /// - Parameter k: 1 to 254.
  /// - Returns: means over the tested users.
  package func figures(k: Int) -> TrialResult.Figures {
    TrialResult.Figures(hr: mean(.hr, k: k), ndcg: mean(.ndcg, k: k))
  }
}

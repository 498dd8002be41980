import Formatting

/// A finished trial of a search, as a later search on the same log takes it over.
package struct FinishedTrial: Sendable, Equatable, Codable {
  /// The method and its settings.
  package let method: Method
  /// The hash sample of users that it learnt from is one in so many; 1 for all users.
  package let oneIn: Int
  /// Seconds of fitting and judging.
  package let seconds: Double
  /// Seconds of fitting alone.
  package let fitSeconds: Double
  /// The ranks of the judged users.
  package let ranks: PackedRanks

  /// As JSON.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package func json() throws -> String { try JSONText.encode(self) }

  /// What a later search knows it by: the same text for the same settings.
  ///
  /// - Parameters:
  ///   - method: the method and its settings.
  ///   - oneIn: the sample of users.
  ///   - window: the window that users are judged in; 0 for their latest interactions.
  ///   - seed: of the search.
  /// - Returns: JSON.
  /// - Throws: `EncodingError` for a number that JSON has no form for.
  package static func key(_ method: Method, oneIn: Int, window: Int, seed: UInt64)
    throws -> String
  {
    struct Key: Encodable {
      let search = FinishedTrial.recipe
      let method: Method
      let oneIn: Int
      let window: Int
      let seed: String
    }
    return try JSONText.encode(
      Key(method: method, oneIn: oneIn, window: window, seed: String(seed)))
  }

  /// Grows when trials are trained or judged otherwise, so that older ones are not taken for theirs.
  private static let recipe = 1
}

extension FinishedTrial {
  /// Reads what `json()` gives.
  ///
  /// - Throws: `DecodingError`.
  package init(json: String) throws { self = try JSONText.decode(Self.self, from: json) }
}

/// Where a search keeps its finished trials.
package protocol SearchMemory: AnyObject {
  /// The sample of users that an earlier search learnt from; nil where there was none.
  var oneIn: Int? { get set }

  /// Finds a trial that an earlier search had finished.
  ///
  /// - Parameter key: as `FinishedTrial.key` gives it.
  /// - Returns: nil where there is none.
  /// - Throws: why it can't be read.
  func trial(_ key: String) throws -> FinishedTrial?

  /// Keeps a finished trial.
  ///
  /// - Parameters:
  ///   - trial: the trial.
  ///   - key: as `FinishedTrial.key` gives it.
  /// - Throws: why it can't be kept.
  func keep(_ trial: FinishedTrial, key: String) throws
}

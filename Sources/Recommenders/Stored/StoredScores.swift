import Formatting
package import Ranking

/// What a stored model's scores have to do with those in the lists, as words of its file.
///
/// `calibration.kind` is `score` or `rank`. By score, a published score of the tested model's own
/// `s` is `1 / (1 + exp(-(slope x + offset)))` with `x = scale s - log sum exp(scale s)`, the sum
/// over all items that the user has not had; by rank, `x = -log(rank)` and there is no
/// `calibration.scale`. `calibration.tested` is how many users it was fitted to, and
/// `calibration.weight` how many it counts for as the prior of the next night. `lists` is `same`
/// when lists are made with just the model in the file, and `other` when they are made with one
/// that has learnt validation or test items too (`train.refit`, `train.absorb_holdout`).
package struct StoredScores {
  private let calibration: Calibration
  private let areOfThisModel: Bool

  /// Puts it together.
  ///
  /// - Parameters:
  ///   - calibration: the run's.
  ///   - areOfThisModel: whether lists are made with the model that is stored.
  package init(_ calibration: Calibration, areOfThisModel: Bool) {
    (self.calibration, self.areOfThisModel) = (calibration, areOfThisModel)
  }

  /// The file's words.
  package var metadata: [String: String] {
    var words = [
      "lists": areOfThisModel ? "same" : "other",
      "calibration.kind": calibration.kind.rawValue,
      "calibration.slope": "\(calibration.curve.slope)",
      "calibration.offset": "\(calibration.curve.offset)",
      "calibration.tested": "\(calibration.tested)",
      "calibration.weight": "\(calibration.weight)",
    ]
    if let scale = calibration.scale { words["calibration.scale"] = "\(scale)" }
    return words
  }

  /// Reads a calibration back.
  ///
  /// - Parameter words: the file's.
  /// - Returns: nil when they hold none, or one that no run writes.
  static func calibration(_ words: [String: String]) -> Calibration? {
    func number(_ name: String) -> Double? {
      words["calibration." + name].flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }
    func count(_ name: String) -> Int? {
      words["calibration." + name].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
    guard let kind = words["calibration.kind"].flatMap({ Calibration.Kind(rawValue: $0) }),
      let slope = number("slope"), slope > 0, let offset = number("offset"),
      let tested = count("tested"), let weight = count("weight")
    else { return nil }
    let scale = number("scale").map { Float($0) }
    guard (scale == nil) == (kind == .rank), scale.map({ $0 > 0 && $0.isFinite }) ?? true else {
      return nil
    }
    return Calibration(
      scale: scale, curve: ScoreCurve(slope: slope, offset: offset), tested: tested,
      weight: min(weight, Calibration.mostUsers))
  }
}

/// A calibration as `ncf.runs.scores` has it.
extension Calibration {
  private struct Record: Encodable {
    let kind: String
    let scale: Float?
    let slope: Double
    let offset: Double
    let tested: Int
    let weight: Int
  }

  /// Puts it in JSON.
  ///
  /// - Throws: `EncodingError`.
  package func json() throws -> String {
    try JSONText.encode(
      Record(
        kind: kind.rawValue, scale: scale, slope: curve.slope, offset: curve.offset, tested: tested,
        weight: weight))
  }
}

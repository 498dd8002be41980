package import Ranking

/// What a stored model's scores have to do with those in the lists, as words of its file.
///
/// `calibration.slope` and `calibration.offset` make a published score of the tested model's own `s`:
/// `1 / (1 + exp(-(slope s + offset)))`; they are missing when nobody could be tested. `lists` is `same`
/// when lists are made with just the model in the file, and `other` when they are made with one that has
/// learnt validation or test items too (`train.refit`, `train.absorb_holdout`).
package struct StoredScores {
  /// The file's words.
  package let metadata: [String: String]

  /// Puts it in words.
  ///
  /// - Parameters:
  ///   - calibration: the run's; nil when nobody could be tested.
  ///   - areOfThisModel: whether lists are made with the model that is stored.
  package init(_ calibration: Calibration?, areOfThisModel: Bool) {
    var words = ["lists": areOfThisModel ? "same" : "other"]
    if let calibration {
      words["calibration.slope"] = "\(calibration.slope)"
      words["calibration.offset"] = "\(calibration.offset)"
    }
    metadata = words
  }
}

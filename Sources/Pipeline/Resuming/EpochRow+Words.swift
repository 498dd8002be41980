import Formatting
import Jobs
import NCF
import Recommenders

/// Epochs beside a training under way, as one word of JSON.
extension EpochRow {
  private static let key = "rows"

  /// What a row is in JSON, which has no form for figures that are not numbers.
  private struct Kept: Codable {
    var phase: String
    var isRefit: Bool
    var epoch: Int
    var loss: Double?
    var hr: Double?
    var ndcg: Double?
    var seconds: Double
    var samples: Int
    var samplesPerSecond: Double
    var isBest: Bool
  }

  /// The word for rows.
  ///
  /// - Throws: `EncodingError` for a time that is no number.
  static func words(_ rows: [EpochRow]) throws -> [String: String] {
    func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
    let kept = rows.map { row in
      Kept(
        phase: row.phase, isRefit: row.isRefit, epoch: row.epoch, loss: number(row.loss),
        hr: number(row.hr), ndcg: number(row.ndcg), seconds: row.seconds, samples: row.samples,
        samplesPerSecond: row.samplesPerSecond, isBest: row.isBest)
    }
    return [key: try JSONText.encode(kept)]
  }

  /// The rows of a word.
  ///
  /// - Throws: `DamagedModel` when it is missing or none.
  static func rows(_ file: SafeTensors) throws -> [EpochRow] {
    guard let text = file.metadata[key], let kept = try? JSONText.decode([Kept].self, from: text)
    else { throw DamagedModel(description: "its epochs are not in order") }
    return kept.map { row in
      EpochRow(
        phase: row.phase, isRefit: row.isRefit, epoch: row.epoch, loss: row.loss ?? .nan,
        hr: row.hr ?? .nan, ndcg: row.ndcg ?? .nan, seconds: row.seconds, samples: row.samples,
        samplesPerSecond: row.samplesPerSecond, isBest: row.isBest)
    }
  }
}

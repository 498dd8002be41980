import FoundationEssentials
package import Ranking

/// The ranks of tested users in a byte each, as text: what every metric up to K = 254 follows from.
package struct PackedRanks: Sendable, Equatable, Codable {
  /// One byte a tested user, in the users' order: the rank from 0, or 255 for all that are lower.
  package let bytes: [UInt8]

  /// Packs ranks.
  package init(_ ranks: HoldoutRanks) {
    bytes = ranks.ranks.compactMap { $0 < 0 ? nil : UInt8(min($0, 255)) }
  }

  /// Writes Base64.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(bytes).base64EncodedString())
  }

  /// Reads what `encode(to:)` writes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let data = Data(base64Encoded: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not Base64")
    }
    bytes = Array(data)
  }

  /// The metric of each tested user.
  ///
  /// - Parameters:
  ///   - metric: which one.
  ///   - k: 1 to 254.
  /// - Returns: one a tested user, in the users' order.
  package func values(_ metric: HoldoutMetric, k: Int) -> [Double] {
    precondition((1...254).contains(k), "ranks are kept up to 254, not \(k)")
    return bytes.map { metric.value(rank: Int($0), k: k) }
  }

  /// The metric's mean over the tested users.
  ///
  /// - Parameters:
  ///   - metric: which one.
  ///   - k: 1 to 254.
  /// - Returns: 0 when nobody was tested.
  package func mean(_ metric: HoldoutMetric, k: Int) -> Double {
    bytes.isEmpty ? 0 : values(metric, k: k).reduce(0, +) / Double(bytes.count)
  }
}

/// One numbered change of the database, as text.
package struct Migration: Sendable, Equatable {
  /// Its place in the order; from 1, without gaps.
  package let number: Int
  /// The file's name without its extension, such as `0002_metrics`.
  package let name: String
  /// The statements, with LF line ends.
  package let sql: String

  /// A migration from its file's name (without the extension) and bytes.
  ///
  /// Line ends are normalised, so that a checkout with CRLF is the same migration. The number is the
  /// name's leading digits; 0 when it has none, which no order accepts.
  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.number = Int(name.prefix { $0.isASCII && $0.isNumber }) ?? 0
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for (position, byte) in bytes.enumerated() {
      let endsWithLF = position + 1 < bytes.count && bytes[position + 1] == 0x0A
      if byte != 0x0D || !endsWithLF { text.append(byte) }
    }
    self.sql = String(decoding: text, as: UTF8.self)
  }

  /// Every migration of this program, in order.
  ///
  /// A new file is named twice: in the manifest, which embeds it, and here.
  package static let all: [Migration] = [
    Migration(name: "0001_runs", bytes: PackageResources._001_runs_sql),
    Migration(name: "0002_metrics", bytes: PackageResources._002_metrics_sql),
    Migration(name: "0003_models", bytes: PackageResources._003_models_sql),
    Migration(name: "0004_live", bytes: PackageResources._004_live_sql),
    Migration(name: "0005_trials", bytes: PackageResources._005_trials_sql),
    Migration(name: "0006_erasure", bytes: PackageResources._006_erasure_sql),
    Migration(name: "0007_served", bytes: PackageResources._007_served_sql),
    Migration(name: "0008_backtests", bytes: PackageResources._008_backtests_sql),
  ]
}

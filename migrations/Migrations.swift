/// One numbered change of the database, as text.
package struct Migration: Sendable, Equatable {
  /// Its place in the order; from 1, without gaps.
  package let number: Int
  /// The file's name without its extension, such as `0002_runs`.
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
    Migration(name: "0001_schema", bytes: PackageResources._001_schema_sql),
    Migration(name: "0002_runs", bytes: PackageResources._002_runs_sql),
    Migration(name: "0003_metrics", bytes: PackageResources._003_metrics_sql),
    Migration(name: "0004_epochs", bytes: PackageResources._004_epochs_sql),
    Migration(name: "0005_stages", bytes: PackageResources._005_stages_sql),
    Migration(name: "0006_models", bytes: PackageResources._006_models_sql),
    Migration(name: "0007_live", bytes: PackageResources._007_live_sql),
    Migration(name: "0008_trials", bytes: PackageResources._008_trials_sql),
    Migration(name: "0009_baselines", bytes: PackageResources._009_baselines_sql),
    Migration(name: "0010_rollback", bytes: PackageResources._010_rollback_sql),
    Migration(name: "0011_slots", bytes: PackageResources._011_slots_sql),
    Migration(name: "0012_gate", bytes: PackageResources._012_gate_sql),
    Migration(name: "0013_lists", bytes: PackageResources._013_lists_sql),
    Migration(name: "0014_forgetting", bytes: PackageResources._014_forgetting_sql),
    Migration(name: "0015_fine_tuning", bytes: PackageResources._015_fine_tuning_sql),
    Migration(name: "0016_features", bytes: PackageResources._016_features_sql),
    Migration(name: "0017_checkpoints", bytes: PackageResources._017_checkpoints_sql),
    Migration(name: "0018_ease", bytes: PackageResources._018_ease_sql),
  ]
}

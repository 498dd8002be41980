/// Keys of the advisory locks that keep runs and migrations apart.
package enum AdvisoryKey {
  /// One migrator at a time in a database.
  package static let migrations = key(of: "ncf-batch migrations")

  /// One run at a time of a job in a database.
  package static func job(_ name: String) -> Int64 { key(of: "ncf-batch job \(name)") }

  /// One experiment at a time of a job in a database.
  package static func experiment(_ name: String) -> Int64 {
    key(of: "ncf-batch experiment \(name)")
  }

  /// FNV-1a over the text's bytes: the same in every version of this program.
  private static func key(of text: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int64(bitPattern: hash)
  }
}

/// Which rows of the last hour before its watermark a pull has seen, as hashes.
///
/// Rows of a live log are seen a little after their time: at any moment some are on their way. A run that
/// goes on from a stopped one reads the log as of that one's watermark, and leaves out by this what had
/// not arrived by then.
package struct RecentRows: Sendable, Equatable {
  /// How long before the watermark rows are told one by one, microseconds.
  package static let span: Int64 = 3_600_000_000

  /// A hash for each row that counts, ascending.
  package private(set) var hashes: [UInt64]

  /// Takes hashes in any order.
  package init(_ hashes: [UInt64] = []) { self.hashes = hashes.sorted() }

  /// Whether a row was seen.
  package func contains(_ hash: UInt64) -> Bool {
    let place = lowerBound(in: hashes.indices) { hashes[$0] < hash }
    return place < hashes.count && hashes[place] == hash
  }

  /// As bytes: eight for each hash, the least significant first.
  package var bytes: [UInt8] {
    hashes.flatMap { hash in (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) } }
  }

  /// Reads what `bytes` gives; nil when it can't have been that.
  package init?(bytes: [UInt8]) {
    guard bytes.count % 8 == 0 else { return nil }
    self.init(
      stride(from: 0, to: bytes.count, by: 8).map { start in
        bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      })
  }
}

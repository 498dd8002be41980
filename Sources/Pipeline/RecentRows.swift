import NCF

/// Which rows of the last hour before its watermark a pull has seen, as hashes.
///
/// Rows of a live log are seen a little after their time: at any moment some are on their way. A run that
/// goes on from a stopped one reads the log as of that one's watermark, and leaves out by this what had
/// not arrived by then.
struct RecentRows: Sendable, Equatable {
  /// How long before the watermark rows are told one by one, microseconds.
  static let span: Int64 = 3_600_000_000

  /// A hash for each row that counts, ascending.
  private(set) var hashes: [UInt64]

  /// Takes hashes in any order.
  init(_ hashes: [UInt64] = []) { self.hashes = hashes.sorted() }

  /// Whether a row was seen.
  func contains(_ hash: UInt64) -> Bool {
    var (low, high) = (0, hashes.count)
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low < hashes.count && hashes[low] == hash
  }

  /// As bytes: eight for each hash, the least significant first.
  var bytes: [UInt8] {
    SafeTensors.Tensor(name: "recent", integers: hashes.map { Int64(bitPattern: $0) }).bytes
  }

  /// Reads what `bytes` gives.
  ///
  /// - Throws: `ModelStore.Damaged` when it can't have been that.
  init(bytes: [UInt8]) throws {
    guard bytes.count % 8 == 0 else {
      throw ModelStore.Damaged(description: "the rows that it had seen are not in order")
    }
    let tensor = SafeTensors.Tensor(
      name: "recent", kind: .i64, shape: [bytes.count / 8], bytes: bytes)
    self.init(tensor.integers.map { UInt64(bitPattern: $0) })
  }
}

/// The moment as of which a log is read again, and what had arrived by then.
struct PastPull: Sendable {
  /// The server's now of that moment, microseconds since 1970 UTC.
  let watermark: Int64
  /// The rows of the last hour that had arrived.
  let recent: RecentRows
}

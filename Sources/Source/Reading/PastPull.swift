package import Interactions

/// The moment as of which a log is read again, and what had arrived by then.
package struct PastPull: Sendable {
  /// The server's now of that moment, microseconds since 1970 UTC.
  package let watermark: Int64
  /// The rows of the last hour that had arrived.
  let recent: RecentRows

  /// Creates a value from its parts.
  package init(watermark: Int64, recent: RecentRows) {
    self.watermark = watermark
    self.recent = recent
  }
}

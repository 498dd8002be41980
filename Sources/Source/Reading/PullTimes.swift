/// Where the time of a pull lies, in microseconds since 1970 UTC.
package struct PullTimes: Equatable {
  /// The server's clock in the pull's transaction.
  package var watermark: Int64
  /// Since when rows are recent: the watermark less `source.lookback`.
  package var recentFrom: Int64
  /// The first moment that was read; nil when there is no bound.
  package var lower: Int64?
  /// The moment of `--since`; nil without it.
  package var since: Int64?
  /// The moment of `--until`; nil without it.
  package var upper: Int64?
  /// The latest event that is used; 0 when there is none.
  package var latest: Int64 = 0
}

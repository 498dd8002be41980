import Jobs

/// Rows left out so far, by reason.
struct Rejections {
  private var counts = [Int](repeating: 0, count: RejectionReason.allCases.count)

  /// Counts rows left out.
  mutating func count(_ reason: RejectionReason, rows: Int = 1) {
    for (place, other) in RejectionReason.allCases.enumerated() where other == reason {
      counts[place] += rows
    }
  }

  /// Adds the rows that were left out elsewhere.
  mutating func add(_ other: Rejections) {
    for (place, rows) in other.counts.enumerated() { counts[place] += rows }
  }

  /// The reasons that occurred, in alphabetical order.
  var summary: [PullCounts.Rejection] {
    zip(RejectionReason.allCases, counts).filter { $0.1 > 0 }
      .map { PullCounts.Rejection(reason: $0.0.rawValue, rows: $0.1) }
      .sorted { $0.reason < $1.reason }
  }
}

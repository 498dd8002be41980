/// Why a row of the source is left out; the raw values are the keys of `ncf.runs.rows_rejected`.
enum RejectionReason: String, CaseIterable {
  case absentUser = "absent_user"
  case before1970 = "before_1970"
  case belowMinInteractions = "below_min_interactions"
  case belowMinValue = "below_min_value"
  case eventNotCounted = "event_not_counted"
  case futureTime = "future_time"
  case idTooLong = "id_too_long"
  case infiniteTime = "infinite_time"
  case nanValue = "nan_value"
  case negativeEvent = "negative_event"
  case nullItem = "null_item"
  case nullTime = "null_time"
  case nullUser = "null_user"
  case nullValue = "null_value"
  case overMaxPerUser = "over_max_per_user"
}

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

extension PullCounts {
  /// The rejections as a JSON object.
  var rejectedJSON: String {
    "{" + rejected.map { "\"\($0.reason)\": \($0.rows)" }.joined(separator: ", ") + "}"
  }

  /// The rejections in words, for a message.
  var rejectedText: String {
    rejected.isEmpty
      ? "none left out" : rejected.map { "\($0.reason) \($0.rows)" }.joined(separator: ", ")
  }
}

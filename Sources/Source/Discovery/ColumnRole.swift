import Interactions

/// Parts of an interaction that a column may play; their raw values are what a source calls them.
package enum ColumnRole: String, CaseIterable, Sendable {
  case user = "user_id"
  case item = "item_id"
  case time = "occurred_at"
  case event = "event_type"
  case value = "value"

  /// Whether there is no interaction without it.
  package var isNeeded: Bool {
    switch self {
    case .user, .item, .time: true
    case .event, .value: false
    }
  }

  /// What such a column holds.
  package var plural: String {
    switch self {
    case .user: "users"
    case .item: "items"
    case .time: "times"
    case .event: "event types"
    case .value: "values"
    }
  }

  /// The flag of the command line that names the column.
  package var flag: String {
    switch self {
    case .user: "--user-column"
    case .item: "--item-column"
    case .time: "--time-column"
    case .event: "--event-column"
    case .value: "--value-column"
    }
  }

  /// Whether a run could read the column as such.
  func accepts(_ column: CatalogColumn) -> Bool {
    switch self {
    case .user, .item: IdentifierKind(typeOID: column.type) != nil
    case .time: SourcePlan.times.contains(column.type)
    case .event: true
    case .value: SourcePlan.numbers.contains(column.type)
    }
  }

  /// Types that it accepts.
  var types: String {
    switch self {
    case .user, .item: "bigint, integer, uuid or text"
    case .time: "timestamptz, timestamp or date"
    case .event: "any type"
    case .value: "a number"
    }
  }
}

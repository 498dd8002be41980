import Interactions

/// Parts of an interaction that a column may play; their raw values are what a source calls them.
package enum ColumnRole: String, CaseIterable, Sendable {
  case user = "user_id"
  case item = "item_id"
  case time = "occurred_at"
  case event = "event_type"
  case value = "value"

  /// Whether there is no interaction without it.
  package var isNeeded: Bool { self != .event && self != .value }

  /// What such a column holds.
  package var plural: String { words.plural }

  /// The flag of the command line that names the column.
  package var flag: String { "--\(words.flag)-column" }

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
  var types: String { words.types }

  private var words: (plural: String, flag: String, types: String) {
    switch self {
    case .user: ("users", "user", "bigint, integer, uuid or text")
    case .item: ("items", "item", "bigint, integer, uuid or text")
    case .time: ("times", "time", "timestamptz, timestamp or date")
    case .event: ("event types", "event", "any type")
    case .value: ("values", "value", "a number")
    }
  }
}

import Interactions
import Postgres

/// Takes rows one by one into columns, counting those that can't be used.
struct RowReader {
  /// Rows taken, usable or not.
  private(set) var rows = 0
  private var bytes = 0
  private var users: IdentifierColumn
  private var items: IdentifierColumn
  private var columns = InteractionColumns()
  private var rejections = Rejections()
  private let watermark: Int64
  private let hasWeight: Bool
  private let minValue: Double?

  /// A reader that has taken nothing yet.
  init(_ plan: SourcePlan, watermark: Int64, minValue: Double?) {
    users = IdentifierColumn(kind: plan.userKind)
    items = IdentifierColumn(kind: plan.itemKind)
    self.watermark = watermark
    hasWeight = plan.hasWeight
    self.minValue = minValue
  }

  /// Takes the next row.
  mutating func take(_ row: inout CopyRow) throws {
    rows += 1
    let user = try users.read(&row, bytes: &bytes)
    let item = try items.read(&row, bytes: &bytes)
    let time = try row.nextTimestamp()
    bytes += 8
    var weight: Float = 1
    if hasWeight { weight = try row.nextFloat() ?? 0 }
    var value: Double?
    if minValue != nil { value = try row.nextDouble() }

    if let reason = Self.reason(user, .nullUser) ?? Self.reason(item, .nullItem) {
      return rejections.count(reason)
    }
    guard let time else { return rejections.count(.nullTime) }
    if time == .max || time == .min { return rejections.count(.infiniteTime) }
    if time > watermark { return rejections.count(.futureTime) }
    if time < 0 { return rejections.count(.before1970) }
    if weight <= 0 { return rejections.count(.eventNotCounted) }
    if let minValue {
      guard let value else { return rejections.count(.nullValue) }
      if value.isNaN { return rejections.count(.nanValue) }
      if value < minValue { return rejections.count(.belowMinValue) }
    }
    columns.append(
      user: users.intern(), item: items.intern(),
      second: UInt32(truncatingIfNeeded: time / 1_000_000), weight: weight)
  }

  private static func reason(
    _ field: IdentifierColumn.Field, _ null: RejectionReason
  ) -> RejectionReason? {
    switch field {
    case .usable: nil
    case .null: null
    case .tooLong: .idTooLong
    }
  }

  /// Takes in what another reader has taken from another part of the source.
  mutating func absorb(_ other: consuming RowReader) {
    let userNumbers = users.absorb(other.users)
    let itemNumbers = items.absorb(other.items)
    columns.append(other.columns, users: userNumbers, items: itemNumbers)
    rejections.add(other.rejections)
    rows += other.rows
    bytes += other.bytes
  }

  /// Puts everything in order and leaves out users with too few interactions.
  consuming func finish(minInteractions: Int, snapshot: String) -> Pulled {
    let (users, userRemap) = self.users.finish()
    let (items, itemRemap) = self.items.finish()
    let table = InteractionTable(
      columns: columns, userRemap: userRemap, itemRemap: itemRemap, userCount: users.count,
      itemCount: items.count)
    var kept = KeptInteractions(users: users, items: items, table: table)
    let dropped = kept.drop(usersBelow: minInteractions)
    if dropped > 0 { rejections.count(.belowMinInteractions, rows: dropped) }
    let cold = (0..<kept.table.userCount).count {
      kept.table.offsets[$0 + 1] - kept.table.offsets[$0] < 3
    }
    return Pulled(
      users: kept.users, items: kept.items, table: kept.table,
      counts: PullCounts(
        rowsRead: rows, rowsUsed: kept.table.count, rowsMerged: table.merged,
        rejected: rejections.summary, users: kept.users.count, items: kept.items.count,
        coldUsers: cold, watermark: watermark),
      snapshot: snapshot, bytes: bytes)
  }
}

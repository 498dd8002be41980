import Interactions
import Postgres

/// What a run knows once it has read its source.
struct Pulled {
  /// The users' ids; a position is a dense index.
  var users: Vocabulary
  /// The items' ids.
  var items: Vocabulary
  /// One interaction per user and item.
  var table: InteractionTable
  /// What was read, used and left out.
  var counts: PullCounts
  /// The snapshot that it was read in.
  var snapshot: String
  /// Bytes of the fields read.
  var bytes: Int
}

/// Stage 1: read the log.
///
/// In: the job's source and the request's stretch of time. Out: vocabularies and the
/// interaction table, all from one snapshot, with every row accounted for. Durable: nothing; its
/// transaction only reads and is over when it returns.
struct PullStage {
  /// The run.
  let context: RunContext

  /// Reads the source.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  func run() throws -> Pulled {
    let connection = try context.connect(for: "pull")
    context.interruption.watch(connection)
    defer { context.interruption.forget(connection) }
    return try connection.transaction(.repeatableReadReadOnly) {
      try read(on: connection)
    }
  }

  private func read(on connection: Connection) throws -> Pulled {
    let plan = try SourcePlan(context.job.source, on: connection)
    let bounds = try self.bounds(on: connection)
    let copy = try plan.copy(lower: bounds.lower, upper: bounds.upper, on: connection)
    var reader = RowReader(plan, watermark: bounds.watermark, minValue: context.job.source.minValue)
    let start = context.clock()
    let rows = try connection.copyOut(copy) { row in
      try reader.take(&row)
      if reader.rows & 0x1FFF == 0 {
        try context.interruption.check()
        if reader.rows & 0xFFFF == 0 {
          context.progress(
            .pull, "reading interactions", done: reader.rows, of: nil, since: start, unit: "rows")
        }
      }
    }
    return reader.finish(
      rows: rows, minInteractions: context.job.source.minInteractions, snapshot: bounds.snapshot)
  }

  private struct Bounds {
    var snapshot: String
    var watermark: Int64
    var lower: String?
    var upper: String?
  }

  private func bounds(on connection: Connection) throws -> Bounds {
    func parameters(_ point: TimePoint?) -> [Parameter] {
      switch point {
      case nil: [.null, .null]
      case .age(let age): [.text(age.interval), .null]
      case .absolute(let microseconds): [.null, .integer(microseconds)]
      }
    }
    let window: Parameter = context.job.source.window.map { .text($0.interval) } ?? .null
    let row = try connection.execute(
      SQL.Pull.bounds,
      [window] + parameters(context.request.since) + parameters(context.request.until))
    guard let snapshot = row[row: 0, column: 0],
      let watermark = row[row: 0, column: 1].flatMap({ Int64($0) })
    else {
      throw BatchError(.software, "the server gave no snapshot or no time")
    }
    return Bounds(
      snapshot: snapshot, watermark: watermark, lower: row[row: 0, column: 2],
      upper: row[row: 0, column: 3])
  }
}

/// Takes rows one by one into columns, counting those that can't be used.
private struct RowReader {
  private(set) var rows = 0
  private var bytes = 0
  private var users: IdentifierColumn
  private var items: IdentifierColumn
  private var columns = InteractionColumns()
  private var rejections = Rejections()
  private let watermark: Int64
  private let hasWeight: Bool
  private let minValue: Double?

  init(_ plan: SourcePlan, watermark: Int64, minValue: Double?) {
    users = IdentifierColumn(kind: plan.userKind)
    items = IdentifierColumn(kind: plan.itemKind)
    self.watermark = watermark
    hasWeight = plan.hasWeight
    self.minValue = minValue
  }

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

  consuming func finish(rows: Int, minInteractions: Int, snapshot: String) -> Pulled {
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

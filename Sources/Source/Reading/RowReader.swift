import Interactions
import Jobs
import Postgres
import Ranking
import RunSupport

/// Takes rows one by one into columns, counting those that can't be used.
struct RowReader {
  /// Rows taken, usable or not.
  private(set) var rows = 0
  private var bytes = 0
  private var users: IdentifierColumn
  private var items: IdentifierColumn
  private var columns: InteractionColumns
  private var rejections = Rejections()
  /// The latest event that was kept, microseconds since 1970 UTC.
  private var latest: Int64 = 0
  /// Hashes of rows that count, of the last hour.
  private var recent: [UInt64] = []
  private let watermark: Int64
  /// What had arrived when the log is read as of an earlier moment; nil takes what is there.
  private let arrived: RecentRows?
  private let types: EventTypes
  private let minValue: Double?

  /// A reader that has taken nothing yet.
  init(_ plan: SourcePlan, watermark: Int64, minValue: Double?, arrived: RecentRows? = nil) {
    self.init(
      users: plan.userKind, items: plan.itemKind, types: plan.types, watermark: watermark,
      minValue: minValue, arrived: arrived)
  }

  /// A reader of rows whose ids are of these types, that has taken nothing yet.
  init(
    users: IdentifierKind, items: IdentifierKind, types: EventTypes, watermark: Int64,
    minValue: Double?, arrived: RecentRows? = nil
  ) {
    (self.types, self.watermark, self.minValue) = (types, watermark, minValue)
    self.arrived = arrived
    (self.users, self.items) = (IdentifierColumn(kind: users), IdentifierColumn(kind: items))
    columns = InteractionColumns(isMarked: types.isMarked)
  }

  /// Takes the next row.
  mutating func take(_ row: inout CopyRow) throws {
    rows += 1
    let user = try users.read(&row, bytes: &bytes)
    let item = try items.read(&row, bytes: &bytes)
    let time = try row.nextTimestamp()
    bytes += 8
    var meaning = types[nil]
    if types.isRead { meaning = types[try row.nextInt16()] }
    var value: Double?
    if minValue != nil { value = try row.nextDouble() }

    if let reason = Self.reason(user, .nullUser) ?? Self.reason(item, .nullItem) {
      return rejections.count(reason)
    }
    guard let time else { return rejections.count(.nullTime) }
    if time == .max || time == .min { return rejections.count(.infiniteTime) }
    if time > watermark { return rejections.count(.futureTime) }
    if time < 0 { return rejections.count(.before1970) }
    if let reason = Self.reason(meaning.weight, value, minValue) {
      rejections.count(reason)
      // It does not count, but may still exclude its item from the user's list.
      guard meaning.excludes else { return }
      meaning.weight = 0
    }
    if time > watermark - RecentRows.span {
      let row = hash(time, meaning)
      // Of that moment's future, though its time is not.
      if let arrived, !arrived.contains(row) { return rejections.count(.futureTime) }
      recent.append(row)
    }
    latest = max(latest, time)
    columns.append(
      user: users.intern(), item: items.intern(),
      second: UInt32(truncatingIfNeeded: time / 1_000_000), weight: meaning.weight,
      excludes: meaning.excludes)
  }

  /// Takes in all rows of a COPY.
  ///
  /// - Parameters:
  ///   - copy: the statement.
  ///   - context: is asked whether to stop.
  ///   - start: when reading began.
  ///   - tells: whether to tell how it comes along.
  ///   - connection: inside the transaction that reads the source.
  ///   - done: the rows that are read altogether, by those of this reader; asked every 8,192 rows.
  /// - Throws: `BatchError`; `PostgresError`.
  mutating func take(
    _ copy: String, _ context: RunContext, since start: Double, tells: Bool = true,
    on connection: Connection, done: (Int) -> Int = { $0 }
  ) throws {
    let sent = try connection.copyOut(copy) { row in
      try take(&row)
      guard rows & 0x1FFF == 0 else { return }
      try context.interruption.check()
      let done = done(rows)
      if tells, rows & 0xFFFF == 0 {
        context.progress(
          .pull, "reading interactions", done: done, of: nil, since: start, unit: "rows")
      }
    }
    guard sent == rows else { throw BatchError(.software, "\(rows) rows were read of \(sent)") }
  }

  /// A hash of the row at hand.
  private func hash(_ time: Int64, _ meaning: EventTypes.Meaning) -> UInt64 {
    var fingerprint = Fingerprint()
    users.hash(into: &fingerprint)
    items.hash(into: &fingerprint)
    fingerprint.add(UInt64(bitPattern: time))
    fingerprint.add(UInt64(meaning.weight.bitPattern) << 1 | (meaning.excludes ? 1 : 0))
    return fingerprint.short
  }

  /// Why an event of a weight and a value does not count; the value says nothing of events that
  /// speak against an item.
  private static func reason(
    _ weight: Float, _ value: Double?, _ minValue: Double?
  ) -> RejectionReason? {
    if weight == 0 { return .eventNotCounted }
    guard weight > 0, let minValue else { return nil }
    guard let value else { return .nullValue }
    if value.isNaN { return .nanValue }
    return value < minValue ? .belowMinValue : nil
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
    latest = max(latest, other.latest)
    recent += other.recent
    rows += other.rows
    bytes += other.bytes
  }

  /// Puts everything in order and leaves out users with too few interactions.
  ///
  /// - Parameters:
  ///   - job: its rules.
  ///   - moments: where its ages begin.
  ///   - lists: what the queries beside the source gave.
  ///   - snapshot: what was read in.
  ///   - times: where its time lies.
  ///   - keepsArrivals: whether logs before any moment will be asked for, even without a split by the clock.
  /// - Returns: the log, and who gets a list of what.
  consuming func finish(
    _ job: Job, moments: Moments, lists: ListRows = ListRows(), snapshot: String, times: PullTimes,
    keepsArrivals: Bool = false
  ) -> Dataset {
    let (allUsers, allUsersMap) = users.finish()
    let (allItems, allItemsMap) = items.finish()
    var userMap = allUsersMap
    let forgetsBut = job.users.forgetAbsent ? lists.asked : nil
    if let forgetsBut {
      let asked = allUsers.indices(in: forgetsBut)
      userMap = IndexMap(userMap.values.map { asked[Int($0)] == nil ? -1 : $0 })
    }
    let rules = MergeRules(job, moments)
    var arrivals: Arrivals?
    if keepsArrivals || job.evaluation.split == .clock {
      arrivals = Arrivals(
        columns: columns, users: allUsers, userMap: userMap, items: allItems,
        itemMap: allItemsMap, rules: rules, lists: lists, moments: moments, job: job,
        now: UInt32(clamping: min(watermark, times.upper ?? .max) / 1_000_000))
    }
    let log = InteractionLog(
      columns: columns, users: allUsers, userMap: userMap, items: allItems, itemMap: allItemsMap,
      rules: rules)
    rejections.count(.absentUser, rows: log.absent)
    rejections.count(.belowMinInteractions, rows: log.tooFew)
    rejections.count(.negativeEvent, rows: log.negativePairs)
    rejections.count(.overMaxPerUser, rows: log.overMaximum)
    let views = LogViews(log, lists, activeSince: moments.activeSince, job)
    var times = times
    times.latest = latest
    return Dataset(
      users: log.users, items: log.items, table: log.table, sequences: log.sequences,
      excluded: log.excluded, negatives: log.negatives,
      negativesUpToLatest: log.negativesUpToLatest, serving: views.serving,
      counts: PullCounts(
        rowsRead: rows, rowsUsed: log.table.count, rowsMerged: log.table.merged,
        rejected: rejections.summary, users: log.users.count, items: log.items.count,
        coldUsers: views.serving.audience.cold.count, watermark: watermark),
      features: views.features, forgetsBut: forgetsBut, recent: RecentRows(recent),
      snapshot: snapshot, bytes: bytes, times: times, arrivals: arrivals)
  }
}

package import Interactions
package import Jobs
package import Postgres
import RunSupport

/// Counts what became of a job's lists, into `ncf.served` and the tables beside it.
///
/// A day is counted anew each night until it ended longer than `source.lookback` ago, and once more by
/// the first night after that; then it is final. Days of lists that are not kept any more stay as they
/// were counted last.
package struct ServedCount {
  /// What was read of the log.
  package struct Log {
    let users: Vocabulary
    let items: Vocabulary
    let sequences: UserSequences
    /// Microseconds since 1970 UTC.
    let watermark, recentFrom: Int64
    let lower: Int64?

    /// Creates a value from its parts.
    ///
    /// - Parameters:
    ///   - users: identifiers of the users.
    ///   - items: identifiers of the items.
    ///   - sequences: the events that count.
    ///   - watermark: the server's clock as it was read, in microseconds since 1970 UTC.
    ///   - recentFrom: the watermark less `source.lookback`.
    ///   - lower: the first moment that was read; nil for no bound.
    package init(
      users: Vocabulary, items: Vocabulary, sequences: UserSequences, watermark: Int64,
      recentFrom: Int64, lower: Int64?
    ) {
      (self.users, self.items, self.sequences) = (users, items, sequences)
      (self.watermark, self.recentFrom, self.lower) = (watermark, recentFrom, lower)
    }
  }

  static let microsecondsOfDay: Int64 = 86_400_000_000

  private let job: Job
  private let impressions: String?
  private let connection: Connection
  private let sql: SQL.Output

  /// A count of a job's lists.
  ///
  /// - Parameters:
  ///   - job: the job.
  ///   - impressions: `served.impressions` without a semicolon; nil where it is not known what was shown.
  ///   - connection: where its lists are; nobody else may count or erase meanwhile.
  /// - Throws: `PostgresError`.
  package init(
    _ job: Job, impressions: String? = nil, on connection: Connection
  ) throws(PostgresError) {
    (self.job, self.impressions, self.connection) = (job, impressions, connection)
    sql = try SQL.Output(schema: job.output.schema, on: connection)
  }

  private struct State: Decodable {
    let firstMove: Int64?
    let provisionalFrom: Int64?
    let lastDay: Int64?
    let countedTo: Int64?
  }

  /// Counts a log, all of it or nothing.
  ///
  /// - Parameters:
  ///   - log: what was read.
  ///   - checkpoint: called now and then; ends the count by throwing.
  /// - Returns: whether there was anything to count: a list was live, and no later log was counted.
  /// - Throws: what `checkpoint` throws; `PostgresError`.
  package func run(_ log: Log, checkpoint: () throws -> Void = {}) throws -> Bool {
    try connection.transaction {
      let kept = try KeptRuns(of: job.name, in: job.output.schema, on: connection).runs
      let state: State = try connection.execute(SQL.Served.state, job.name, Self.array(kept)).row()
        .decode()
      guard let firstMove = state.firstMove, firstMove < log.watermark,
        state.countedTo ?? .min <= log.watermark
      else { return false }
      let spans = try makeSpans(
        from: first(state, firstMove, log), to: log.watermark, kept: kept)
      let counted = spans.filter(\.isKept)
      try fillTaken(log, counted, checkpoint)
      try replaceUsers(counted)
      let isShown = try replaceShown(counted, log)
      try aggregate(counted, log.watermark, finalBefore: log.finalBefore, isShown: isShown)
      try finish(counted, finalBefore: log.finalBefore)
      return true
    }
  }

  /// Counts the provisional days anew from what is kept of their users, for users were erased.
  ///
  /// - Throws: `PostgresError`.
  func recount() throws {
    let kept = try KeptRuns(of: job.name, in: job.output.schema, on: connection).runs
    let state: State = try connection.execute(SQL.Served.state, job.name, Self.array(kept)).row()
      .decode()
    guard let from = state.provisionalFrom, let to = state.countedTo else { return }
    let spans = try makeSpans(from: from * Self.microsecondsOfDay, to: to, kept: kept)
    try aggregate(
      spans.filter(\.isKept), to, finalBefore: from,
      isShown: try connection.execute(SQL.Served.knowsShown, job.name).value())
  }

  /// Where counting begins: at the first day that is not final, or was never counted.
  private func first(_ state: State, _ firstMove: Int64, _ log: Log) -> Int64 {
    let day = Self.microsecondsOfDay
    var first = min(log.finalBefore, state.provisionalFrom ?? .max)
    first = min(first, state.lastDay.map { $0 + 1 } ?? firstMove / day)
    // A day of which only a part was read is not counted.
    if let lower = log.lower { first = max(first, (lower + day - 1) / day) }
    return max(first * day, firstMove)
  }

  private func makeSpans(from: Int64, to: Int64, kept: [Int64]) throws -> [ServedSpan] {
    try connection.execute(SQL.Served.makeSpans)
    try connection.execute(
      SQL.Served.fillSpans, job.name, from, to, job.exclude.readmitAfter?.interval,
      Self.array(kept))
    try connection.execute(SQL.Served.analyzeSpans)
    return try connection.execute(SQL.Served.spans).decode()
  }

  /// Copies first new items to the server.
  private func fillTaken(
    _ log: Log, _ spans: [ServedSpan], _ checkpoint: () throws -> Void
  ) throws {
    let types = try idTypes()
    try connection.execute(SQL.Served.makeTaken(user: types.user, item: types.item))
    let finder = NewItemFinder(log.sequences, itemCount: log.items.count, spans: spans)
    _ = try connection.copyIn(SQL.Served.copyTaken) { writer in
      try finder.forEach(checkpoint: checkpoint) { found in
        try writer.beginRow(columns: 6)
        try writer.writeInt32(Int32(truncatingIfNeeded: found.span))
        try writer.write((log.users, found.user))
        try writer.write((log.items, Int(found.item)))
        try writer.write(Int64(found.second))
        try writer.writeInt32(found.history)
        try writer.writeInt32(found.itemAge)
      }
    }
    try connection.execute(SQL.Served.analyzeTaken)
  }

  private func idTypes() throws -> (user: String, item: String) {
    let row = try connection.execute(SQL.Output.idTypes, sql.lists.name).row()
    return (try row.decode("user_type"), try row.decode("item_type"))
  }

  /// The runs of some spans, each with whether everybody saw its lists.
  private func runs(_ spans: [ServedSpan]) -> [(run: Int64, isForAll: Bool)] {
    Set(spans.map(\.runID)).sorted().map { run in
      (run, spans.allSatisfy { $0.runID != run || $0.isForAll })
    }
  }

  private func replaceUsers(_ spans: [ServedSpan]) throws {
    try connection.execute(SQL.Served.makeMet)
    for (run, isForAll) in runs(spans) {
      try connection.execute(sql.meet(run, isForAll: isForAll), job.name)
    }
    try connection.execute(SQL.Served.deleteCounts(of: "served_users"), job.name)
    try connection.execute(SQL.Served.insertUsers)
  }

  /// Reads what was shown, where the job says how.
  ///
  /// - Returns: whether it does.
  private func replaceShown(_ spans: [ServedSpan], _ log: Log) throws -> Bool {
    try connection.execute(SQL.Served.deleteCounts(of: "served_shown"), job.name)
    guard let impressions else { return false }
    let types = try idTypes()
    _ = try BatchError.mapping("read served.impressions") {
      try connection.execute(
        SQL.Output.makeImpressions(impressions, user: types.user, item: types.item))
    }
    for (run, isForAll) in runs(spans) {
      try connection.execute(sql.meetImpressions(run, isForAll: isForAll), job.name)
    }
    return true
  }

  /// Replaces the counts of the spans' days by those of the rows of users.
  private func aggregate(
    _ spans: [ServedSpan], _ watermark: Int64, finalBefore: Int64, isShown: Bool
  ) throws {
    try connection.execute(SQL.Served.makeRows)
    try connection.execute(SQL.Served.fillRows, job.name)
    try connection.execute(SQL.Served.analyzeRows)
    try connection.execute(SQL.Served.makeCells)
    for (run, isForAll) in runs(spans) {
      try connection.execute(sql.countListed(run, isForAll: isForAll), job.name)
    }
    for table in ["served", "served_tenths", "served_groups", "served_rivals"] {
      try connection.execute(SQL.Served.deleteCounts(of: table), job.name)
    }
    try connection.execute(
      SQL.Served.insertCounts, job.name, finalBefore, watermark, isShown)
    try connection.execute(SQL.Served.insertTenths, job.name)
    try connection.execute(SQL.Served.insertGroups, job.name)
    try connection.execute(SQL.Served.insertRivals, job.name)
  }

  /// Makes old days final, and removes what is needed no more.
  private func finish(_ spans: [ServedSpan], finalBefore: Int64) throws {
    try connection.execute(SQL.Served.finishDays, job.name, finalBefore)
    try connection.execute(SQL.Served.finishUsers, job.name, finalBefore)
    try connection.execute(SQL.Served.finishShown, job.name, finalBefore)
    if try connection.execute(SQL.Served.dividesUsers, job.name).value() {
      for (run, isForAll) in runs(spans) where !isForAll {
        try connection.execute(sql.insertSlotUsers(run), job.name)
      }
    } else {
      try connection.execute(SQL.Served.deleteSlotUsers, job.name)
    }
    try connection.execute(SQL.Served.deleteRivalLists, job.name)
  }

  /// Numbers as PostgreSQL writes an array of them.
  private static func array(_ runs: [Int64]) -> String {
    "{\(runs.map(String.init).joined(separator: ","))}"
  }
}

extension ServedCount.Log {
  /// Days before this one ended longer than `source.lookback` ago; in days since 1970.
  var finalBefore: Int64 { recentFrom / ServedCount.microsecondsOfDay }
}

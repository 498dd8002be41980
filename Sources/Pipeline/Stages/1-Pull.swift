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
  /// For each user of the table what is not to be in the list.
  var excluded: UserItems
  /// What users have spoken against; nil when nobody has.
  var negatives: KnownNegatives?
  /// How popular each item is.
  var popularity: [Double]
  /// Who gets which list.
  var audience: Audience
  /// What may be in lists.
  var catalogue: Catalogue
  /// What was read, used and left out.
  var counts: PullCounts
  /// Items that the log has met and the table does not have; not known without `items.features`.
  var unusedItems: Vocabulary?
  /// Content features; nil without any.
  var features: PulledFeatures?
  /// All users but these are to be forgotten; nil when nobody is.
  var forgetsBut: Vocabulary?
  /// Which rows of the last hour there were.
  var recent = RecentRows()
  /// The snapshot that it was read in.
  var snapshot: String
  /// Bytes of the fields read.
  var bytes: Int
  /// Where its time lies.
  var times: PullTimes
}

extension Pulled {
  /// Refuses a log without a row that can be used: there is nothing to learn from.
  func refuseEmpty() throws(BatchError) {
    guard table.count == 0 else { return }
    throw BatchError(
      .data,
      "the source gave \(counts.rowsRead) rows and none can be used (\(counts.rejectedText))",
      advice: "look at source.query, source.window and --since")
  }
}

/// Where the time of a pull lies, in microseconds since 1970 UTC.
struct PullTimes: Equatable {
  /// The server's clock in the pull's transaction.
  var watermark: Int64
  /// Since when rows are recent: the watermark less `source.lookback`.
  var recentFrom: Int64
  /// The first moment that was read; nil when there is no bound.
  var lower: Int64?
  /// The moment of `--since`; nil without it.
  var since: Int64?
  /// The moment of `--until`; nil without it.
  var upper: Int64?
  /// The latest event that is used; 0 when there is none.
  var latest: Int64 = 0
}

/// Stage 1: read the log.
///
/// In: the job's source and the request's stretch of time. Out: vocabularies and the
/// interaction table, who gets a list and what may be in it, all from one snapshot, with every row
/// accounted for. Durable: nothing; its
/// transaction only reads and is over when it returns.
struct PullStage {
  /// The run.
  let context: RunContext
  /// Whether rows before `--since` don't exist: not when a model that knows them is gone on from.
  var beginsAtSince = true
  /// The moment as of which the log is read; nil for now.
  var past: PastPull?

  /// Reads the source; from the beginning and in another snapshot when the connection is lost.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  func run() throws -> Pulled {
    try context.patience.attempt("read the source") { try pull() }
  }

  private func pull() throws -> Pulled {
    let connection = try context.connect(for: "pull")
    context.interruption.watch(connection)
    defer { context.interruption.forget(connection) }
    // A request that came before the watch has cancelled nothing.
    try context.interruption.check()
    return try connection.transaction(.repeatableReadReadOnly) {
      try read(on: connection)
    }
  }

  private func read(on connection: Connection) throws -> Pulled {
    let bounds = try self.bounds(on: connection)
    let source = context.job.source
    let plan = try SourcePlan(context.job, on: connection)
    let queries = try ListQueries(context.job, plan, on: connection)
    let moments = try Moments(
      context.job, watermark: bounds.times.watermark, upper: bounds.upper, on: connection)
    let parts = try SourceParts(source, of: source.connections, on: connection)
    let start = context.clock()
    let reader: RowReader
    if let parts {
      reader = try PartedPull(
        context: context, plan: plan, parts: parts, watermark: bounds.times.watermark,
        lower: bounds.lower, upper: bounds.upper, arrived: past?.recent
      ).run()
    } else {
      let copy = try plan.copy(lower: bounds.lower, upper: bounds.upper, on: connection)
      var only = RowReader(
        plan, watermark: bounds.times.watermark, minValue: source.minValue, arrived: past?.recent)
      let rows = try connection.copyOut(copy) { row in
        try only.take(&row)
        if only.rows & 0x1FFF == 0 {
          try context.interruption.check()
          if only.rows & 0xFFFF == 0 {
            context.progress(
              .pull, "reading interactions", done: only.rows, of: nil, since: start, unit: "rows")
          }
        }
      }
      guard rows == only.rows else {
        throw BatchError(.software, "\(only.rows) rows were read of \(rows)")
      }
      reader = only
    }
    let asked = try queries.askedUsers(context, on: connection)
    let (userFeatures, itemFeatures) = try queries.features(context, on: connection)
    var pulled = reader.finish(
      context.job, moments: moments, asked: asked, featured: userFeatures?.ids,
      snapshot: bounds.snapshot, times: bounds.times)
    let rules = try queries.rules(context, on: connection)
    pulled.catalogue = rules.catalogue(of: pulled.items)
    if context.job.hasFeatures {
      pulled.features = PulledFeatures(
        users: userFeatures, items: itemFeatures, of: pulled, rules: rules)
      pulled.counts.coldUsers = pulled.offered.audience.coldCount
    }
    try rules.requireAny(of: pulled.offered.items)
    context.observer.observe(.reached(.read))
    return pulled
  }

  private struct Bounds {
    var snapshot: String
    var times: PullTimes
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
      [window] + parameters(context.request.since) + parameters(context.request.until)
        + [
          .boolean(beginsAtSince), .text(context.job.source.lookback.interval),
          past.map { .integer($0.watermark) } ?? .null,
        ])
    func microseconds(_ column: Int) -> Int64? {
      row[row: 0, column: column].flatMap { Int64($0) }
    }
    guard let snapshot = row[row: 0, column: 0], let watermark = microseconds(1),
      let recentFrom = microseconds(5)
    else {
      throw BatchError(.software, "the server gave no snapshot or no time")
    }
    return Bounds(
      snapshot: snapshot,
      times: PullTimes(
        watermark: watermark, recentFrom: recentFrom, lower: microseconds(4),
        since: microseconds(6), upper: microseconds(7)),
      lower: row[row: 0, column: 2], upper: row[row: 0, column: 3])
  }
}

import Jobs
import Postgres
import Ranking
package import RunSupport

/// Stage 1: read the log.
///
/// In: the job's source and the request's stretch of time. Out: vocabularies and the
/// interaction table, who gets a list and what may be in it, all from one snapshot, with every row
/// accounted for. Durable: nothing; its
/// transaction only reads and is over when it returns.
package struct PullStage {
  /// The run.
  let context: RunContext
  /// Whether rows before `--since` don't exist: not when a model that knows them is gone on from.
  var beginsAtSince = true
  /// The moment as of which the log is read; nil for now.
  var past: PastPull?
  /// The nights that the log is read for; nil for one night.
  var span: NightSpan?

  /// Creates a value from its parts.
  package init(context: RunContext, beginsAtSince: Bool = true, past: PastPull? = nil) {
    (self.context, self.beginsAtSince, self.past) = (context, beginsAtSince, past)
  }

  /// A pull of the log of several nights, of which `Dataset.asOf(_:)` gives each.
  ///
  /// - Parameters:
  ///   - context: the run.
  ///   - span: from the first night on until the last event.
  package init(context: RunContext, for span: NightSpan) {
    (self.context, self.span) = (context, span)
  }

  /// Reads the source; from the beginning and in another snapshot when the connection is lost.
  ///
  /// - Throws: `BatchError`, `PostgresError`.
  package func run() throws -> Dataset {
    try context.retrier.attempt("read the source") {
      try context.watched(for: "pull") { connection in
        try connection.transaction(.repeatableReadReadOnly) { try read(on: connection) }
      }
    }
  }

  private func read(on connection: Connection) throws -> Dataset {
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
        context: context, plan: plan, parts: parts, bounds: bounds, arrived: past?.recent
      ).run()
    } else {
      let copy = try plan.copy(lower: bounds.lower, upper: bounds.upper, on: connection)
      var only = RowReader(
        plan, watermark: bounds.times.watermark, minValue: source.minValue, arrived: past?.recent)
      try only.take(copy, context, since: start, on: connection)
      reader = only
    }
    let lists = try queries.read(context, on: connection)
    let dataset = reader.finish(
      context.job, moments: moments, lists: lists, snapshot: bounds.snapshot, times: bounds.times,
      keepsArrivals: span != nil)
    try lists.rules.requireAny(of: dataset.serving.items)
    context.observer.observe(.reached(.read))
    return dataset
  }

  /// How far back rows are read; of several nights, as far as the first one reads.
  private var window: String? {
    guard let window = context.job.source.window else { return nil }
    let more = span.map { " \(($0.end - $0.first) / 1_000_000) seconds" } ?? ""
    return window.interval + more
  }

  struct Bounds {
    var snapshot: String
    var times: PullTimes
    var lower: String?
    var upper: String?
  }

  private func bounds(on connection: Connection) throws -> Bounds {
    let (source, request) = (context.job.source, context.request)
    let row = try connection.execute(
      SQL.Pull.bounds, window, request.since?.interval,
      request.since?.microseconds, request.until?.interval,
      span.map(\.end) ?? request.until?.microseconds, beginsAtSince, source.lookback.interval,
      span.map(\.end) ?? past?.watermark
    ).row()
    return Bounds(
      snapshot: try row.decode("snapshot"),
      times: PullTimes(
        watermark: try row.decode("watermark"), recentFrom: try row.decode("recent_from"),
        lower: try row.decodeIfPresent("lower"), since: try row.decodeIfPresent("since"),
        upper: try row.decodeIfPresent("upper")),
      lower: try row.decodeIfPresent("lower_literal"),
      upper: try row.decodeIfPresent("upper_literal"))
  }
}

/// The nights that one pull is for.
package struct NightSpan: Sendable {
  /// The moment of the first night, microseconds since 1970 UTC.
  let first: Int64
  /// Events from this moment on don't exist, microseconds since 1970 UTC; not later than the server's now.
  let end: Int64

  /// Nights from one second until another, since 1970 UTC.
  package init(first: UInt32, end: UInt32) {
    (self.first, self.end) = (Int64(first) * 1_000_000, Int64(end) * 1_000_000)
  }
}

import Jobs
import Pipeline
import Postgres
import RunSupport
import Source
import Store

/// What is tried of the source, and what a night on it would take.
extension Checkup {
  /// Rows of the source that are read to be looked at.
  private static let sampleSize = 10_000
  /// How long reading them may take.
  private static let patience = "30s"

  /// Types, rights, a sample, the index and the memory, all in one transaction that only reads.
  mutating func checkSource(_ job: Job, _ connection: Connection) {
    do throws(BatchError) {
      try BatchError.mapping("read the source") {
        try connection.transaction(.repeatableReadReadOnly) { try look(job, connection) }
      }
    } catch {
      let tried = findings.map(\.subject)
      let left = Subject.allCases.drop { $0 != .source }.filter { !tried.contains($0) }
      guard let first = left.first else { return }
      add(Finding(first, error))
      for subject in left.dropFirst() { skip(subject, "the one before it failed") }
    }
  }

  private mutating func look(_ job: Job, _ connection: Connection) throws {
    let plan = try SourcePlan(job, on: connection)
    _ = try ListQueries(job, plan, on: connection)
    var lower: String?
    if let window = job.source.window {
      let moment = try connection.execute(SQL.Check.moment, window.interval)
      lower = try connection.quoteLiteral(moment.value())
    }
    let rows = SQL.Pull.rows(plan.query, lower: lower)
    // A plan is refused where a right is missing, so nothing needs to be read for that.
    let read = try BatchError.mapping("read the source") { try QueryPlan(of: rows, on: connection) }
    for (key, query) in [
      ("users.query", job.users.query), ("items.eligible", job.items.eligible),
      ("items.group", job.items.group), ("served.impressions", job.served.impressions),
    ] {
      guard let query else { continue }
      _ = try BatchError.mapping("read \(key)") {
        try QueryPlan(of: SQL.Pull.columns(of: SourcePlan.trimmed(query)), on: connection)
      }
    }
    try OutputRelations(job, users: plan.userKind, items: plan.itemKind, on: connection).verify()
    note(.source, .ok(try words(plan, job, connection)))
    note(.sample, try sample(rows, job, connection))
    note(.index, try index(read, job, connection))
    note(.memory, try memory(read, rows, job, connection))
  }

  /// The columns with their types.
  private func words(_ plan: SourcePlan, _ job: Job, _ connection: Connection) throws -> String {
    let columns = try connection.describe(SQL.Pull.columns(of: plan.query))
    let shown = try ["user_id", "item_id", "occurred_at", "event_type", "value"].compactMap {
      name in
      try columns.first { $0.name == name }.map { column in
        let type = try connection.execute(SQL.Check.typeName, column.typeOID)
        return "\(name) \(try type.value(String.self))"
      }
    }
    let what =
      switch job.source.relation {
      case .query: "source.query"
      case .table(let name, _): name
      }
    return "\(what): \(shown.joined(separator: ", "))"
  }

  /// Figures of the first rows.
  private struct Sample: Decodable {
    let rows, unusable, future, users, items: Int
    let first, last: String
  }

  private func sample(_ rows: String, _ job: Job, _ connection: Connection) throws -> Verdict {
    let statement = SQL.Check.sample(of: rows, limit: Self.sampleSize)
    let found: Sample
    do {
      found = try connection.savepoint("sample") {
        try connection.execute(SQL.Session.setLocal, "statement_timeout", Self.patience)
        return try connection.execute(statement).row().decode()
      }
    } catch let error as PostgresError where error.kind == .cancelled {
      return .warn(
        "\(Self.sampleSize) rows were not to be had in \(Self.patience)",
        advice: "look at EXPLAIN of source.query; a night reads all of it")
    }
    try connection.execute(SQL.Session.setLocal, "statement_timeout", "0")
    guard found.rows > 0 else {
      return .fail(
        "the source gives no rows" + (job.source.window == nil ? "" : " in its window"), .data,
        advice: job.source.window == nil
          ? "fill the table, or name another under source"
          : "widen source.window, or look at the newest event")
    }
    let text =
      "\(found.rows) rows: \(found.users) users, \(found.items) items, "
      + "\(found.first) to \(found.last)"
    if found.unusable == found.rows {
      return .fail(
        "\(text); none can be used, since user, item or time is NULL", .data,
        advice: "look at the columns under source")
    } else if found.unusable + found.future > 0 {
      return .warn(
        "\(text); left out would be \(found.unusable) with NULL, \(found.future) from the future",
        advice: "nothing, if that is known; ncf.runs.rows_rejected counts them every night")
    } else {
      return .ok(text)
    }
  }

  private func index(
    _ plan: QueryPlan, _ job: Job, _ connection: Connection
  ) throws -> Verdict {
    guard job.source.window != nil else {
      return .ok("none is needed: without source.window all rows are read")
    }
    let tables = try plan.wastefulScans { table in
      try connection.execute(SQL.Check.believedRows, table).valueIfPresent()
    }
    guard let table = tables.first else {
      return .ok("rows of source.window are found without reading much else")
    }
    return .warn(
      "all of \(tables.joined(separator: ", ")) is read to find source.window",
      advice: "CREATE INDEX CONCURRENTLY ON \(table) (the column of occurred_at); then ANALYZE")
  }

  /// Holds what a night would take, by the planner's figures, against what there is.
  private func memory(
    _ plan: QueryPlan, _ rows: String, _ job: Job, _ connection: Connection
  ) throws -> Verdict {
    let users = try QueryPlan(of: SQL.Check.distinct("user_id", of: rows), on: connection).rows
    let items = try QueryPlan(of: SQL.Check.distinct("item_id", of: rows), on: connection).rows
    let sizes = MemoryEstimate.Sizes(rows: plan.rows, users: users, items: items)
    var estimate = MemoryEstimate(job, sizes, threads: threads)
    // A night leaves out simple methods that do not fit.
    estimate.comparesRivals = false
    let needed = estimate.peak >> 20
    let text = "about \(needed) MiB for \(plan.rows) rows, as the server's statistics have it"
    guard let budget = MemoryBudget.bytes.map({ $0 >> 20 }) else {
      return .ok(text)
    }
    let held = "\(text); \(budget) MiB may be had"
    if needed > budget {
      return .fail(
        held, .configuration,
        advice: "narrow source.window, make the model smaller, or use a machine with more memory")
    } else if needed > budget / 5 * 4 {
      return .warn(held, advice: "ncf-batch run --dry-run estimates it from the data itself")
    } else {
      return .ok(held)
    }
  }
}

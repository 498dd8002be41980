import Interactions
import Jobs
import Parallelism
import Postgres
import RunSupport
import Synchronization

/// Reads the parts of a table on a connection each, at the same time, in one snapshot.
struct PartedPull {
  /// The run.
  let context: RunContext
  /// How the source is read.
  let plan: SourcePlan
  /// Its parts.
  let parts: SourceParts
  /// The snapshot and the times to read.
  let bounds: PullStage.Bounds
  /// What had arrived when the log is read as of an earlier moment; nil takes what is there.
  let arrived: RecentRows?

  /// Reads everything.
  ///
  /// - Returns: one reader with all rows, as if one had taken them.
  /// - Throws: the first error of any part.
  func run() throws -> RowReader {
    let results = Mutex(
      [Result<RowReader, any Error>?](repeating: nil, count: parts.conditions.count))
    let rows = Atomic<Int>(0)
    let start = context.clock()
    WorkerPool(threads: parts.conditions.count).run { part in
      let result = Result { try read(part, counting: rows, since: start) }
      results.withLock { $0[part] = result }
    }
    var whole: RowReader?
    for part in parts.conditions.indices {
      // Taken out one by one: a part's columns go as soon as they have been copied.
      let result = results.withLock { results in
        defer { results[part] = nil }
        return results[part]
      }
      guard let result else { throw BatchError(.software, "a part of the source was not read") }
      let reader = try result.get()
      if whole == nil { whole = reader } else { whole?.absorb(reader) }
    }
    guard let whole else { throw BatchError(.software, "the source has no parts") }
    return whole
  }

  private func read(
    _ part: Int, counting rows: borrowing Atomic<Int>, since start: Double
  ) throws -> RowReader {
    try context.watched(for: "pull") { connection in
      try connection.transaction(.repeatableReadReadOnly) {
        try connection.executeScript(
          SQL.Pull.takeSnapshot(try connection.quoteLiteral(parts.snapshot)))
        let copy = try plan.copy(
          lower: bounds.lower, upper: bounds.upper, part: parts.conditions[part], on: connection)
        var reader = RowReader(
          plan, watermark: bounds.times.watermark, minValue: context.job.source.minValue,
          arrived: arrived)
        try reader.take(copy, context, since: start, tells: part == 0, on: connection) { _ in
          rows.wrappingAdd(0x2000, ordering: .relaxed).newValue
        }
        return reader
      }
    }
  }
}

/// A table cut into ranges of its blocks, so that several connections can read it side by side.
///
/// All of them see the snapshot that this one's transaction exported. The last range has no end, so
/// every row of the snapshot is in exactly one.
struct SourceParts {
  /// What `SET TRANSACTION SNAPSHOT` takes.
  let snapshot: String
  /// A condition for each part, on the table as `t`.
  let conditions: [String]

  /// Cuts the source; nil when there is nothing to cut.
  ///
  /// - Parameters:
  ///   - source: the job's source.
  ///   - count: parts; 1 cuts nothing.
  ///   - connection: inside the transaction that exports its snapshot, open until all have read.
  /// - Throws: `BatchError`, exit code 78, for a source that has no blocks; `PostgresError`.
  init?(_ source: Job.Source, of count: Int, on connection: Connection) throws {
    guard count > 1 else { return nil }
    guard case .table(let name, _) = source.relation else {
      throw BatchError(
        .configuration, "source.connections is \(count), but the source is a query",
        advice: "only a table can be read in parts: give source.table, or source.connections 1")
    }
    // This session waits, in its transaction, until all parts are read.
    try connection.execute(
      SQL.Session.setLocal, "idle_in_transaction_session_timeout", "0")
    let relation = try SourcePlan.resolve(name, on: connection)
    guard let found = try connection.execute(SQL.Pull.blocks, relation).first else {
      throw BatchError(
        .configuration, "source.connections is \(count), but \(name) is not a plain table",
        advice: "a view or a partitioned table can't be read in parts: set source.connections to 1")
    }
    let blocks: Int = try found.decode("blocks")
    snapshot = try found.decode("snapshot")
    conditions = (0..<count).map { part in
      SQL.Pull.part(
        from: blocks * part / count, to: part == count - 1 ? nil : blocks * (part + 1) / count)
    }
  }
}

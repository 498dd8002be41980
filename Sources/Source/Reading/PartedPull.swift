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
  /// Rows later than this are of the future.
  let watermark: Int64
  /// First moment, as the server wrote it; nil for no bound.
  let lower: String?
  /// First moment that is too late; nil for no bound.
  let upper: String?
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
        try copy(part, counting: rows, since: start, on: connection)
      }
    }
  }

  private func copy(
    _ part: Int, counting rows: borrowing Atomic<Int>, since start: Double,
    on connection: Connection
  ) throws -> RowReader {
    try connection.executeScript(
      SQL.Pull.takeSnapshot(try connection.quoteLiteral(parts.snapshot)))
    let copy = try plan.copy(
      lower: lower, upper: upper, part: parts.conditions[part], on: connection)
    var reader = RowReader(
      plan, watermark: watermark, minValue: context.job.source.minValue, arrived: arrived)
    _ = try connection.copyOut(copy) { row in
      try reader.take(&row)
      if reader.rows & 0x1FFF == 0 {
        try context.interruption.check()
        let done = rows.wrappingAdd(0x2000, ordering: .relaxed).newValue
        if part == 0, reader.rows & 0xFFFF == 0 {
          context.progress(
            .pull, "reading interactions", done: done, of: nil, since: start, unit: "rows")
        }
      }
    }
    return reader
  }
}

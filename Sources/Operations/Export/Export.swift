package import Jobs
package import Postgres
import Recommenders
package import RunSupport
import Store

/// Hands out what a job has published, and stored models, row by row and piece by piece.
package struct Export {
  /// What is published and comes in rows.
  package enum Lists: String, Sendable, CaseIterable {
    /// Users' lists.
    case recommendations
    /// Items' lists of similar items.
    case similar
    /// The most popular items.
    case popular
    /// Users' vectors.
    case userVectors = "user-vectors"
    /// Items' vectors.
    case itemVectors = "item-vectors"
  }

  /// The form of a row.
  package enum Format: String, Sendable, CaseIterable {
    /// RFC 4180: a header, fields with commas between, lines that end with CR LF.
    case csv
    /// A JSON object on each line.
    case jsonl
  }

  /// Whose.
  package enum Choice: Sendable, Equatable {
    /// What the views show.
    case live
    /// The run that is live in a slot.
    case slot(String)
    /// A run that is kept.
    case run(Int64)
  }

  private let parameters: ConnectionParameters
  private let schema: String
  private let interruption: Interruption

  /// An export from a job's output schema.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - schema: the job's `output.schema`.
  ///   - interruption: set by whoever wants it to stop.
  package init(
    _ parameters: ConnectionParameters, schema: String = "ncf",
    interruption: Interruption = Interruption()
  ) {
    (self.parameters, self.schema, self.interruption) = (parameters, schema, interruption)
  }

  /// Hands out rows, all of one run, in the order of their keys.
  ///
  /// - Parameters:
  ///   - lists: what.
  ///   - format: in which form.
  ///   - choice: whose.
  ///   - sink: takes the bytes in order.
  /// - Returns: how many rows there were.
  /// - Throws: `BatchError`: 65 when the run or the slot has none; what `sink` throws.
  package func write(
    _ lists: Lists, as format: Format, of choice: Choice, to sink: (Span<UInt8>) throws -> Void
  ) throws(BatchError) -> Int {
    try connected("export \(lists.rawValue)") { connection in
      let sql = try SQL.Output(schema: schema, on: connection)
      let what = sql.published(lists)
      let run = choice == .live ? nil : try self.run(choice, on: connection)
      try requireThere(lists, what, run: run, sql, on: connection)
      switch format {
      case .csv:
        return try connection.copyOutText(sql.copyAsCSV(what, run: run)) { row in
          // The server ends a row with LF alone.
          try sink(row.extracting(0..<row.count - 1))
          try sink(Self.lineEnd.span)
        }
      case .jsonl:
        return try connection.copyOut(sql.copyAsJSON(what, run: run)) { row in
          _ = try row.nextBytes(sink)
          try sink(Self.lineFeed.span)
        }
      }
    }
  }

  /// Hands out a stored model, a safetensors file.
  ///
  /// - Parameters:
  ///   - choice: whose.
  ///   - sink: takes the bytes in order.
  /// - Returns: the run whose it is, and how many bytes there were.
  /// - Throws: `BatchError`: 65 when the run or the slot has none, or it is damaged; what `sink` throws.
  package func writeModel(
    of choice: Choice, to sink: (Span<UInt8>) throws -> Void
  ) throws(BatchError) -> (run: Int64, bytes: Int) {
    try connected("export a model") { connection in
      let run = try self.run(choice, on: connection)
      do {
        if let bytes = try ModelStore(on: connection).copy(run: run, to: sink) {
          return (run, bytes)
        }
      } catch let error as DamagedModel {
        throw BatchError(
          .data, "the stored model of run \(run) is damaged: \(error.description)",
          advice: "export another run's; ncf-batch runs lists them")
      }
      throw BatchError(
        .data, "run \(run) has no stored model",
        advice: "SELECT run_id FROM ncf.models says which runs have one")
    }
  }

  private static let lineEnd: [UInt8] = [0x0D, 0x0A]
  private static let lineFeed: [UInt8] = [0x0A]

  private func connected<R>(
    _ doing: String, _ body: (Connection) throws -> R
  ) throws(BatchError) -> R {
    try BatchError.mapping(doing) {
      try interruption.watching(
        Connection(parameters, applicationName: "ncf-batch/export"), body)
    }
  }

  private func run(_ choice: Choice, on connection: Connection) throws -> Int64 {
    if case .run(let run) = choice { return run }
    var slot = Job.mainSlot
    if case .slot(let name) = choice { slot = name }
    let found = try connection.execute(SQL.Output.liveInSlot, slot, schema)
    guard let row = found.first else {
      throw BatchError(
        .data, "nothing is live in slot \(slot) of the schema \(schema)",
        advice: "look at ncf-batch runs")
    }
    return try row.decode("run_id")
  }

  /// Refuses what is not there, rather than hand out nothing.
  private func requireThere(
    _ lists: Lists, _ what: SQL.Output.Parent, run: Int64?, _ sql: SQL.Output,
    on connection: Connection
  ) throws {
    guard let run else {
      let view = try connection.execute(SQL.Output.relationExists, what.view)
      guard try view.value() else {
        throw BatchError(
          .configuration, "there is no view \(what.view)",
          advice: "name the job's output schema with --schema or --config; its first night makes it"
        )
      }
      return
    }
    let kept = try KeptRuns(in: schema, on: connection)
    guard kept.runs.contains(run) else {
      throw BatchError(
        .data, "the lists of run \(run) are not kept in the schema \(schema)",
        advice: kept.text(orElse: "no run's lists are"))
    }
    if what.isPartitioned {
      let table = try connection.execute(SQL.Output.relationExists, sql.child(run, of: what))
      guard try table.value() else {
        throw BatchError(
          .data, "run \(run) made no \(lists.rawValue)",
          advice: "vectors are made by nights with output.vectors: true")
      }
    }
  }
}

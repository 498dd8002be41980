package import Jobs
package import Postgres
import RunSupport

/// A run's own tables of lists and vectors, from their making until they are part of what is kept.
package struct RunTables {
  /// What has a table of each run.
  package enum Kind {
    case lists, similar, userVectors, itemVectors
  }

  /// What was written into a table.
  package struct Sent {
    /// Rows.
    package var rows = 0
    /// Users or items with at least one row.
    package var lists = 0
    /// Bytes of the rows' fields.
    package var bytes = 0

    /// Nothing so far.
    package init() {}
  }

  private let run: Int64
  private let sql: SQL.Output
  private let hasVectors: Bool
  private let connection: Connection

  /// The tables of a run.
  ///
  /// - Parameters:
  ///   - run: its number.
  ///   - output: where they are, and whether there are tables of vectors.
  ///   - connection: where they are made.
  /// - Throws: `PostgresError`.
  package init(
    of run: Int64, _ output: Job.Output, on connection: Connection
  ) throws(PostgresError) {
    (self.run, self.connection, hasVectors) = (run, connection, output.vectors)
    sql = try SQL.Output(schema: output.schema, on: connection)
  }

  /// The relations of which the run has a table.
  private var parents: [SQL.Output.Parent] {
    hasVectors ? sql.parents : [sql.lists, sql.similar]
  }

  private func parent(_ kind: Kind) -> SQL.Output.Parent {
    switch kind {
    case .lists: sql.lists
    case .similar: sql.similar
    case .userVectors: sql.userVectorRows
    case .itemVectors: sql.itemVectorRows
    }
  }

  /// Whether all of them are part of what is kept already.
  ///
  /// - Throws: `PostgresError`.
  package func areAttached() throws -> Bool {
    try parents.allSatisfy { parent in
      try connection.execute(SQL.Output.isAttached, sql.child(run, of: parent)).value()
    }
  }

  /// Makes a table, has it filled, and compares what it holds with what was sent.
  ///
  /// - Parameters:
  ///   - kind: which one.
  ///   - most: the longest list that it may hold.
  ///   - fill: fills it by a COPY statement.
  /// - Returns: what `fill` returns.
  /// - Throws: what `fill` throws; `BatchError` (70) when the table holds other rows; `PostgresError`.
  package func make(
    _ kind: Kind, most: Int, fill: (_ copy: String) throws -> Sent
  ) throws -> Sent {
    let parent = parent(kind)
    try connection.executeScript(sql.createChild(run, of: parent))
    let sent = try fill(sql.copy(run, into: parent))
    try connection.execute(sql.keyChild(run, of: parent))
    try connection.execute(sql.analyzeChild(run, of: parent))
    let found = try connection.execute(sql.countChild(run, of: parent)).row()
    let (rows, lists) = (try found.decode(Int.self, "rows"), try found.decode(Int.self, "lists"))
    guard rows == sent.rows, lists == sent.lists, try found.decode(Int.self, "most") <= most else {
      throw BatchError(
        .software,
        "\(sql.child(run, of: parent)) holds \(rows) rows of \(lists) lists, sent were "
          + "\(sent.rows) of \(sent.lists)")
    }
    return sent
  }

  /// Makes the filled tables part of what is kept.
  ///
  /// - Throws: `PostgresError`.
  package func attach() throws(PostgresError) {
    for parent in parents { try connection.execute(sql.attach(run, to: parent)) }
  }

  /// Adds the run's most popular items to those of all runs, by a binary COPY.
  ///
  /// - Parameter body: writes the rows: run, place, item, score.
  /// - Throws: what `body` throws; `PostgresError`.
  package func copyPopular(_ body: (inout CopyWriter) throws -> Void) throws {
    _ = try connection.copyIn(sql.copy(run, into: sql.popular), body: body)
  }
}

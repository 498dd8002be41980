import Jobs
package import Postgres
package import RunSupport

/// What follows publishing and may be left to the next run: statistics, and old runs' lists.
///
/// Each step is a transaction of its own that gives up at once rather than make a reader wait.
package struct Retention {
  /// The run.
  let context: RunContext

  /// Creates a value from its parts.
  package init(context: RunContext) { self.context = context }

  /// Refreshes the parents' statistics and drops what needs no longer be kept.
  ///
  /// - Returns: what could not be done now, in words; empty when all was.
  package func run() -> [String] {
    connected(orElse: "retention was left to the next run") { sql, connection in
      var left: [String] = []
      if let reason = attempt({ try analyze(sql, on: connection) }) {
        left.append("statistics of the lists were not refreshed: \(reason)")
      }
      let output = context.job.output
      let (job, runs, days) = (context.job.name, output.keepRuns, output.keepDays)
      try connection.execute(SQL.Models.deleteUnpublished, job, runs, days)
      try connection.execute(SQL.Served.deleteRivalLists, job)
      for row in try connection.execute(SQL.Output.expired, job, runs, days, output.schema) {
        let run: Int64 = try row.decode("run_id")
        if let reason = attempt({ try drop(run, sql, on: connection) }) {
          left.append("lists of run \(run) stay until the next run: \(reason)")
        }
      }
      return left
    }
  }

  /// Removes the tables of a run that did not go live.
  ///
  /// - Returns: what could not be done now, in words; empty when all was.
  package func withdraw(_ run: Int64) -> [String] {
    connected(orElse: "tables of run \(run) stay until the next run") { sql, connection in
      try drop(run, sql, on: connection)
      return []
    }
  }

  /// Does work on a connection of its own; what it throws is told after `failure`.
  private func connected(
    orElse failure: String, _ body: (SQL.Output, Connection) throws -> [String]
  ) -> [String] {
    do {
      let connection = try context.connect(for: "retention")
      return try body(SQL.Output(schema: context.job.output.schema, on: connection), connection)
    } catch {
      return ["\(failure): \(error)"]
    }
  }

  /// Why a step failed; nil when it did not.
  private func attempt(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func analyze(_ sql: SQL.Output, on connection: Connection) throws {
    for parent in sql.parents {
      try connection.shortTransaction { try connection.execute(sql.analyze(parent)) }
    }
  }

  /// Takes a run's lists from the readers, then drops them at leisure.
  ///
  /// Once its lists are detached a run can't become live again. Their table goes last: as long as it
  /// is there, the next run finds what one that was stopped in between has left.
  private func drop(_ run: Int64, _ sql: SQL.Output, on connection: Connection) throws {
    for parent in sql.parents { try detach(run, from: parent, sql, on: connection) }
    try connection.transaction {
      try connection.execute(sql.deletePopular, run)
      try connection.execute(SQL.Models.delete, run)
      try connection.execute(SQL.Served.deleteRivalListsOfRun, run)
    }
    for parent in sql.parents.reversed() {
      try connection.shortTransaction { try connection.execute(sql.drop(run, of: parent)) }
    }
  }

  /// The one step that locks out readers, and so the shortest: nothing is deleted, no file is
  /// removed, and its COMMIT waits for no disk and no standby.
  private func detach(
    _ run: Int64, from parent: SQL.Output.Parent, _ sql: SQL.Output, on connection: Connection
  ) throws {
    try connection.transaction {
      try connection.execute(SQL.Session.setLocal, "synchronous_commit", "off")
      // Nobody can make the run live from here on; who has done so meanwhile keeps it.
      let live = try connection.execute(SQL.Live.hold, context.job.name)
      for row in live where try row.decode("run_id") == run {
        throw BatchError(.temporary, "it has become live again")
      }
      let isAttached = try connection.execute(
        SQL.Output.isAttached, sql.child(run, of: parent))
      guard try isAttached.value() else { return }
      // The parent first, as readers lock them; NOWAIT, since a lock that is waited for makes
      // every new reader wait behind it.
      try connection.execute(sql.lock(parent))
      try connection.execute(sql.lock(run, of: parent))
      try connection.execute(sql.detach(run, from: parent))
    }
  }
}

/// The runs whose lists are kept in an output schema.
package struct KeptRuns {
  /// Their numbers, ascending.
  package let runs: [Int64]

  /// Reads them.
  ///
  /// - Parameters:
  ///   - job: only this job's; nil for any.
  ///   - schema: the output schema.
  ///   - connection: where to read.
  /// - Throws: `PostgresError`.
  package init(
    of job: String? = nil, in schema: String, on connection: Connection
  ) throws(PostgresError) {
    runs = try connection.execute(SQL.Output.kept, job, schema).map {
      row throws(PostgresError) in try row.decode("run_id")
    }
  }

  /// The runs in words; `none` when there are none.
  package func text(orElse none: String) -> String {
    runs.isEmpty
      ? none : "kept are the lists of \(runs.map(String.init).joined(separator: ", "))"
  }
}

package import Jobs
package import Postgres
import RunSupport

/// Puts in order what runs that died, or somebody's hand, have left behind.
///
/// Done by whoever holds the job's lock, so no other run of the job is alive. Each step is a
/// transaction of its own that gives up rather than wait for a lock; what it can't do now, the next
/// run does.
package struct Recovery {
  private let job: Job
  private let connection: Connection
  private let observer: any RunObserver

  /// Work on a connection.
  package init(_ job: Job, on connection: Connection, observer: any RunObserver) {
    (self.job, self.connection, self.observer) = (job, connection, observer)
  }

  /// Marks dead runs, ends detaching that was begun, and removes tables that belong to nothing.
  ///
  /// - Throws: `PostgresError` when the server can't be asked; what is in order stays so.
  package func run() throws {
    for row in try connection.execute(SQL.Runs.abandonDead, job.name) {
      let run: Int64 = try row.decode("run_id")
      observer.observe(.warning("run \(run) had died; marked abandoned"))
    }
    let sql = try SQL.Output(schema: job.output.schema, on: connection)
    for parent in sql.parents {
      try finishDetaching(from: parent, sql)
      try settleStrays(of: parent, sql)
    }
  }

  /// Ends what a cancelled DETACH … CONCURRENTLY has left; while it is pending, readers don't see the
  /// partition and nobody can detach another.
  private func finishDetaching(from parent: SQL.Output.Parent, _ sql: SQL.Output) throws {
    // Earlier servers know no DETACH … CONCURRENTLY.
    guard connection.serverVersion >= 140_000 else { return }
    for row in try connection.execute(SQL.Output.pendingDetach, parent.name) {
      let child: String = try row.decode("name")
      try step("\(child) was half detached; that was finished") {
        try connection.execute(sql.finalize(child, of: parent))
      }
    }
  }

  /// Tables of the job's runs that are no partitions: what is to be kept becomes one again, what is not
  /// goes.
  private func settleStrays(of parent: SQL.Output.Parent, _ sql: SQL.Output) throws {
    let output = job.output
    let strays = try connection.execute(
      SQL.Output.strays, job.name, output.keepRuns, output.keepDays, output.schema, parent.prefix)
    for row in strays {
      let run: Int64 = try row.decode("run_id")
      let table = sql.child(run, of: parent)
      if try row.decode("is_kept") {
        try step("\(table) stood by itself though its run is kept; it was attached again") {
          try connection.execute(sql.attach(run, to: parent))
        }
      } else {
        try step("\(table) was left over; it was dropped") {
          try connection.execute(sql.drop(run, of: parent))
        }
      }
    }
  }

  /// One repair.
  ///
  /// - Throws: `PostgresError` when the connection is gone; what else goes wrong is only told.
  private func step(_ done: String, _ body: () throws -> Void) throws {
    do {
      try connection.shortTransaction(body)
      observer.observe(.warning(done))
    } catch let error as PostgresError where !error.rule.mayPass {
      observer.observe(.warning("what was left behind stays until the next run: \(error)"))
    }
  }
}

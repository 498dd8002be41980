package import Postgres

/// The session that holds a job's lock.
package struct LockHolder {
  /// The server's process.
  package let pid: String
  /// Name of the application.
  package let application: String
  /// Where its client is.
  let place: String
  /// When the session began.
  package let since: String
  /// The run that it does; nil when it does none.
  let run: Int64?
  /// The machine that the run is on.
  let host: String?

  /// Asks who holds a job's lock; nil when nobody does.
  package static func find(
    _ job: String, on connection: Connection
  ) throws(PostgresError) -> LockHolder? {
    let found = try connection.execute(SQL.Session.lockHolder, AdvisoryKey.job(job), job)
    guard let row = found.first else { return nil }
    return LockHolder(
      pid: try row.decode("pid"), application: try row.decode("application"),
      place: try row.decode("place"), since: try row.decode("since"),
      run: try row.decodeIfPresent("run_id"), host: try row.decodeIfPresent("host"))
  }
}

import Postgres

/// Keeps what changes a job's lists and models from going on twice at once.
enum JobLock {
  /// Takes the job's lock; it lasts as long as the connection.
  ///
  /// - Throws: `BatchError` (75) that says who holds it; `PostgresError`.
  static func take(_ job: String, on guardian: Connection) throws {
    let key = AdvisoryKey.job(job)
    if try guardian.tryAdvisoryLock(key) { return }
    let holder = try guardian.execute(SQL.Session.lockHolder, [.integer(key)])
    var who = "another run of job \(job) holds the lock"
    if holder.rowCount == 1 {
      who +=
        ": \(holder[row: 0, name: "application_name"] ?? "unknown"), server process "
        + "\(holder[row: 0, name: "pid"] ?? "?"), from \(holder[row: 0, name: "place"] ?? "?"), "
        + "since \(holder[row: 0, name: "since"] ?? "?")"
    }
    throw BatchError(.temporary, who, advice: "wait for it to end, or stop it; then start again")
  }
}

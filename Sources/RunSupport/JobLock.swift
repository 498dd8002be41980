import Jobs
package import Postgres

/// Keeps what changes a job's lists and models from going on twice at once.
///
/// The lock is a session's: it lasts as long as a connection of its own, which nothing else uses. When
/// that connection is lost, so is the lock, and somebody else may have had it since; `keep` finds out.
package final class JobLock {
  private let job: String
  private let connect: () throws(PostgresError) -> Connection
  private var guardian: Connection?
  /// The server's process that held the lock for us last, and when it began.
  private var own: (pid: String, since: String)?

  /// How often a lock is asked for that a session of ours holds which is about to end.
  private static let tries = 50

  /// A lock that nobody holds yet.
  ///
  /// - Parameters:
  ///   - job: whose lock.
  ///   - connect: opens the connection that is to hold it.
  package init(_ job: String, connect: @escaping () throws(PostgresError) -> Connection) {
    self.job = job
    self.connect = connect
  }

  /// The connection that holds the lock; opened when there is none that lives.
  ///
  /// - Throws: `PostgresError`.
  package func connection() throws(PostgresError) -> Connection {
    if let guardian, guardian.isAlive { return guardian }
    let fresh = try connect()
    // So that the server, too, notices within a minute when this machine is gone.
    try fresh.execute(SQL.Session.keepAlive)
    guardian = fresh
    return fresh
  }

  /// Takes the lock, unless it is held already.
  ///
  /// - Throws: `BatchError` (75) that says who holds it, where and since when; `PostgresError`.
  package func take() throws {
    let guardian = try connection()
    let me = try guardian.execute(SQL.Session.identity)
    guard let pid = me[row: 0, column: 0], let since = me[row: 0, column: 1] else {
      throw BatchError(.software, "the server did not say which process serves this session")
    }
    if let own, own == (pid, since) { return }
    let key = AdvisoryKey.job(job)
    var tries = 0
    while try !guardian.tryAdvisoryLock(key) {
      let holder = try guardian.execute(SQL.Session.lockHolder, [.integer(key), .text(job)])
      // It was given back meanwhile.
      guard holder.rowCount == 1 else { continue }
      guard let own, tries < Self.tries, holder[row: 0, name: "pid"] == own.pid,
        holder[row: 0, name: "since"] == own.since
      else { throw Self.taken(job, by: holder) }
      // The server has not noticed yet that our connection is gone.
      if tries == 0 {
        try guardian.execute(SQL.Session.endOwn, [.text(own.pid), .text(own.since)])
      }
      tries += 1
      Pause.milliseconds(100)
    }
    own = (pid, since)
  }

  /// Makes sure that the lock is still held, and takes it anew when its connection was lost.
  ///
  /// - Returns: whether it had been lost, so that others may have had it.
  /// - Throws: `BatchError` (75) when somebody else holds it now; `PostgresError`.
  package func keep() throws -> Bool {
    let before = own?.pid
    do {
      try take()
    } catch let error as PostgresError where error.kind == .connection {
      guardian = nil
      try take()
    }
    return own?.pid != before
  }

  /// Who holds it, in words.
  private static func taken(_ job: String, by holder: QueryResult) -> BatchError {
    func text(_ name: String) -> String? { holder[row: 0, name: name] }
    let run = text("run_id").map { "run \($0)" } ?? "another session"
    let host = text("host").map { " on \($0)" } ?? ""
    let pid = text("pid") ?? "?"
    return BatchError(
      .temporary,
      "\(run)\(host) holds the lock of job \(job): \(text("application_name") ?? "unknown"), "
        + "server process \(pid), from \(text("place") ?? "an address that may not be seen"), since "
        + "\(text("since") ?? "?")",
      advice: "wait for it to end, or stop it; if its machine is gone, the server notices within "
        + "minutes, or SELECT pg_terminate_backend(\(pid)) ends it; then start again")
  }
}

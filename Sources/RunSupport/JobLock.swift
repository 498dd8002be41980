import Jobs
package import Postgres

/// Keeps what changes a job's lists and models from going on twice at once.
///
/// The lock is a session's: it lasts as long as a connection of its own, which nothing else uses. When
/// that connection is lost, so is the lock, and somebody else may have had it since; `keep` finds out.
package final class JobLock {
  private let job: String
  private let interruption: Interruption
  private let parameters: ConnectionParameters
  private let purpose: String
  private var guardian: Connection?
  /// The server's process that held the lock for us last, and when it began.
  private var own: (pid: String, since: String)?

  /// A lock that nobody holds yet.
  ///
  /// - Parameters:
  ///   - job: whose lock.
  ///   - parameters: where the server is.
  ///   - purpose: of the connection that is to hold it, for the server's activity view.
  ///   - interruption: ends the waiting for it.
  package init(
    _ job: String, _ parameters: ConnectionParameters, for purpose: String,
    interruption: Interruption = Interruption()
  ) {
    (self.job, self.parameters) = (job, parameters)
    (self.purpose, self.interruption) = (purpose, interruption)
  }

  /// The connection that holds the lock; opened when there is none that lives.
  ///
  /// - Throws: `PostgresError`.
  package func connection() throws(PostgresError) -> Connection {
    if let guardian, guardian.isAlive { return guardian }
    let fresh = try Connection(parameters, applicationName: "ncf-batch/\(purpose)")
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
    let me = try guardian.execute(SQL.Session.identity).row()
    let (pid, since) = (try me.decode(String.self, "pid"), try me.decode(String.self, "since"))
    if let own, own == (pid, since) { return }
    try Retrier(RetryPolicy(tries: 50, pause: 100), interruption).attempt {
      while try !guardian.tryAdvisoryLock(AdvisoryKey.job(job)) {
        // It was given back meanwhile.
        guard let holder = try LockHolder.find(job, on: guardian) else { continue }
        let taken = Self.taken(job, by: holder)
        guard let own, own == (holder.pid, holder.since) else { throw taken }
        // The server has not noticed yet that our connection is gone.
        try guardian.execute(SQL.Session.endOwn, own.pid, own.since)
        throw Retryable(taken)
      }
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
  private static func taken(_ job: String, by holder: LockHolder) -> BatchError {
    let run = holder.runID.map { "run \($0)" } ?? "another session"
    let host = holder.host.map { " on \($0)" } ?? ""
    return BatchError(
      .temporary,
      "\(run)\(host) holds the lock of job \(job): \(holder.application), "
        + "server process \(holder.pid), from \(holder.place), since \(holder.since)",
      advice: "wait for it to end, or stop it; if its machine is gone, the server notices within "
        + "minutes, or SELECT pg_terminate_backend(\(holder.pid)) ends it; then start again")
  }
}

/// The session that holds a job's lock.
package struct LockHolder: Decodable {
  /// The server's process.
  package let pid: String
  /// Name of the application.
  package let application: String
  /// Where its client is.
  let place: String
  /// When the session began.
  package let since: String
  /// The run that it does; nil when it does none.
  let runID: Int64?
  /// The machine that the run is on.
  let host: String?

  /// Asks who holds a job's lock; nil when nobody does.
  package static func find(
    _ job: String, on connection: Connection
  ) throws -> LockHolder? {
    let rows = try connection.execute(SQL.Session.lockHolder, AdvisoryKey.job(job), job)
    return try rows.first?.decode(as: LockHolder.self)
  }
}

/// Keys of the advisory locks that keep runs and migrations apart.
package enum AdvisoryKey {
  /// One migrator at a time in a database.
  package static let migrations = key(of: "ncf-batch migrations")

  /// One run at a time of a job in a database.
  package static func job(_ name: String) -> Int64 { key(of: "ncf-batch job \(name)") }

  /// One experiment at a time of a job in a database.
  package static func experiment(_ name: String) -> Int64 {
    key(of: "ncf-batch experiment \(name)")
  }

  /// FNV-1a over the text's bytes: the same in every version of this program.
  private static func key(of text: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int64(bitPattern: hash)
  }
}

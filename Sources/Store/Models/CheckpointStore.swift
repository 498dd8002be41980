package import Interactions
package import Jobs
package import NCF
package import Postgres
import Recommenders
import RunSupport

/// Stores trainings under way in `ncf.checkpoints`, in pieces, and reads them back.
package struct CheckpointStore {
  /// What a checkpoint belongs to: whoever goes on must have the same.
  package struct Identity: Sendable, Equatable {
    /// The server's clock in the pull's transaction, microseconds since 1970 UTC.
    package var watermark: Int64
    /// Of what was pulled.
    package var fingerprint: String
    /// Which rows of its last hour had arrived.
    package var recent: RecentRows

    /// Creates a value from its parts.
    package init(watermark: Int64, fingerprint: String, recent: RecentRows) {
      (self.watermark, self.fingerprint) = (watermark, fingerprint)
      self.recent = recent
    }
  }

  private let connection: Connection
  private var chunks: ChunkedStore { ChunkedStore(connection: connection, sql: .checkpoints) }

  /// A store on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Puts a training in the place of the run's last one, and of those of other runs that it continues, all
  /// at once.
  ///
  /// - Throws: `PostgresError`; `BatchError` (75) when the run is not marked running any more, (70) when
  ///   the server holds other bytes than were sent. What was there before is there then.
  package func save(_ file: SafeTensors, progress: String, _ identity: Identity, run: Int64) throws
  {
    try connection.transaction {
      let inserted = try connection.execute(
        SQL.Checkpoints.insert,
        [
          run, progress, identity.watermark, identity.fingerprint,
          Parameter.bytes(identity.recent.bytes),
        ] + ChunkedStore.size(of: file))
      guard inserted.affectedRows == 1 else {
        throw BatchError(.temporary, "run \(run) is no longer marked running")
      }
      try chunks.write(file, run: run)
      try connection.execute(SQL.Checkpoints.deleteOthers, run)
    }
  }

  /// Reads which rows of its last hour a run had seen.
  ///
  /// - Throws: `DamagedModel`, `PostgresError`.
  package func recent(run: Int64) throws -> RecentRows {
    var bytes: [UInt8] = []
    _ = try connection.copyOut(SQL.Checkpoints.copyRecent(run: run)) { row in
      _ = try row.nextBytes { bytes.append($0) }
    }
    guard let rows = RecentRows(bytes: bytes) else {
      throw DamagedModel(description: "the rows that it had seen are not in order")
    }
    return rows
  }

  /// Reads a training back.
  ///
  /// - Throws: `DamagedModel` when there is none, or its sum or its form is not right;
  ///   `PostgresError`.
  package func load(run: Int64) throws -> SafeTensors {
    guard let file = try chunks.load(run: run) else {
      throw DamagedModel(description: "it is gone")
    }
    return file
  }
}

/// Which checkpoints there are, and which are kept.
extension CheckpointStore {
  /// The newest checkpoint of a job, slot and kind, and how its run differs from one that would go on
  /// from it.
  package struct Newest: Sendable, Equatable, Decodable {
    /// The run that wrote it.
    package let runID: Int64
    /// How far its training was, in words.
    package let progress: String
    /// The server's clock in its pull's transaction, microseconds since 1970 UTC.
    package let watermark: Int64
    /// Of what it had pulled.
    package let fingerprint: String
    /// How often runs have gone on from it.
    package let resumptions: Int
    /// The run's seed.
    package let seed: UInt64
    /// How the run trained; nil when it had not been decided.
    package let mode: TrainingMode?
    /// The run whose model it trained further; nil for none.
    package let parentRunID: Int64?
    /// Whether the run's version was the one at hand.
    package let isSameVersion: Bool
    /// Whether the run's configuration was the one at hand, but for what doesn't change a result.
    package let isSameJob: Bool
    /// The same of what was asked of it.
    package let isSameRequest: Bool
    /// Whether the run that is live was live when it began.
    package let isSameLive: Bool
  }

  /// Reads the newest checkpoint of a request's slot and kind.
  ///
  /// - Parameters:
  ///   - job: the job that a run would train by.
  ///   - request: what is asked of that run.
  ///   - live: the run that is live; nil for none.
  /// - Returns: nil when there is none.
  /// - Throws: `PostgresError`, `EncodingError`.
  package func newest(_ job: Job, _ request: RunRequest, live: Int64?) throws -> Newest? {
    try connection.execute(
      SQL.Checkpoints.newest, job.name, request.slot, request.kind, request.version,
      RunConfiguration(job: job, request: request).json(), live
    ).first?.decode(as: Newest.self)
  }

  /// Deletes a job's checkpoints that are older than an age, and those of runs that did their work.
  ///
  /// - Parameters:
  ///   - job: the job's name.
  ///   - age: an interval, as SQL has it.
  /// - Returns: the runs that had not done their work.
  /// - Throws: `PostgresError`.
  package func deleteStale(of job: String, olderThan age: String) throws(PostgresError) -> [Int64] {
    var stopped: [Int64] = []
    for row in try connection.execute(SQL.Checkpoints.deleteStale, job, age)
    where try !row.decode("is_over") {
      stopped.append(try row.decode("run_id"))
    }
    return stopped
  }

  /// Deletes all checkpoints of a job.
  ///
  /// - Parameters:
  ///   - job: the job's name.
  ///   - run: a run whose checkpoint stays; nil for none.
  /// - Throws: `PostgresError`.
  package func deleteAll(of job: String, except run: Int64?) throws(PostgresError) {
    try connection.execute(SQL.Checkpoints.deleteOfJob, job, run)
  }

  /// Deletes the checkpoints of a run's job, slot and kind, its own among them.
  ///
  /// - Throws: `PostgresError`.
  package func deleteAll(likeThoseOf run: Int64) throws(PostgresError) {
    try connection.execute(SQL.Checkpoints.deleteAll, run)
  }

  /// Deletes a run's checkpoint.
  ///
  /// - Throws: `PostgresError`.
  package func delete(run: Int64) throws(PostgresError) {
    try connection.execute(SQL.Checkpoints.delete, run)
  }

  /// Counts one more run that goes on from a run's checkpoint.
  ///
  /// - Throws: `PostgresError`.
  package func countResumption(of run: Int64) throws(PostgresError) {
    try connection.execute(SQL.Checkpoints.countResumption, run)
  }
}

package import Interactions
import Jobs
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
    /// Type of processor.
    package var engine: String
    /// Which rows of its last hour had arrived.
    package var recent: RecentRows

    /// Creates a value from its parts.
    package init(watermark: Int64, fingerprint: String, engine: String, recent: RecentRows) {
      (self.watermark, self.fingerprint) = (watermark, fingerprint)
      (self.engine, self.recent) = (engine, recent)
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
          run, progress, identity.watermark, identity.fingerprint, identity.engine,
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

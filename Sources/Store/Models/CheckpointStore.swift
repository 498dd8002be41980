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
      self.watermark = watermark
      self.fingerprint = fingerprint
      self.engine = engine
      self.recent = recent
    }
  }

  private let connection: Connection

  /// A store on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Puts a training in the place of the run's last one, and of those of other runs that it continues, all
  /// at once.
  ///
  /// - Throws: `PostgresError`; `BatchError` (75) when the run is not marked running any more, (70) when
  ///   the server holds other bytes than were sent. What was there before is there then.
  package func save(_ file: SafeTensors, progress: String, _ identity: Identity, run: Int64) throws
  {
    var (bytes, chunks) = (0, 0)
    file.forEachPiece(atMost: ModelStore.chunkBytes) { piece in
      bytes += piece.count
      chunks += 1
    }
    try connection.transaction {
      let inserted = try connection.execute(
        SQL.Checkpoints.insert,
        [
          .integer(run), .text(progress), .integer(identity.watermark),
          .text(identity.fingerprint), .text(identity.engine), .integer(Int64(bytes)),
          .integer(Int64(chunks)), .bytes(identity.recent.bytes),
        ])
      guard inserted.affectedRows == 1 else {
        throw BatchError(.temporary, "run \(run) is no longer marked running")
      }
      try connection.execute(SQL.Checkpoints.deleteChunks, [.integer(run)])
      _ = try connection.copyIn(SQL.Checkpoints.copyChunks) { writer in
        var ordinal: Int32 = 0
        try file.forEachPiece(atMost: ModelStore.chunkBytes) { piece in
          try writer.beginRow(columns: 3)
          try writer.write(run)
          try writer.writeInt32(ordinal)
          try writer.writeBytes(piece)
          ordinal += 1
        }
      }
      let sums = try connection.execute(SQL.Checkpoints.checksum, [.integer(run)])
      guard sums.rowCount == 1, let sum = sums[row: 0, column: 1],
        sums[row: 0, column: 2] == sums[row: 0, column: 3],
        sums[row: 0, column: 4] == sums[row: 0, column: 5]
      else { throw BatchError(.software, "the server holds another checkpoint than was sent") }
      try connection.execute(SQL.Checkpoints.setChecksum, [.integer(run), .text(sum)])
      try connection.execute(SQL.Checkpoints.deleteOthers, [.integer(run)])
    }
  }

  /// Reads which rows of its last hour a run had seen.
  ///
  /// - Throws: `DamagedModel`, `PostgresError`.
  package func recent(run: Int64) throws -> RecentRows {
    var bytes: [UInt8] = []
    _ = try connection.copyOut(SQL.Checkpoints.copyRecent(run: run)) { row in
      _ = try row.nextBytes { field in
        for index in field.indices { bytes.append(field[index]) }
      }
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
    let sums = try connection.execute(SQL.Checkpoints.checksum, [.integer(run)])
    guard sums.rowCount == 1 else { throw DamagedModel(description: "it is gone") }
    guard sums[row: 0, column: 0] == sums[row: 0, column: 1],
      sums[row: 0, column: 2] == sums[row: 0, column: 3]
    else { throw DamagedModel(description: "its SHA-256 is not the one recorded") }
    var file: [UInt8] = []
    file.reserveCapacity(Int(sums[row: 0, column: 2] ?? "") ?? 0)
    _ = try connection.copyOut(SQL.Checkpoints.copyOut(run: run)) { row in
      _ = try row.nextBytes { bytes in
        for index in bytes.indices { file.append(bytes[index]) }
      }
    }
    do {
      return try SafeTensors(decoding: file)
    } catch {
      throw DamagedModel(description: "\(error)")
    }
  }
}

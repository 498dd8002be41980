import Jobs
import NCF
import Postgres
import Recommenders
import RunSupport

/// Stores files in pieces in a pair of tables, with a sum over all of them, and reads them back.
struct ChunkedStore {
  /// Bytes of a piece.
  private static let pieceBytes = 4 << 20

  /// Where it writes and reads.
  let connection: Connection
  /// The pair of tables.
  let sql: SQL.Chunks

  /// A file's bytes and pieces, as the table of files records them.
  static func size(of file: SafeTensors) -> [any ParameterValue] {
    [file.byteCount, (file.byteCount + pieceBytes - 1) / pieceBytes]
  }

  /// Writes the pieces of a file whose row is there, in place of those of an earlier one, and the sum.
  ///
  /// - Throws: `PostgresError`; `BatchError` (70) when the server holds other bytes than were sent.
  func write(_ file: SafeTensors, run: Int64) throws {
    try connection.execute(sql.delete, run)
    _ = try connection.copyIn(sql.copyIn) { writer in
      var ordinal: Int32 = 0
      try file.forEachPiece(of: Self.pieceBytes) { piece in
        try writer.beginRow(columns: 3)
        try writer.write(run)
        try writer.writeInt32(ordinal)
        try writer.writeBytes(piece)
        ordinal += 1
      }
    }
    guard let row = try connection.execute(sql.check, run).first,
      let sum = try row.decodeIfPresent(String.self, "sum"), try row.decode(Bool.self, "has_size")
    else { throw BatchError(.software, "the server holds another \(sql.what) than was sent") }
    try connection.execute(sql.setSum, run, sum)
  }

  /// Hands a file on, piece by piece, as it is.
  ///
  /// - Parameters:
  ///   - run: whose file.
  ///   - sink: takes the bytes in order.
  /// - Returns: its length; nil when the run has none.
  /// - Throws: `DamagedModel` when its sum is not right; what `sink` throws; `PostgresError`.
  func copy(run: Int64, to sink: (Span<UInt8>) throws -> Void) throws -> Int? {
    guard let row = try connection.execute(sql.check, run).first else { return nil }
    guard try row.decode(Bool.self, "has_sum"), try row.decode(Bool.self, "has_size") else {
      throw DamagedModel(description: "its SHA-256 is not the one recorded")
    }
    _ = try connection.copyOut(sql.copyOut(run: run)) { row in
      _ = try row.nextBytes(sink)
    }
    return try row.decode(Int.self, "bytes")
  }

  /// Reads a file.
  ///
  /// - Returns: nil when the run has none.
  /// - Throws: `DamagedModel` when its sum or its form is not right; `PostgresError`.
  func load(run: Int64) throws -> SafeTensors? {
    var file: [UInt8] = []
    guard try copy(run: run, to: { file.append($0) }) != nil else { return nil }
    return try DamagedModel.from { try SafeTensors(decoding: file) }
  }
}

extension [UInt8] {
  /// Adds bytes that a COPY lends.
  mutating func append(_ bytes: Span<UInt8>) {
    for index in bytes.indices { append(bytes[index]) }
  }
}

extension DamagedModel {
  /// Reads what is stored; whatever is wrong with it makes it a damaged model.
  static func from<Value>(_ read: () throws -> Value) throws(DamagedModel) -> Value {
    do {
      return try read()
    } catch {
      throw DamagedModel(description: "\(error)")
    }
  }
}

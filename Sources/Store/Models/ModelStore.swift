package import Interactions
import Jobs
import NCF
package import Postgres
package import Recommenders
import RunSupport

/// Stores models in `ncf.models`, in pieces, and reads them back.
package struct ModelStore {
  /// Bytes of a piece.
  static let chunkBytes = 4 << 20

  private let connection: Connection

  /// A store on a connection.
  package init(on connection: Connection) { self.connection = connection }

  /// Writes a model with its vocabularies and what its run knew of the log, inside the caller's transaction.
  ///
  /// - Returns: the file's length in bytes.
  /// - Throws: `PostgresError`; `BatchError` (70) when the server holds other bytes than were sent.
  package func save(
    _ model: PublishedModel, users: Vocabulary, items: Vocabulary, knowledge: Knowledge? = nil,
    features: FeatureNames? = nil, scores: StoredScores? = nil, run: Int64
  ) throws -> Int {
    let spec = try model.specText
    let file = SafeTensors(
      tensors: model.tensors + users.tensors("users") + items.tensors("items")
        + (knowledge?.tensors ?? []) + (features?.tensors ?? []),
      metadata: [
        "format": "ncf-batch 1", "run_id": String(run), "user_kind": users.kind.rawValue,
        "item_kind": items.kind.rawValue, "model": model.kind.rawValue, "spec": spec,
      ].merging(scores?.metadata ?? [:]) { $1 }
    ).encoded()
    try connection.execute(
      SQL.Models.insert,
      [
        .integer(run), .text(spec), .integer(Int64(file.count)),
        .integer(Int64(Self.chunks(of: file))),
      ])
    try write(file, run: run)
    return file.count
  }

  /// Puts another file in the place of a stored one, inside the caller's transaction.
  ///
  /// - Throws: `PostgresError`; `BatchError` (70) when the server holds other bytes than were sent.
  func replace(run: Int64, with other: SafeTensors) throws {
    let file = other.encoded()
    try connection.execute(
      SQL.Models.resize,
      [.integer(run), .integer(Int64(file.count)), .integer(Int64(Self.chunks(of: file)))])
    try connection.execute(SQL.Models.deleteChunks, [.integer(run)])
    try write(file, run: run)
    try connection.execute(SQL.Models.copyChecksum, [.integer(run)])
  }

  private static func chunks(of file: [UInt8]) -> Int {
    (file.count + chunkBytes - 1) / chunkBytes
  }

  private func write(_ file: [UInt8], run: Int64) throws {
    let chunks = Self.chunks(of: file)
    _ = try connection.copyIn(SQL.Models.copyChunks) { writer in
      for chunk in 0..<chunks {
        let start = chunk * Self.chunkBytes
        try writer.beginRow(columns: 3)
        try writer.write(run)
        try writer.writeInt32(Int32(chunk))
        try writer.writeBytes(
          file.span.extracting(start..<min(start + Self.chunkBytes, file.count)))
      }
    }
    let sums = try connection.execute(SQL.Models.checksum, [.integer(run)])
    guard sums.rowCount == 1, let sum = sums[row: 0, column: 1],
      sums[row: 0, column: 2] == sums[row: 0, column: 3],
      sums[row: 0, column: 4] == sums[row: 0, column: 5]
    else { throw BatchError(.software, "the server holds another model than was sent") }
    try connection.execute(SQL.Models.setChecksum, [.integer(run), .text(sum)])
  }

  /// Hands a stored file on, piece by piece, as it is.
  ///
  /// - Parameters:
  ///   - run: whose file.
  ///   - sink: takes the bytes in order.
  /// - Returns: its length; nil when the run has none.
  /// - Throws: `DamagedModel` when its sum is not right; what `sink` throws; `PostgresError`.
  package func copy(run: Int64, to sink: (Span<UInt8>) throws -> Void) throws -> Int? {
    guard let bytes = try checkedLength(run: run) else { return nil }
    _ = try connection.copyOut(SQL.Models.copyOut(run: run)) { row in
      _ = try row.nextBytes(sink)
    }
    return bytes
  }

  /// The length of a stored file whose sum is right; nil when the run has none.
  private func checkedLength(run: Int64) throws -> Int? {
    let sums = try connection.execute(SQL.Models.checksum, [.integer(run)])
    guard sums.rowCount == 1 else { return nil }
    guard sums[row: 0, column: 0] == sums[row: 0, column: 1],
      sums[row: 0, column: 2] == sums[row: 0, column: 3]
    else { throw DamagedModel(description: "its SHA-256 is not the one recorded") }
    return Int(sums[row: 0, column: 2] ?? "") ?? 0
  }

  /// Reads a model back.
  ///
  /// - Returns: nil when the run has none.
  /// - Throws: `DamagedModel` when its sum or its form is not right; `PostgresError`.
  package func load(run: Int64) throws -> LiveModel? {
    guard let file = try file(run: run) else { return nil }
    do {
      return try LiveModel(file)
    } catch {
      throw DamagedModel(description: "\(error)")
    }
  }

  /// Reads a stored file, whatever is in it.
  ///
  /// - Returns: nil when the run has none.
  /// - Throws: `DamagedModel` when its sum or its form is not right; `PostgresError`.
  func file(run: Int64) throws -> SafeTensors? {
    var file: [UInt8] = []
    guard
      try copy(
        run: run,
        to: { bytes in
          for index in bytes.indices { file.append(bytes[index]) }
        }) != nil
    else { return nil }
    do {
      return try SafeTensors(decoding: file)
    } catch {
      throw DamagedModel(description: "\(error)")
    }
  }
}

package import Interactions
import Jobs
import NCF
package import Postgres
package import Recommenders
import RunSupport

/// Stores models in `ncf.models`, in pieces, and reads them back.
package struct ModelStore {
  private let connection: Connection
  private var chunks: ChunkedStore { ChunkedStore(connection: connection, sql: .models) }

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
      tensors: model.tensors + users.tensors(of: .user) + items.tensors(of: .item)
        + (knowledge?.tensors ?? []) + (features?.tensors ?? []),
      metadata: [
        "format": "ncf-batch 1", "run_id": String(run), "user_kind": users.kind.rawValue,
        "item_kind": items.kind.rawValue, "model": model.kind.rawValue, "spec": spec,
      ].merging(scores?.metadata ?? [:]) { $1 }
    )
    try connection.execute(
      SQL.Models.insert, [run, spec] + ChunkedStore.size(of: file))
    try chunks.write(file, run: run)
    return file.byteCount
  }

  /// Puts another file in the place of a stored one, inside the caller's transaction.
  ///
  /// - Throws: `PostgresError`; `BatchError` (70) when the server holds other bytes than were sent.
  func replace(run: Int64, with other: SafeTensors) throws {
    try connection.execute(SQL.Models.resize, [run] + ChunkedStore.size(of: other))
    try chunks.write(other, run: run)
    try connection.execute(SQL.Models.copyChecksum, run)
  }

  /// Hands a stored file on, piece by piece, as it is.
  ///
  /// - Parameters:
  ///   - run: whose file.
  ///   - sink: takes the bytes in order.
  /// - Returns: its length; nil when the run has none.
  /// - Throws: `DamagedModel` when its sum is not right; what `sink` throws; `PostgresError`.
  package func copy(run: Int64, to sink: (Span<UInt8>) throws -> Void) throws -> Int? {
    try chunks.copy(run: run, to: sink)
  }

  /// Reads a model back.
  ///
  /// - Returns: nil when the run has none.
  /// - Throws: `DamagedModel` when its sum or its form is not right; `PostgresError`.
  package func load(run: Int64) throws -> LiveModel? {
    guard let file = try file(run: run) else { return nil }
    return try DamagedModel.from { try LiveModel(file) }
  }

  /// Reads a stored file, whatever is in it.
  ///
  /// - Returns: nil when the run has none.
  /// - Throws: `DamagedModel` when its sum or its form is not right; `PostgresError`.
  func file(run: Int64) throws -> SafeTensors? { try chunks.load(run: run) }
}

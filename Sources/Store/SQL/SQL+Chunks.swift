import RunSupport

extension SQL {
  /// Statements on files that are stored in pieces: a table has a row a file, another one its pieces.
  struct Chunks {
    /// What a file is, in words.
    let what: String
    /// The table of files, by `run_id`.
    let files: String
    /// The table of pieces, by `run_id` and `ordinal`.
    let pieces: String

    /// Stored models.
    static let models = Chunks(what: "model", files: "ncf.models", pieces: "ncf.model_chunks")
    /// Trainings under way.
    static let checkpoints = Chunks(
      what: "checkpoint", files: "ncf.checkpoints", pieces: "ncf.checkpoint_chunks")

    var delete: String { "DELETE FROM \(pieces) WHERE run_id = $1" }
    var copyIn: String {
      "COPY \(pieces) (run_id, ordinal, data) FROM STDIN (FORMAT binary)"
    }
    func copyOut(run: Int64) -> String {
      """
      COPY (SELECT k.data FROM \(pieces) AS k WHERE k.run_id = \(run) ORDER BY k.ordinal)
      TO STDOUT (FORMAT binary)
      """
    }
    /// The sum of the pieces' sums as they are now, and whether what is recorded of a file agrees: $1 run.
    var check: String {
      """
      SELECT f.bytes, pg_catalog.encode(pg_catalog.sha256(c.sums), 'hex') AS sum,
        f.sha256 IS NOT DISTINCT FROM pg_catalog.encode(pg_catalog.sha256(c.sums), 'hex') AS has_sum,
        f.bytes IS NOT DISTINCT FROM c.bytes AND f.chunks = c.chunks AS has_size
      FROM \(files) AS f
      CROSS JOIN LATERAL (
        SELECT pg_catalog.string_agg(pg_catalog.sha256(k.data), ''::bytea ORDER BY k.ordinal) AS sums,
          sum(pg_catalog.octet_length(k.data)) AS bytes, pg_catalog.count(*) AS chunks
        FROM \(pieces) AS k WHERE k.run_id = f.run_id
      ) AS c
      WHERE f.run_id = $1
      """
    }
    var setSum: String { "UPDATE \(files) SET sha256 = $2 WHERE run_id = $1" }
  }
}

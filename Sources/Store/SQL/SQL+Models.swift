import RunSupport

extension SQL {
  /// Statements on stored models.
  enum Models {
    static let insert = """
      INSERT INTO ncf.models (run_id, spec, bytes, chunks, sha256)
      VALUES ($1, $2::jsonb, $3, $4, pg_catalog.repeat('0', 64))
      """
    static let resize = "UPDATE ncf.models SET bytes = $2, chunks = $3 WHERE run_id = $1"
    /// What the run says its model's sum is, after the model was changed.
    static let copyChecksum = """
      UPDATE ncf.runs AS r SET model_sha256 = m.sha256
      FROM ncf.models AS m WHERE m.run_id = $1 AND r.run_id = m.run_id
      """
    static let delete = "DELETE FROM ncf.models WHERE run_id = $1"
    /// Models of runs that did not publish: $1 job, $2 how many to keep, $3 days to keep them.
    static let deleteUnpublished = """
      WITH trained AS (
        SELECT r.run_id, r.finished_at,
          pg_catalog.row_number() OVER (ORDER BY r.run_id DESC) AS place
        FROM ncf.runs AS r
        WHERE r.job = $1 AND r.status = 'trained'
      )
      DELETE FROM ncf.models AS m
      USING trained AS t
      WHERE m.run_id = t.run_id AND t.place > $2
        AND t.finished_at < pg_catalog.now() - pg_catalog.make_interval(days => $3::integer)
      """
  }

  /// Statements on the pointer that readers follow.
  package enum Live {
    static let seen = "SELECT run_id, generation FROM ncf.live WHERE job = $1 AND slot = $2"
    /// Moves the pointer where there is none yet; no row changed means that somebody came first.
    ///
    /// Each move leaves a row in `ncf.live_moves`, with the time of the move itself: the transaction's would
    /// be early where it stores a large model.
    static let first = """
      WITH moved AS (
        INSERT INTO ncf.live (job, slot, run_id, generation) VALUES ($1, $2, $3, 1)
        ON CONFLICT DO NOTHING
        RETURNING job, slot, run_id, generation
      )
      INSERT INTO ncf.live_moves (job, slot, generation, run_id, cause, moved_at)
      SELECT m.job, m.slot, m.generation, m.run_id, $4, pg_catalog.clock_timestamp()
      FROM moved AS m
      """
    static let move = """
      WITH moved AS (
        UPDATE ncf.live SET run_id = $3, generation = generation + 1
        WHERE job = $1 AND slot = $2 AND generation = $5
        RETURNING job, slot, run_id, generation
      )
      INSERT INTO ncf.live_moves
        (job, slot, generation, run_id, previous_run_id, cause, moved_at)
      SELECT m.job, m.slot, m.generation, m.run_id, $6::bigint, $4, pg_catalog.clock_timestamp()
      FROM moved AS m
      """
    /// What a run took the place of when it went live: $1 job, $2 slot, $3 run.
    package static let replaced = """
      SELECT m.previous_run_id
      FROM ncf.live_moves AS m
      WHERE m.job = $1 AND m.slot = $2 AND m.run_id = $3 AND m.previous_run_id IS NOT NULL
      ORDER BY m.cause <> 'publish', m.generation DESC
      LIMIT 1
      """
    /// Keeps all pointers of a job where they are until the transaction ends; readers don't notice.
    static let hold = "SELECT l.run_id FROM ncf.live AS l WHERE l.job = $1 FOR SHARE NOWAIT"
    static let notify = "SELECT pg_catalog.pg_notify('ncf_live', $1)"
    /// Figures of the live run that a new one is held against; ItemPop's where it is ItemPop.
    static let figures = """
      SELECT r.users, (SELECT s.rows FROM ncf.stages AS s
          WHERE s.run_id = r.run_id AND s.stage = 'publish') AS rows,
        (SELECT m.value FROM ncf.metrics AS m
          WHERE m.run_id = r.run_id AND m.model NOT IN ('live', 'parent') AND m.split = 'test'
            AND m.protocol = 'full' AND m.metric = 'coverage' AND m.k = $2
          ORDER BY m.model = 'itempop' LIMIT 1) AS coverage,
        (SELECT m.model FROM ncf.metrics AS m
          WHERE m.run_id = r.run_id AND m.model NOT IN ('live', 'parent') AND m.split = 'test'
          ORDER BY m.model = 'itempop', m.model LIMIT 1) AS model,
        r.config #>> '{job,output,k}' AS k
      FROM ncf.runs AS r WHERE r.run_id = $1
      """
  }

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

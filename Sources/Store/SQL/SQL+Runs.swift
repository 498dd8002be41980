import RunSupport

extension SQL {
  /// Statements on the records of runs.
  enum Runs {
    static let insert = """
      INSERT INTO ncf.runs
        (job, kind, host, versions, config, config_sha256, seed, slot, live_run_id)
      VALUES ($1, $2, $3,
        pg_catalog.jsonb_build_object('ncf-batch', $4::text, 'postgresql',
          pg_catalog.current_setting('server_version')),
        $5::jsonb,
        pg_catalog.encode(
          pg_catalog.sha256(pg_catalog.convert_to($5::jsonb::text, 'UTF8')), 'hex'),
        $6::numeric, $7, $8)
      RETURNING run_id
      """
    static let abandonDead = """
      UPDATE ncf.runs
      SET status = 'abandoned', finished_at = pg_catalog.now(),
        reason = 'it ended without a word; found by a later run'
      WHERE job = $1 AND status = 'running' AND kind <> 'experiment'
      RETURNING run_id
      """
    static let recordPull = """
      UPDATE ncf.runs
      SET snapshot = $2,
        watermark = timestamptz 'epoch' + $3::bigint * interval '1 microsecond',
        rows_read = $4, rows_used = $5,
        rows_rejected = $6::jsonb, users = $7, items = $8, cold_users = $9,
        features = $10::jsonb
      WHERE run_id = $1
      """
    static let finish = """
      UPDATE ncf.runs
      SET status = $2, exit_code = $3, reason = $4, finished_at = pg_catalog.clock_timestamp(),
        model_sha256 = (SELECT m.sha256 FROM ncf.models AS m WHERE m.run_id = $1)
      WHERE run_id = $1 AND status = 'running'
      """
    static let recordGate = "UPDATE ncf.runs SET gate = $2::jsonb WHERE run_id = $1"
    static let insertEpoch = """
      INSERT INTO ncf.epochs
        (run_id, phase, refit, epoch, loss, hr, ndcg, seconds, samples_per_second, samples)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      ON CONFLICT DO NOTHING
      """
    static let insertStage = """
      INSERT INTO ncf.stages (run_id, stage, started_at, seconds, rows, bytes, peak_rss_bytes)
      VALUES ($1, $2, pg_catalog.clock_timestamp() - $3::double precision * interval '1 second',
        $3, $4, $5, $6)
      ON CONFLICT DO NOTHING
      """
    static let status = "SELECT r.status FROM ncf.runs AS r WHERE r.run_id = $1"
    static let copyMetrics = """
      COPY ncf.metrics
        (run_id, model, split, protocol, metric, k, value, ci_low, ci_high, n)
      FROM STDIN (FORMAT binary)
      """
    static let history = """
      SELECT r.run_id, r.job, r.kind, r.status, r.mode, r.parent_run_id, r.resumed_run_id,
        r.started_at::text AS started_at,
        extract(epoch FROM coalesce(r.finished_at, pg_catalog.now()) - r.started_at) AS seconds,
        r.rows_used, r.users, r.items, r.exit_code, r.reason,
        r.slot,
        coalesce((SELECT pg_catalog.string_agg(l.slot, ' ' ORDER BY l.slot <> 'main', l.slot)
          FROM ncf.live AS l WHERE l.run_id = r.run_id), '') AS live,
        (SELECT m.value FROM ncf.metrics AS m
          WHERE m.run_id = r.run_id AND m.model NOT IN ('live', 'parent') AND m.split = 'test'
            AND m.protocol = 'full' AND m.metric = 'ndcg'
          ORDER BY m.model = 'itempop', m.k DESC LIMIT 1) AS ndcg
      FROM ncf.runs AS r
      WHERE $1::text IS NULL OR r.job = $1
      ORDER BY r.run_id DESC
      LIMIT $2
      """

    /// Whole-catalogue NDCG on test of a job's nights in a slot, oldest first, the latest so many.
    ///
    /// $1: the job; $2: how many; $3: the slot. Without figures, and refused ones, are there too.
    static let course = """
      SELECT c.job, c.run_id, c.status, c.ndcg
      FROM (
        SELECT r.job, r.run_id, r.status,
          (SELECT m.value FROM ncf.metrics AS m
            WHERE m.run_id = r.run_id AND m.model NOT IN ('live', 'parent') AND m.split = 'test'
              AND m.protocol = 'full' AND m.metric = 'ndcg'
            ORDER BY m.model = 'itempop', m.k DESC LIMIT 1) AS ndcg,
          pg_catalog.row_number() OVER (PARTITION BY r.job ORDER BY r.run_id DESC) AS place
        FROM ncf.runs AS r
        WHERE ($1::text IS NULL OR r.job = $1) AND r.kind = 'nightly' AND r.slot = $3
      ) AS c
      WHERE c.place <= $2
      ORDER BY c.job, c.run_id
      """
  }
}

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
    static let recordScores = "UPDATE ncf.runs SET scores = $2::jsonb WHERE run_id = $1"
    static let recordChoice = """
      UPDATE ncf.runs SET choice = $2::jsonb, search_run_id = $3 WHERE run_id = $1
      """
    /// The choice that a run went by, and the run that made it.
    ///
    /// $1: the run.
    static let choice = """
      SELECT r.choice::text AS choice, s.run_id AS search_run_id,
        extract(epoch FROM s.started_at)::bigint AS searched_at,
        pg_catalog.to_char(s.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS searched_on
      FROM ncf.runs AS r JOIN ncf.runs AS s ON s.run_id = r.search_run_id
      WHERE r.run_id = $1
      """
    static let recordPopularLists = "UPDATE ncf.runs SET cold_users = $2 WHERE run_id = $1"
    static let recordHoldout = "UPDATE ncf.runs SET holdout = $2::jsonb WHERE run_id = $1"
    static let insertRival = """
      INSERT INTO ncf.rivals (run_id, rival, settings, k, users, hr, ndcg, model_ndcg, p_value)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT DO NOTHING
      """
    /// The newest search of a job's nights in a slot.
    ///
    /// $1: job; $2: slot; $3: the age at which a choice is due; $4: microseconds that the watermark is at
    /// or before, or $5: an age for the same; NULL for no bound.
    static let lastSearch = """
      SELECT s.run_id, s.choice::text AS choice,
        s.started_at < pg_catalog.now() - $3::interval AS is_old,
        extract(epoch FROM pg_catalog.now() - s.started_at)::float8 AS age,
        EXISTS (SELECT FROM ncf.runs AS r
          WHERE r.search_run_id = s.run_id AND r.status = 'refused') AS was_refused
      FROM ncf.runs AS s
      WHERE s.job = $1 AND s.slot = $2 AND s.kind = 'nightly' AND s.search_run_id = s.run_id
        AND (($4::bigint IS NULL AND $5::interval IS NULL) OR s.watermark <= coalesce(
          timestamptz 'epoch' + $4::bigint * interval '1 microsecond',
          pg_catalog.clock_timestamp() - $5::interval))
      ORDER BY s.run_id DESC LIMIT 1
      """
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
    /// The whole-catalogue NDCG of run `r` by its own model, at the largest k.
    private static let ndcg = """
      (SELECT m.value FROM ncf.metrics AS m
        WHERE m.run_id = r.run_id AND m.model NOT IN ('live', 'parent') AND m.split = 'test'
          AND m.protocol = 'full' AND m.metric = 'ndcg'
        ORDER BY m.model = 'itempop', m.k DESC LIMIT 1) AS ndcg
      """
    static let history = """
      SELECT r.run_id, r.job, r.kind, r.status, r.mode, r.parent_run_id, r.resumed_run_id,
        r.started_at::text AS started_at,
        extract(epoch FROM coalesce(r.finished_at, pg_catalog.now()) - r.started_at) AS seconds,
        r.rows_used, r.users, r.items, r.exit_code, r.reason,
        r.slot,
        coalesce((SELECT pg_catalog.string_agg(l.slot, ' ' ORDER BY l.slot <> 'main', l.slot)
          FROM ncf.live AS l WHERE l.run_id = r.run_id), '') AS live,
        \(ndcg)
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
          \(ndcg),
          pg_catalog.row_number() OVER (PARTITION BY r.job ORDER BY r.run_id DESC) AS place
        FROM ncf.runs AS r
        WHERE ($1::text IS NULL OR r.job = $1) AND r.kind = 'nightly' AND r.slot = $3
      ) AS c
      WHERE c.place <= $2
      ORDER BY c.job, c.run_id
      """
  }

  /// Statements on which run goes on from which.
  enum Lineage {
    /// The night's run that is live, or was when the backfills began that are.
    ///
    /// $1: the live run.
    static let parent = """
      WITH RECURSIVE back AS (
        SELECT r.run_id, r.kind, r.live_run_id FROM ncf.runs AS r WHERE r.run_id = $1
        UNION
        SELECT r.run_id, r.kind, r.live_run_id
        FROM back AS b JOIN ncf.runs AS r ON r.run_id = b.live_run_id
        WHERE b.kind = 'backfill'
      )
      SELECT b.run_id FROM back AS b WHERE b.kind = 'nightly'
      """

    /// The newest night that is not younger than a moment.
    ///
    /// $1: job; $2: age, or $3: microseconds; $4: slot; $5: from when the age is counted back, in
    /// microseconds; NULL: the server's now.
    static let parentOfBackfill = """
      SELECT r.run_id
      FROM ncf.runs AS r JOIN ncf.models AS m ON m.run_id = r.run_id
      WHERE r.job = $1 AND r.slot = $4 AND r.kind = 'nightly' AND r.status = 'published'
        AND r.watermark <= coalesce(
          coalesce(
            timestamptz 'epoch' + $5::bigint * interval '1 microsecond',
            pg_catalog.clock_timestamp()) - $2::interval,
          timestamptz 'epoch' + $3::bigint * interval '1 microsecond')
      ORDER BY r.watermark DESC, r.run_id DESC LIMIT 1
      """

    /// How a run's configuration differs from the one at hand, and how many nights were fine-tuned since.
    ///
    /// Counted are those after the last full training that it descends from. $1: the run; $2: the
    /// configuration at hand.
    static let compare = """
      WITH RECURSIVE line AS (
        SELECT r.run_id, r.parent_run_id FROM ncf.runs AS r WHERE r.run_id = $1
        UNION
        SELECT r.run_id, r.parent_run_id
        FROM line AS l JOIN ncf.runs AS r ON r.run_id = l.parent_run_id
      )
      SELECT r.seed, (extract(epoch FROM r.watermark) * 1000000)::bigint AS watermark,
        r.config -> 'job' = $2::jsonb -> 'job' AS is_same_job,
        (r.config #> '{job,source}') - 'connections' - 'lookback'
          = ($2::jsonb #> '{job,source}') - 'connections' - 'lookback' AS is_same_source,
        (r.config #>> '{job,users,features}', r.config #>> '{job,items,features}')
          IS NOT DISTINCT FROM
          ($2::jsonb #>> '{job,users,features}', $2::jsonb #>> '{job,items,features}')
          AS has_same_features,
        r.config #> '{job,evaluation,seed}' IS NOT DISTINCT FROM $2::jsonb #> '{job,evaluation,seed}'
          AS has_same_order,
        (SELECT pg_catalog.count(*) FROM ncf.runs AS n
          WHERE n.job = r.job AND n.slot = r.slot AND n.kind = 'nightly' AND n.mode = 'finetune'
            AND n.status IN ('published', 'refused', 'trained')
            AND n.run_id > (SELECT min(l.run_id) FROM line AS l)) AS nights
      FROM ncf.runs AS r WHERE r.run_id = $1
      """

    /// A night's watermark in microseconds; NULL for a backfill.
    static let watermark = """
      SELECT (extract(epoch FROM r.watermark) * 1000000)::bigint AS watermark
      FROM ncf.runs AS r WHERE r.run_id = $1
      """

    static let record = """
      UPDATE ncf.runs
      SET mode = $2, mode_reason = $3, parent_run_id = $4, rows_new = $5, rows_late = $6,
        positives_new = $7, positives_replayed = $8
      WHERE run_id = $1
      """
  }
}

import RunSupport

extension SQL {
  /// Statements on which run goes on from which.
  package enum Lineage {
    /// The night's run that is live, or was when the backfills began that are.
    ///
    /// $1: the live run.
    package static let parent = """
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
    package static let parentOfBackfill = """
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
    package static let compare = """
      WITH RECURSIVE line AS (
        SELECT r.run_id, r.parent_run_id FROM ncf.runs AS r WHERE r.run_id = $1
        UNION
        SELECT r.run_id, r.parent_run_id
        FROM line AS l JOIN ncf.runs AS r ON r.run_id = l.parent_run_id
      )
      SELECT r.seed, (extract(epoch FROM r.watermark) * 1000000)::bigint AS watermark,
        r.config -> 'job' = $2::jsonb -> 'job' AS same_job,
        (r.config #> '{job,source}') - 'connections' - 'lookback'
          = ($2::jsonb #> '{job,source}') - 'connections' - 'lookback' AS same_source,
        (r.config #>> '{job,users,features}', r.config #>> '{job,items,features}')
          IS NOT DISTINCT FROM
          ($2::jsonb #>> '{job,users,features}', $2::jsonb #>> '{job,items,features}')
          AS same_features,
        (SELECT pg_catalog.count(*) FROM ncf.runs AS n
          WHERE n.job = r.job AND n.slot = r.slot AND n.kind = 'nightly' AND n.mode = 'finetune'
            AND n.status IN ('published', 'refused', 'trained')
            AND n.run_id > (SELECT min(l.run_id) FROM line AS l)) AS nights
      FROM ncf.runs AS r WHERE r.run_id = $1
      """

    /// A night's watermark in microseconds; NULL for a backfill.
    package static let watermark = """
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

import RunSupport

extension SQL {
  /// Statements on finished trials of experiments.
  package enum Trials {
    static let result = """
      SELECT t.result::text AS result
      FROM ncf.trials AS t
      WHERE t.job = $1 AND t.data = $2
        AND t.key_sha256 =
          pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($3::text, 'UTF8')), 'hex')
      """
    static let keep = """
      INSERT INTO ncf.trials
        (job, data, key_sha256, run_id, experiment, method, seed, settings, seconds,
        validation_hr, validation_ndcg, hr, ndcg, full_hr, full_ndcg, result)
      VALUES ($1, $2,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($3::text, 'UTF8')), 'hex'),
        $4, $5, $6, $7::numeric, $3::text::jsonb, $8, $9, $10, $11, $12, $13, $14, $15::jsonb)
      ON CONFLICT ON CONSTRAINT trials_pkey DO NOTHING
      """
    static let abandonDead = """
      UPDATE ncf.runs
      SET status = 'abandoned', finished_at = pg_catalog.now(),
        reason = 'it ended without a word; found by a later experiment'
      WHERE job = $1 AND status = 'running' AND kind = 'experiment'
      """
  }
}

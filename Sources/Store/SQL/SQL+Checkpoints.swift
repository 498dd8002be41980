import RunSupport

extension SQL {
  /// Statements on trainings under way.
  enum Checkpoints {
    /// Puts a checkpoint in the place of the run's earlier one; no row when the run is not running any
    /// more, so that a process that was given up can't write.
    ///
    /// $1: run; $2: progress; $3: watermark in microseconds; $4: fingerprint; $5: rows of the
    /// last hour; $6: bytes; $7: chunks.
    static let insert = """
      INSERT INTO ncf.checkpoints AS c
        (run_id, progress, watermark, fingerprint, recent, bytes, chunks, sha256)
      SELECT r.run_id, $2, timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4, $5, $6, $7,
        pg_catalog.repeat('0', 64)
      FROM ncf.runs AS r WHERE r.run_id = $1 AND r.status = 'running'
      ON CONFLICT (run_id) DO UPDATE
      SET progress = excluded.progress, watermark = excluded.watermark,
        fingerprint = excluded.fingerprint, resumptions = 0,
        bytes = excluded.bytes, chunks = excluded.chunks, sha256 = excluded.sha256,
        written_at = pg_catalog.clock_timestamp()
      """
    static func copyRecent(run: Int64) -> String {
      """
      COPY (SELECT c.recent FROM ncf.checkpoints AS c WHERE c.run_id = \(run))
      TO STDOUT (FORMAT binary)
      """
    }

    /// Checkpoints of the same job, slot and kind that a run's own takes the place of: $1 run.
    static let deleteOthers = deleteAll + " AND c.run_id <> own.run_id"
    /// The same and the run's own.
    static let deleteAll = """
      DELETE FROM ncf.checkpoints AS c
      USING ncf.runs AS r, ncf.runs AS own
      WHERE own.run_id = $1 AND r.run_id = c.run_id AND r.job = own.job AND r.slot = own.slot
        AND r.kind = own.kind
      """
    /// Deletes the checkpoint of one run: $1 run.
    static let delete = "DELETE FROM ncf.checkpoints WHERE run_id = $1"
    /// All of a job but one run's: $1 job, $2 run or NULL.
    static let deleteOfJob = """
      DELETE FROM ncf.checkpoints AS c
      USING ncf.runs AS r
      WHERE r.run_id = c.run_id AND r.job = $1 AND c.run_id IS DISTINCT FROM $2::bigint
      """
    /// What nobody goes on from any more: $1 job, $2 the age from which on that is so.
    static let deleteStale = """
      DELETE FROM ncf.checkpoints AS c
      USING ncf.runs AS r
      WHERE r.run_id = c.run_id AND r.job = $1
        AND (r.status IN ('published', 'trained', 'skipped', 'refused')
          OR c.watermark < pg_catalog.clock_timestamp() - $2::interval)
      RETURNING c.run_id, r.status IN ('published', 'trained', 'skipped', 'refused') AS is_over
      """

    /// The newest checkpoint of a job, slot and kind, and whether a run would train by the same rules.
    ///
    /// $1: job; $2: slot; $3: kind; $4: the version at hand; $5: the configuration at hand; $6: the run
    /// that is live.
    static let newest = """
      SELECT c.run_id, c.progress, (extract(epoch FROM c.watermark) * 1000000)::bigint AS watermark,
        c.fingerprint, c.resumptions, r.seed, r.mode, r.parent_run_id,
        r.versions ->> 'ncf-batch' IS NOT DISTINCT FROM $4 AS is_same_version,
        (r.config -> 'job') #- '{source,connections}' #- '{nightly,resume}'
            #- '{nightly,checkpoint}' #- '{nightly,resume_within}'
          IS NOT DISTINCT FROM ($5::jsonb -> 'job') #- '{source,connections}' #- '{nightly,resume}'
            #- '{nightly,checkpoint}' #- '{nightly,resume_within}' AS is_same_job,
        (r.config -> 'request') - 'threads' - 'publish' - 'force'
          IS NOT DISTINCT FROM ($5::jsonb -> 'request') - 'threads' - 'publish' - 'force' AS is_same_request,
        r.live_run_id IS NOT DISTINCT FROM $6::bigint AS is_same_live
      FROM ncf.checkpoints AS c JOIN ncf.runs AS r ON r.run_id = c.run_id
      WHERE r.job = $1 AND r.slot = $2 AND r.kind = $3
        AND r.status IN ('interrupted', 'abandoned', 'failed')
      ORDER BY c.run_id DESC LIMIT 1
      """
    /// Counts one more resumption from a checkpoint: $1 run.
    static let countResumption = """
      UPDATE ncf.checkpoints SET resumptions = resumptions + 1 WHERE run_id = $1
      """
    static let recordResumption = "UPDATE ncf.runs SET resumed_run_id = $2 WHERE run_id = $1"
  }
}

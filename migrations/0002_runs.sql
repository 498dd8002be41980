-- One row a run: what it was asked, what it read, how it ended.

CREATE TABLE ncf.runs (
  run_id bigint GENERATED ALWAYS AS IDENTITY,
  job text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL DEFAULT 'running',
  started_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at timestamptz,
  host text NOT NULL,
  versions jsonb NOT NULL,
  config jsonb NOT NULL,
  config_sha256 text NOT NULL,
  seed numeric(20, 0) NOT NULL,
  snapshot text,
  watermark timestamptz,
  parent_run_id bigint,
  rows_read bigint,
  rows_used bigint,
  rows_rejected jsonb,
  users bigint,
  items bigint,
  cold_users bigint,
  model_sha256 text,
  exit_code integer,
  reason text,
  CONSTRAINT runs_pkey PRIMARY KEY (run_id),
  CONSTRAINT runs_parent_run_id_fkey FOREIGN KEY (parent_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT runs_kind_check CHECK (kind IN ('nightly', 'backfill', 'experiment')),
  CONSTRAINT runs_status_check CHECK (status IN (
    'running', 'published', 'trained', 'skipped', 'refused', 'failed', 'interrupted', 'abandoned')),
  CONSTRAINT runs_finished_check CHECK ((status = 'running') = (finished_at IS NULL)),
  CONSTRAINT runs_seed_check CHECK (seed >= 0),
  CONSTRAINT runs_config_sha256_check CHECK (config_sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT runs_model_sha256_check CHECK (model_sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX runs_job_run_id_idx ON ncf.runs (job, run_id);

COMMENT ON TABLE ncf.runs IS 'Runs of the job, one a row, whatever became of them';
COMMENT ON COLUMN ncf.runs.run_id IS 'Number of the run; later runs have higher numbers';
COMMENT ON COLUMN ncf.runs.job IS 'Name of the job, as in its nightly.yaml';
COMMENT ON COLUMN ncf.runs.kind IS
  'nightly; backfill (a one-off with --since or --until); experiment';
COMMENT ON COLUMN ncf.runs.status IS
  'running; published (its lists went live); trained (not asked to publish); skipped (nothing new); '
  'refused (by the gate); failed; interrupted (by a signal); abandoned (died, found by a later run)';
COMMENT ON COLUMN ncf.runs.started_at IS 'When the run began, by the server''s clock';
COMMENT ON COLUMN ncf.runs.finished_at IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN ncf.runs.host IS 'Machine that ran it';
COMMENT ON COLUMN ncf.runs.versions IS 'Versions of the program and of the server';
COMMENT ON COLUMN ncf.runs.config IS
  'The job''s configuration and the request, every default written out; no secrets';
COMMENT ON COLUMN ncf.runs.config_sha256 IS 'SHA-256 of config as text, in hexadecimal';
COMMENT ON COLUMN ncf.runs.seed IS 'Seed of everything drawn at random';
COMMENT ON COLUMN ncf.runs.snapshot IS 'Snapshot that the source was read in (pg_current_snapshot)';
COMMENT ON COLUMN ncf.runs.watermark IS
  'The server''s clock in that snapshot: the run knows what was committed by then';
COMMENT ON COLUMN ncf.runs.parent_run_id IS 'Run whose model this one went on from; NULL: from scratch';
COMMENT ON COLUMN ncf.runs.rows_read IS 'Rows that the source gave';
COMMENT ON COLUMN ncf.runs.rows_used IS
  'Interactions left, one per user and item; rows_read less this and the rejected were merged';
COMMENT ON COLUMN ncf.runs.rows_rejected IS 'Rows left out, counted by reason';
COMMENT ON COLUMN ncf.runs.users IS 'Users with an interaction';
COMMENT ON COLUMN ncf.runs.items IS 'Items with an interaction';
COMMENT ON COLUMN ncf.runs.cold_users IS 'Users with too few interactions to be tested';
COMMENT ON COLUMN ncf.runs.model_sha256 IS 'SHA-256 of the stored model, in hexadecimal';
COMMENT ON COLUMN ncf.runs.exit_code IS 'What the process returned';
COMMENT ON COLUMN ncf.runs.reason IS 'Why it was refused, forced, failed or stopped';
COMMENT ON INDEX ncf.runs_job_run_id_idx IS 'The history of one job';

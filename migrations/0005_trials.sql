-- Trials of ncf-batch experiment and tune, one a row: a later call reads the finished ones.

CREATE TABLE ncf.trials (
  job text NOT NULL,
  data text NOT NULL,
  key_sha256 text NOT NULL,
  run_id bigint NOT NULL,
  experiment text NOT NULL,
  method text NOT NULL,
  seed numeric(20, 0) NOT NULL,
  settings jsonb NOT NULL,
  seconds double precision NOT NULL,
  validation_hr double precision NOT NULL,
  validation_ndcg double precision NOT NULL,
  hr double precision,
  ndcg double precision,
  full_hr double precision,
  full_ndcg double precision,
  result jsonb NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  CONSTRAINT trials_pkey PRIMARY KEY (job, data, key_sha256),
  CONSTRAINT trials_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT trials_key_sha256_check CHECK (key_sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT trials_seed_check CHECK (seed >= 0),
  CONSTRAINT trials_seconds_check CHECK (seconds >= 0)
);
CREATE INDEX trials_run_id_idx ON ncf.trials (run_id);

COMMENT ON TABLE ncf.trials IS 'Finished trials of experiments and of tuning';
COMMENT ON COLUMN ncf.trials.job IS 'Name of the job whose log was used';
COMMENT ON COLUMN ncf.trials.data IS
  'What the log was: counts and a hash of it and of how it is judged; another log, other trials';
COMMENT ON COLUMN ncf.trials.key_sha256 IS 'SHA-256 of the trial''s settings as text, in hexadecimal';
COMMENT ON COLUMN ncf.trials.run_id IS 'The run, of kind experiment, that made it';
COMMENT ON COLUMN ncf.trials.experiment IS 'The experiment that first asked for it, or tune';
COMMENT ON COLUMN ncf.trials.method IS 'What was trained, by its name in tables';
COMMENT ON COLUMN ncf.trials.seed IS 'Seed of the validation items and of training';
COMMENT ON COLUMN ncf.trials.settings IS 'Every setting';
COMMENT ON COLUMN ncf.trials.seconds IS 'Duration of training';
COMMENT ON COLUMN ncf.trials.validation_hr IS 'Hit ratio on validation, sampled, at evaluate.k';
COMMENT ON COLUMN ncf.trials.validation_ndcg IS 'NDCG on validation, sampled, at evaluate.k';
COMMENT ON COLUMN ncf.trials.hr IS
  'Hit ratio on test, sampled; NULL when the test items were not looked at';
COMMENT ON COLUMN ncf.trials.ndcg IS 'NDCG on test, sampled';
COMMENT ON COLUMN ncf.trials.full_hr IS 'Hit ratio on test over the whole catalogue';
COMMENT ON COLUMN ncf.trials.full_ndcg IS 'NDCG on test over the whole catalogue';
COMMENT ON COLUMN ncf.trials.result IS
  'Everything that tables are made of: epochs, and the rank of each tested user, a byte each in Base64';
COMMENT ON COLUMN ncf.trials.finished_at IS 'When it was finished, by the server''s clock';
COMMENT ON INDEX ncf.trials_run_id_idx IS 'The trials of a run';

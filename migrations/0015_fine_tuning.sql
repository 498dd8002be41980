-- How a run trained, which run it went on from, and what it found new.

ALTER TABLE ncf.runs
  ADD COLUMN live_run_id bigint,
  ADD COLUMN mode text,
  ADD COLUMN mode_reason text,
  ADD COLUMN rows_new bigint,
  ADD COLUMN rows_late bigint,
  ADD COLUMN positives_new bigint,
  ADD COLUMN positives_replayed bigint,
  ADD CONSTRAINT runs_live_run_id_fkey FOREIGN KEY (live_run_id) REFERENCES ncf.runs (run_id),
  ADD CONSTRAINT runs_mode_check CHECK (mode IN ('full', 'finetune'));

COMMENT ON COLUMN ncf.runs.live_run_id IS 'Run that was live when this one began';
COMMENT ON COLUMN ncf.runs.mode IS
  'full (trained from scratch) or finetune (from parent_run_id''s model); NULL before that is decided, '
  'and for a skipped run';
COMMENT ON COLUMN ncf.runs.mode_reason IS 'Why it trained so, or not at all';
COMMENT ON COLUMN ncf.runs.parent_run_id IS
  'Run whose model this one went on from, or in which a skipped run found nothing lacking; NULL: from '
  'scratch';
COMMENT ON COLUMN ncf.runs.watermark IS
  'The server''s clock in that snapshot: the run knows what was committed by then; NULL for a '
  'backfill, which moves no watermark';
COMMENT ON COLUMN ncf.runs.rows_new IS 'Interactions that the parent did not know; NULL without one';
COMMENT ON COLUMN ncf.runs.rows_late IS
  'Interactions that came in later than source.lookback allows: the next full training learns them';
COMMENT ON COLUMN ncf.runs.positives_new IS
  'Training interactions that a fine-tune learnt; NULL for a full training';
COMMENT ON COLUMN ncf.runs.positives_replayed IS
  'Training interactions that the parent had learnt and a fine-tune was shown again';

ALTER TABLE ncf.epochs ADD COLUMN samples bigint;
COMMENT ON COLUMN ncf.epochs.samples IS
  'Positives and negatives trained on; of a baseline, interactions';
COMMENT ON COLUMN ncf.epochs.samples_per_second IS 'The same a second';
COMMENT ON COLUMN ncf.metrics.model IS
  'neumf, gmf, mlp or a baseline (this run''s model), itempop (popularity), live (the model that was '
  'live when the run began, as it is stored), parent (this run''s model as it is stored, where a refit '
  'gave another to test)';

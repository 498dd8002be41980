-- The course of training, one row an epoch.

CREATE TABLE ncf.epochs (
  run_id bigint NOT NULL,
  phase text NOT NULL,
  epoch integer NOT NULL,
  loss double precision,
  hr double precision,
  ndcg double precision,
  seconds double precision NOT NULL,
  samples_per_second double precision NOT NULL,
  CONSTRAINT epochs_pkey PRIMARY KEY (run_id, phase, epoch),
  CONSTRAINT epochs_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT epochs_phase_check CHECK (phase IN ('gmf', 'mlp', 'neumf', 'finetune', 'absorb')),
  CONSTRAINT epochs_epoch_check CHECK (epoch >= 0)
);

COMMENT ON TABLE ncf.epochs IS 'Training epochs of a run';
COMMENT ON COLUMN ncf.epochs.run_id IS 'The run';
COMMENT ON COLUMN ncf.epochs.phase IS
  'gmf and mlp (pre-training), neumf (the whole model), finetune (from a parent), absorb (holdouts)';
COMMENT ON COLUMN ncf.epochs.epoch IS 'Counted from 1 in each phase; 0 is the state before any step';
COMMENT ON COLUMN ncf.epochs.loss IS 'Mean loss of a sample; NULL where there was none';
COMMENT ON COLUMN ncf.epochs.hr IS 'Hit ratio on validation at evaluate.k';
COMMENT ON COLUMN ncf.epochs.ndcg IS 'NDCG on validation at evaluate.k';
COMMENT ON COLUMN ncf.epochs.seconds IS 'Duration of the epoch';
COMMENT ON COLUMN ncf.epochs.samples_per_second IS 'Positives and negatives trained on a second';

-- Jobs may publish a baseline, and may train a second time once epochs have been chosen: both leave
-- rows in ncf.epochs.

ALTER TABLE ncf.epochs
  ADD COLUMN refit boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT epochs_pkey,
  ADD CONSTRAINT epochs_pkey PRIMARY KEY (run_id, refit, phase, epoch),
  DROP CONSTRAINT epochs_phase_check,
  ADD CONSTRAINT epochs_phase_check CHECK (phase IN (
    'gmf', 'mlp', 'neumf', 'finetune', 'absorb', 'mf', 'itempop', 'itemknn', 'bpr', 'eals', 'ials'));

COMMENT ON COLUMN ncf.epochs.refit IS
  'Whether it belongs to the second training, on training and validation interactions together';
COMMENT ON COLUMN ncf.epochs.phase IS
  'gmf and mlp (pre-training), neumf (the whole model), finetune (from a parent), absorb (holdouts), '
  'mf (plain matrix factorisation), or the baseline whose iteration it is';
COMMENT ON COLUMN ncf.epochs.samples_per_second IS
  'Positives and negatives trained on a second; of a baseline, interactions';

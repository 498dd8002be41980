-- One more baseline leaves rows in ncf.epochs.

ALTER TABLE ncf.epochs
  DROP CONSTRAINT epochs_phase_check,
  ADD CONSTRAINT epochs_phase_check CHECK (phase IN (
    'gmf', 'mlp', 'neumf', 'finetune', 'absorb', 'mf', 'itempop', 'itemknn', 'bpr', 'eals', 'ials',
    'ease'));

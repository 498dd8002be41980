-- Figures of the lists themselves, such as the share of users who get the popular one.

ALTER TABLE ncf.metrics
  DROP CONSTRAINT metrics_split_check,
  ADD CONSTRAINT metrics_split_check CHECK (split IN ('validation', 'test', 'lists'));

COMMENT ON COLUMN ncf.metrics.split IS
  'test (each user''s latest interaction), validation (the second latest), or lists: figures of the '
  'lists that a run makes';
COMMENT ON COLUMN ncf.metrics.metric IS
  'hr, ndcg, mrr, recall, precision, map, coverage, gini, novelty, diversity; of the lists: fallback, '
  'the share of users with a list who get the popular one';
COMMENT ON COLUMN ncf.runs.cold_users IS
  'Users who get the popular list: with too few interactions (users.cold_below), or not in the log';
COMMENT ON COLUMN ncf.runs.rows_rejected IS
  'Rows that are in no interaction, counted by reason; negative_event: pairs of user and item that '
  'are used as negatives';

-- Quality of models and lists, one metric a row, so that its history is one SELECT.

CREATE TABLE ncf.metrics (
  run_id bigint NOT NULL,
  model text NOT NULL,
  split text NOT NULL,
  protocol text NOT NULL,
  metric text NOT NULL,
  k integer NOT NULL,
  value double precision NOT NULL,
  ci_low double precision,
  ci_high double precision,
  n bigint NOT NULL,
  CONSTRAINT metrics_pkey PRIMARY KEY (run_id, model, split, protocol, metric, k),
  CONSTRAINT metrics_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT metrics_split_check CHECK (split IN ('validation', 'test', 'lists')),
  CONSTRAINT metrics_protocol_check CHECK (protocol IN ('sampled', 'full')),
  CONSTRAINT metrics_k_check CHECK (k > 0),
  CONSTRAINT metrics_n_check CHECK (n >= 0)
);
COMMENT ON TABLE ncf.metrics IS 'Quality of a run''s model and of what it is held against';
COMMENT ON COLUMN ncf.metrics.run_id IS 'The run';
COMMENT ON COLUMN ncf.metrics.model IS
  'neumf, gmf, mlp or a baseline (this run''s model), itempop (popularity), live (the model that was '
  'live when the run began, as it is stored), parent (this run''s model as it is stored, where a refit '
  'gave another to test)';
COMMENT ON COLUMN ncf.metrics.split IS
  'test (each user''s latest interaction), validation (the second latest), or lists: metrics of the '
  'lists that a run makes';
COMMENT ON COLUMN ncf.metrics.protocol IS
  'sampled: the held-out item among drawn ones; full: among the whole catalogue';
COMMENT ON COLUMN ncf.metrics.metric IS
  'hr, ndcg, mrr, recall, precision, map, coverage, gini, novelty, diversity; of the lists: fallback, '
  'the share of users with a list who get the popular one';
COMMENT ON COLUMN ncf.metrics.k IS 'Length of the list that it is computed on';
COMMENT ON COLUMN ncf.metrics.value IS 'Value of the metric';
COMMENT ON COLUMN ncf.metrics.ci_low IS 'Lower bound of its 95 % confidence interval, where it has one';
COMMENT ON COLUMN ncf.metrics.ci_high IS 'Upper bound of its 95 % confidence interval';
COMMENT ON COLUMN ncf.metrics.n IS 'Users that it is computed over';

CREATE TABLE ncf.rivals (
  run_id bigint NOT NULL,
  rival text NOT NULL,
  settings text NOT NULL,
  k integer NOT NULL,
  users bigint NOT NULL,
  hr double precision NOT NULL,
  ndcg double precision NOT NULL,
  model_ndcg double precision NOT NULL,
  p_value double precision,
  CONSTRAINT rivals_pkey PRIMARY KEY (run_id, rival),
  CONSTRAINT rivals_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT rivals_k_check CHECK (k > 0),
  CONSTRAINT rivals_users_check CHECK (users >= 0)
);
COMMENT ON TABLE ncf.rivals IS
  'Simple methods that learnt what a full night''s model learnt, tested on the same users over the whole '
  'catalogue';
COMMENT ON COLUMN ncf.rivals.run_id IS 'The run';
COMMENT ON COLUMN ncf.rivals.rival IS
  'itempop (popularity), recentpop7 and recentpop30 (of the last days), lastitem (what followed the last '
  'item), itemknn (neighbours of items), ials (as the last search set it)';
COMMENT ON COLUMN ncf.rivals.settings IS 'Name and settings in words';
COMMENT ON COLUMN ncf.rivals.k IS 'Length of the list that figures are computed on';
COMMENT ON COLUMN ncf.rivals.users IS 'Tested users; a hash chooses 20000 of more';
COMMENT ON COLUMN ncf.rivals.hr IS 'Hit ratio of the rival';
COMMENT ON COLUMN ncf.rivals.ndcg IS 'NDCG of the rival';
COMMENT ON COLUMN ncf.rivals.model_ndcg IS 'NDCG of the run''s model on the same users';
COMMENT ON COLUMN ncf.rivals.p_value IS
  'Probability of so large an NDCG above the model''s where both are equally good, by a paired t-test, '
  'one-sided; NULL with fewer than two users';

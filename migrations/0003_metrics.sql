-- Figures of a run, one a row, so that their history is one SELECT.

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
  CONSTRAINT metrics_split_check CHECK (split IN ('validation', 'test')),
  CONSTRAINT metrics_protocol_check CHECK (protocol IN ('sampled', 'full')),
  CONSTRAINT metrics_k_check CHECK (k > 0),
  CONSTRAINT metrics_n_check CHECK (n >= 0)
);

COMMENT ON TABLE ncf.metrics IS 'Quality of a run''s model and of what it is held against';
COMMENT ON COLUMN ncf.metrics.run_id IS 'The run';
COMMENT ON COLUMN ncf.metrics.model IS
  'neumf (this run''s model), itempop (popularity), live (the model live when the run began)';
COMMENT ON COLUMN ncf.metrics.split IS
  'test (each user''s latest interaction) or validation (the second latest)';
COMMENT ON COLUMN ncf.metrics.protocol IS
  'sampled: the held-out item among drawn ones; full: among the whole catalogue';
COMMENT ON COLUMN ncf.metrics.metric IS
  'hr, ndcg, mrr, recall, precision, map, coverage, gini, novelty, diversity';
COMMENT ON COLUMN ncf.metrics.k IS 'Length of the list that it is computed on';
COMMENT ON COLUMN ncf.metrics.value IS 'The figure';
COMMENT ON COLUMN ncf.metrics.ci_low IS 'Lower bound of its 95 % confidence interval, where it has one';
COMMENT ON COLUMN ncf.metrics.ci_high IS 'Upper bound of its 95 % confidence interval';
COMMENT ON COLUMN ncf.metrics.n IS 'Users that it is computed over';

-- What each stage of a run cost.

CREATE TABLE ncf.stages (
  run_id bigint NOT NULL,
  stage text NOT NULL,
  started_at timestamptz NOT NULL,
  seconds double precision NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  peak_rss_bytes bigint NOT NULL,
  CONSTRAINT stages_pkey PRIMARY KEY (run_id, stage),
  CONSTRAINT stages_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT stages_stage_check CHECK (stage IN ('pull', 'split', 'train', 'evaluate', 'publish'))
);

COMMENT ON TABLE ncf.stages IS 'Time and memory of a run''s stages';
COMMENT ON COLUMN ncf.stages.run_id IS 'The run';
COMMENT ON COLUMN ncf.stages.stage IS 'pull, split, train, evaluate, publish';
COMMENT ON COLUMN ncf.stages.started_at IS 'When the stage began, by the server''s clock';
COMMENT ON COLUMN ncf.stages.seconds IS 'Duration';
COMMENT ON COLUMN ncf.stages.rows IS
  'Rows read (pull), interactions (split, train), users tested (evaluate), rows published (publish)';
COMMENT ON COLUMN ncf.stages.bytes IS 'Bytes of rows moved from or to the server';
COMMENT ON COLUMN ncf.stages.peak_rss_bytes IS
  'Largest resident size of the process from its start to the stage''s end';

-- The pointer that readers follow: which run is live. Whoever moves it adds one to generation and
-- says which generation it saw, so that the later of two runs can't be undone by the earlier.

CREATE TABLE ncf.live (
  job text NOT NULL,
  slot text NOT NULL DEFAULT 'main',
  run_id bigint NOT NULL,
  generation bigint NOT NULL,
  CONSTRAINT live_pkey PRIMARY KEY (job, slot),
  CONSTRAINT live_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT live_generation_check CHECK (generation > 0)
);

COMMENT ON TABLE ncf.live IS 'The run whose lists readers see, for each job and slot';
COMMENT ON COLUMN ncf.live.job IS 'Name of the job';
COMMENT ON COLUMN ncf.live.slot IS 'main, or the name of a list beside it';
COMMENT ON COLUMN ncf.live.run_id IS 'The live run';
COMMENT ON COLUMN ncf.live.generation IS 'Grows by one whenever the pointer moves, also backwards';

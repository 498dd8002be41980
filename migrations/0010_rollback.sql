-- Every move of the pointer that readers follow, so that a move can be taken back; and the slot that a
-- run's lists were made for.

ALTER TABLE ncf.runs
  ADD COLUMN slot text NOT NULL DEFAULT 'main',
  ADD CONSTRAINT runs_slot_check CHECK (slot <> '');
COMMENT ON COLUMN ncf.runs.slot IS
  'Slot that its lists were made for: main, or the name of a list beside it';

CREATE TABLE ncf.live_moves (
  job text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  run_id bigint NOT NULL,
  previous_run_id bigint,
  cause text NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  moved_by text NOT NULL DEFAULT current_user,
  CONSTRAINT live_moves_pkey PRIMARY KEY (job, slot, generation),
  CONSTRAINT live_moves_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT live_moves_previous_run_id_fkey
    FOREIGN KEY (previous_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT live_moves_cause_check CHECK (cause IN ('publish', 'rollback')),
  CONSTRAINT live_moves_generation_check CHECK (generation > 0)
);
INSERT INTO ncf.live_moves (job, slot, generation, run_id, cause, moved_at)
SELECT l.job, l.slot, l.generation, l.run_id, 'publish',
  coalesce(r.finished_at, pg_catalog.now())
FROM ncf.live AS l
JOIN ncf.runs AS r ON r.run_id = l.run_id;

COMMENT ON TABLE ncf.live_moves IS
  'Every move of the pointer in ncf.live, one a row: what was served, from when on, and why';
COMMENT ON COLUMN ncf.live_moves.job IS 'Name of the job';
COMMENT ON COLUMN ncf.live_moves.slot IS 'main, or the name of a list beside it';
COMMENT ON COLUMN ncf.live_moves.generation IS 'The pointer''s generation after the move';
COMMENT ON COLUMN ncf.live_moves.run_id IS 'The run that readers saw from then on';
COMMENT ON COLUMN ncf.live_moves.previous_run_id IS
  'The run that they saw until then; NULL: none, or not known';
COMMENT ON COLUMN ncf.live_moves.cause IS
  'publish (the run made its own lists live) or rollback (somebody chose a run that was kept)';
COMMENT ON COLUMN ncf.live_moves.moved_at IS 'When it was moved, by the server''s clock';
COMMENT ON COLUMN ncf.live_moves.moved_by IS 'The role that moved it';

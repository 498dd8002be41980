-- Which run's lists readers see: the live pointer, every move of it, and slots beside the main list.

-- A move adds 1 to generation and names the generation that it saw, so that the later of two runs can't
-- be undone by the earlier.
CREATE TABLE ncf.live (
  job text NOT NULL,
  slot text NOT NULL DEFAULT 'main',
  run_id bigint NOT NULL,
  generation bigint NOT NULL,
  CONSTRAINT live_pkey PRIMARY KEY (job, slot),
  CONSTRAINT live_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT live_slot_check CHECK (slot <> ''),
  CONSTRAINT live_generation_check CHECK (generation > 0)
);
COMMENT ON TABLE ncf.live IS 'The run whose lists readers see, for each job and slot';
COMMENT ON COLUMN ncf.live.job IS 'Name of the job';
COMMENT ON COLUMN ncf.live.slot IS 'main, or the name of a list beside it';
COMMENT ON COLUMN ncf.live.run_id IS 'The live run';
COMMENT ON COLUMN ncf.live.generation IS 'Grows by one whenever the pointer moves, also backwards';

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
  CONSTRAINT live_moves_slot_check CHECK (slot <> ''),
  CONSTRAINT live_moves_generation_check CHECK (generation > 0),
  CONSTRAINT live_moves_cause_check CHECK (cause IN ('publish', 'rollback'))
);
COMMENT ON TABLE ncf.live_moves IS
  'Every move of the pointer in ncf.live, one a row: what was served, from when on, and why';
COMMENT ON COLUMN ncf.live_moves.job IS 'Name of the job';
COMMENT ON COLUMN ncf.live_moves.slot IS 'main, or the name of a list beside it';
COMMENT ON COLUMN ncf.live_moves.generation IS 'The pointer''s generation after the move';
COMMENT ON COLUMN ncf.live_moves.run_id IS 'The run that readers saw from then on';
COMMENT ON COLUMN ncf.live_moves.previous_run_id IS 'The run that they saw until then; NULL: none';
COMMENT ON COLUMN ncf.live_moves.cause IS
  'publish (the run made its own lists live) or rollback (a kept run was made live again)';
COMMENT ON COLUMN ncf.live_moves.moved_at IS 'When it was moved, by the server''s clock';
COMMENT ON COLUMN ncf.live_moves.moved_by IS 'The role that moved it';

-- A user's slot follows from a hash of the user's id and from these shares, which may be set at any time.
CREATE TABLE ncf.slot_shares (
  job text NOT NULL,
  slot text NOT NULL,
  share double precision NOT NULL,
  CONSTRAINT slot_shares_pkey PRIMARY KEY (job, slot),
  CONSTRAINT slot_shares_slot_check CHECK (slot NOT IN ('', 'main')),
  CONSTRAINT slot_shares_share_check CHECK (share >= 0 AND share <= 1)
);
COMMENT ON TABLE ncf.slot_shares IS
  'Shares of a job''s users that see the lists of another slot; all others see main';
COMMENT ON COLUMN ncf.slot_shares.job IS 'Name of the job';
COMMENT ON COLUMN ncf.slot_shares.slot IS
  'A slot other than main; in the order of their names slots take their shares, up to 1 in all';
COMMENT ON COLUMN ncf.slot_shares.share IS 'Share of the users, 0 to 1';

-- The stretches that shares make of 0 up to 1, in the order of the slots' names. A slot in which nothing
-- is live has none: its users see main.
CREATE VIEW ncf.slot_bounds AS
SELECT s.job, s.slot, l.run_id,
  least(s.reach - s.share, 1) AS lower_bound, least(s.reach, 1) AS upper_bound
FROM (
  SELECT a.job, a.slot, a.share,
    pg_catalog.sum(a.share) OVER (PARTITION BY a.job ORDER BY a.slot) AS reach
  FROM ncf.slot_shares AS a
) AS s
JOIN ncf.live AS l ON l.job = s.job AND l.slot = s.slot;
COMMENT ON VIEW ncf.slot_bounds IS
  'Which users see the lists of a slot other than main: those whose ncf.slot_position is within bounds';
COMMENT ON COLUMN ncf.slot_bounds.job IS 'Name of the job';
COMMENT ON COLUMN ncf.slot_bounds.slot IS 'The slot';
COMMENT ON COLUMN ncf.slot_bounds.run_id IS 'The run that is live in it';
COMMENT ON COLUMN ncf.slot_bounds.lower_bound IS 'The lowest position that is within';
COMMENT ON COLUMN ncf.slot_bounds.upper_bound IS 'The position from which on users are without';

-- The first 32 bits of a hash of job and id, as a number from 0 up to 1. Another job divides its users
-- differently; two servers do not. A plain expression, so that the planner can put it in place.
CREATE FUNCTION ncf.slot_position(user_id text, job text DEFAULT 'default')
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ('x' || pg_catalog.substr(pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.convert_to($2 || ' ' || $1, 'UTF8')), 'hex'), 1, 8))::bit(32)::bigint
    / 4294967296::double precision
$$;
COMMENT ON FUNCTION ncf.slot_position(text, text) IS
  'Where a user of a job lies from 0 up to 1, by a hash; ncf.slot_bounds says whose stretch that is';

CREATE FUNCTION ncf.slot_of(user_id text, job text DEFAULT 'default') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
  place CONSTANT double precision := ncf.slot_position($1, $2);
BEGIN
  RETURN coalesce(
    (
      SELECT b.slot
      FROM ncf.slot_bounds AS b
      WHERE b.job = $2 AND place >= b.lower_bound AND place < b.upper_bound
    ),
    'main');
END
$$;
COMMENT ON FUNCTION ncf.slot_of(text, text) IS
  'The slot whose lists a user of a job sees: by hash and ncf.slot_shares, main where nothing is live';

CREATE FUNCTION ncf.slot_of(user_id bigint, job text DEFAULT 'default') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT ncf.slot_of($1::text, $2) $$;
COMMENT ON FUNCTION ncf.slot_of(bigint, text) IS
  'The slot whose lists a user of a job sees: by hash and ncf.slot_shares, main where nothing is live';

CREATE FUNCTION ncf.slot_of(user_id uuid, job text DEFAULT 'default') RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT ncf.slot_of($1::text, $2) $$;
COMMENT ON FUNCTION ncf.slot_of(uuid, text) IS
  'The slot whose lists a user of a job sees: by hash and ncf.slot_shares, main where nothing is live';

-- The schema ncf, the ledger of its migrations, and the job's runs with their stages and epochs.
--
-- Apply each file in the order of its number and in one transaction: psql -1 -f 0001_runs.sql.
-- jobs/roles.sql may have made the schema already, for a role that may not make one; CREATE SCHEMA IF
-- NOT EXISTS asks for that right all the same.

DO $$
BEGIN
  IF pg_catalog.to_regnamespace('ncf') IS NULL THEN
    CREATE SCHEMA ncf;
  END IF;
END
$$;
COMMENT ON SCHEMA ncf IS
  'Records of ncf-batch: runs, their metrics, their models, and which run is live';

CREATE TABLE ncf.migrations (
  number integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  applied_by text NOT NULL DEFAULT current_user,
  CONSTRAINT migrations_pkey PRIMARY KEY (number),
  CONSTRAINT migrations_number_check CHECK (number > 0),
  CONSTRAINT migrations_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
COMMENT ON TABLE ncf.migrations IS 'Migrations applied to this database, one a row';
COMMENT ON COLUMN ncf.migrations.number IS 'Number at the head of the file''s name';
COMMENT ON COLUMN ncf.migrations.name IS 'Name of the file, without its extension';
COMMENT ON COLUMN ncf.migrations.sha256 IS
  'SHA-256 of the file''s text with LF line ends, in hexadecimal';
COMMENT ON COLUMN ncf.migrations.applied_at IS 'When it was applied';
COMMENT ON COLUMN ncf.migrations.applied_by IS 'The role that applied it';

-- One row a run: the request, what was read, how the model was trained, how the run ended.
CREATE TABLE ncf.runs (
  run_id bigint GENERATED ALWAYS AS IDENTITY,
  job text NOT NULL,
  kind text NOT NULL,
  slot text NOT NULL DEFAULT 'main',
  status text NOT NULL DEFAULT 'running',
  started_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at timestamptz,
  -- The request.
  host text NOT NULL,
  versions jsonb NOT NULL,
  config jsonb NOT NULL,
  config_sha256 text NOT NULL,
  seed numeric(20, 0) NOT NULL,
  live_run_id bigint,
  -- What was read.
  snapshot text,
  watermark timestamptz,
  rows_read bigint,
  rows_used bigint,
  rows_rejected jsonb,
  rows_new bigint,
  rows_late bigint,
  users bigint,
  items bigint,
  cold_users bigint,
  features jsonb,
  -- How the model was trained.
  choice jsonb,
  search_run_id bigint,
  holdout jsonb,
  mode text,
  mode_reason text,
  parent_run_id bigint,
  resumed_run_id bigint,
  positives_new bigint,
  positives_replayed bigint,
  model_sha256 text,
  scores jsonb,
  -- How the run ended.
  gate jsonb,
  exit_code integer,
  reason text,
  CONSTRAINT runs_pkey PRIMARY KEY (run_id),
  CONSTRAINT runs_live_run_id_fkey FOREIGN KEY (live_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT runs_search_run_id_fkey FOREIGN KEY (search_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT runs_parent_run_id_fkey FOREIGN KEY (parent_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT runs_resumed_run_id_fkey FOREIGN KEY (resumed_run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT runs_kind_check CHECK (kind IN ('nightly', 'backfill', 'experiment')),
  CONSTRAINT runs_slot_check CHECK (slot <> ''),
  CONSTRAINT runs_status_check CHECK (status IN (
    'running', 'published', 'trained', 'skipped', 'refused', 'failed', 'interrupted', 'abandoned')),
  CONSTRAINT runs_finished_check CHECK ((status = 'running') = (finished_at IS NULL)),
  CONSTRAINT runs_config_sha256_check CHECK (config_sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT runs_seed_check CHECK (seed >= 0),
  CONSTRAINT runs_mode_check CHECK (mode IN ('full', 'finetune')),
  CONSTRAINT runs_model_sha256_check CHECK (model_sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX runs_job_run_id_idx ON ncf.runs (job, run_id);

COMMENT ON TABLE ncf.runs IS 'Runs of the job, one a row, whatever became of them';
COMMENT ON COLUMN ncf.runs.run_id IS 'Number of the run; later runs have higher numbers';
COMMENT ON COLUMN ncf.runs.job IS 'Name of the job, as in its nightly.yaml';
COMMENT ON COLUMN ncf.runs.kind IS
  'nightly; backfill (a one-off with --since or --until); experiment';
COMMENT ON COLUMN ncf.runs.slot IS
  'Slot that its lists were made for: main, or the name of a list beside it';
COMMENT ON COLUMN ncf.runs.status IS
  'running; published (its lists went live); trained (not asked to publish); skipped (nothing new); '
  'refused (by the gate); failed; interrupted (by a signal); abandoned (died, found by a later run)';
COMMENT ON COLUMN ncf.runs.started_at IS 'When the run began, by the server''s clock';
COMMENT ON COLUMN ncf.runs.finished_at IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN ncf.runs.host IS 'Machine that ran it';
COMMENT ON COLUMN ncf.runs.versions IS 'Versions of the program and of the server';
COMMENT ON COLUMN ncf.runs.config IS
  'The job''s configuration and the request, every default written out; no secrets';
COMMENT ON COLUMN ncf.runs.config_sha256 IS 'SHA-256 of config as text, in hexadecimal';
COMMENT ON COLUMN ncf.runs.seed IS 'Seed of everything drawn at random';
COMMENT ON COLUMN ncf.runs.live_run_id IS 'Run that was live when this one began';
COMMENT ON COLUMN ncf.runs.snapshot IS 'Snapshot that the source was read in (pg_current_snapshot)';
COMMENT ON COLUMN ncf.runs.watermark IS
  'The server''s clock in that snapshot: the run knows what was committed by then; NULL for a '
  'backfill, which moves no watermark';
COMMENT ON COLUMN ncf.runs.rows_read IS 'Rows that the source gave';
COMMENT ON COLUMN ncf.runs.rows_used IS
  'Interactions left, one per user and item; rows_read less this and the rejected were merged';
COMMENT ON COLUMN ncf.runs.rows_rejected IS
  'Rows that are in no interaction, counted by reason; negative_event: pairs of user and item that '
  'are used as negatives';
COMMENT ON COLUMN ncf.runs.rows_new IS 'Interactions that the parent did not know; NULL without one';
COMMENT ON COLUMN ncf.runs.rows_late IS
  'Interactions that came in later than source.lookback allows: the next full training learns them';
COMMENT ON COLUMN ncf.runs.users IS 'Users with an interaction';
COMMENT ON COLUMN ncf.runs.items IS 'Items with an interaction';
COMMENT ON COLUMN ncf.runs.cold_users IS
  'Users who get the popular list: with too few interactions (users.cold_below), or not in the log';
COMMENT ON COLUMN ncf.runs.features IS
  'Content features: user_rows and item_rows that users.features and items.features gave, '
  'user_features and item_features that the model has learnt of, and new_users and new_items that it '
  'ranks by them alone; NULL for a job without';
COMMENT ON COLUMN ncf.runs.choice IS
  'With model auto: the method and settings that were chosen, with the trials of the search';
COMMENT ON COLUMN ncf.runs.search_run_id IS
  'With model auto: the run whose search made the choice; the run itself where it searched';
COMMENT ON COLUMN ncf.runs.holdout IS
  'What was held out: split (latest or clock), tested (users); of latest: tied_share (users whose latest '
  'item shares its second with another one); of clock: from (beginning of the test), horizon_seconds, and '
  'unknown_share (tested users whose item the log did not know before: misses)';
COMMENT ON COLUMN ncf.runs.mode IS
  'full (trained from scratch) or finetune (from parent_run_id''s model); NULL before that is decided, '
  'and for a skipped run';
COMMENT ON COLUMN ncf.runs.mode_reason IS 'Why it trained so, or not at all';
COMMENT ON COLUMN ncf.runs.parent_run_id IS
  'Run whose model this one went on from, or in which a skipped run found nothing lacking; NULL: from '
  'scratch';
COMMENT ON COLUMN ncf.runs.resumed_run_id IS
  'The stopped run whose training this one went on with, as of that run''s watermark; NULL: it began anew';
COMMENT ON COLUMN ncf.runs.positives_new IS
  'Training interactions that a fine-tune learnt; NULL for a full training';
COMMENT ON COLUMN ncf.runs.positives_replayed IS
  'Training interactions that the parent had learnt and a fine-tune was shown again';
COMMENT ON COLUMN ncf.runs.model_sha256 IS 'SHA-256 of the stored model, in hexadecimal';
COMMENT ON COLUMN ncf.runs.scores IS
  'How scores of source model were made of the model''s own s: 1 / (1 + exp(-(slope * x + offset))). By kind, x is '
  'scale * s - log(sum(exp(scale * s))), the sum over all items that the user has not had (score), or '
  '-log(rank) (rank: under 500 tested users). tested: users that it was fitted to; weight: how many it '
  'counts for in the next fine-tune; NULL before the run was evaluated';
COMMENT ON COLUMN ncf.runs.gate IS
  'What the gate looked at: verdict (publish, refuse, force), reasons, live_run_id, mean '
  'whole-catalogue ndcg at evaluate.k beside itempop_ndcg and live_ndcg, p_value of the last '
  'difference, coverage, users and rows beside the live run''s; NULL when it was not asked';
COMMENT ON COLUMN ncf.runs.exit_code IS 'What the process returned';
COMMENT ON COLUMN ncf.runs.reason IS 'Why it was refused, forced, failed or stopped';
COMMENT ON INDEX ncf.runs_job_run_id_idx IS 'The history of one job';

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

-- The phase's form is checked, not its name: a new method needs no migration.
CREATE TABLE ncf.epochs (
  run_id bigint NOT NULL,
  refit boolean NOT NULL DEFAULT false,
  phase text NOT NULL,
  epoch integer NOT NULL,
  loss double precision,
  hr double precision,
  ndcg double precision,
  seconds double precision NOT NULL,
  samples bigint,
  samples_per_second double precision NOT NULL,
  CONSTRAINT epochs_pkey PRIMARY KEY (run_id, refit, phase, epoch),
  CONSTRAINT epochs_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT epochs_phase_check CHECK (phase ~ '^[a-z][a-z0-9_]*$'),
  CONSTRAINT epochs_epoch_check CHECK (epoch >= 0)
);
COMMENT ON TABLE ncf.epochs IS 'Training epochs of a run';
COMMENT ON COLUMN ncf.epochs.run_id IS 'The run';
COMMENT ON COLUMN ncf.epochs.refit IS
  'Whether it belongs to the second training, on training and validation interactions together';
COMMENT ON COLUMN ncf.epochs.phase IS
  'gmf and mlp (pre-training), join (the choice of their shares), neumf (the whole model), finetune (from '
  'a parent), absorb (holdouts), or the baseline whose iteration it is';
COMMENT ON COLUMN ncf.epochs.epoch IS
  'Counted from 1 in each phase; 0 is the state before any step. In the phase join, the share of mlp in percent';
COMMENT ON COLUMN ncf.epochs.loss IS 'Mean loss of a sample; NULL where there was none';
COMMENT ON COLUMN ncf.epochs.hr IS
  'Hit ratio on validation at evaluate.k, over the whole catalogue, of a part of the users';
COMMENT ON COLUMN ncf.epochs.ndcg IS
  'NDCG on validation at evaluate.k, over the whole catalogue, of a part of the users';
COMMENT ON COLUMN ncf.epochs.seconds IS 'Duration of the epoch';
COMMENT ON COLUMN ncf.epochs.samples IS
  'Positives and negatives trained on; of a baseline, interactions';
COMMENT ON COLUMN ncf.epochs.samples_per_second IS 'Samples trained on a second';

-- The roles of the job, with the least rights that it can do with.
--
-- Run by an administrator, in the database of the job, before the first migration and again after it
-- and after each new version's, which takes from ncf_run and ncf_read what they need not have; every
-- statement may be repeated:
--
--     psql -v ON_ERROR_STOP=1 -1 -d shop -f jobs/roles.sql
--
-- It sets no passwords: give ncf_owner and ncf_run theirs with \password, or let pg_hba.conf know
-- them by certificate or peer. Then let ncf_run read what the job's source reads, for example
--
--     GRANT USAGE ON SCHEMA app TO ncf_run;
--     GRANT SELECT ON app.events TO ncf_run;
--
-- and make a reader of the lists a member of ncf_read:
--
--     GRANT ncf_read TO analyst;
--
-- A job with an output.schema of its own finds it made here by
--
--     CREATE SCHEMA shop_b AUTHORIZATION ncf_run;
--     GRANT USAGE ON SCHEMA shop_b TO ncf_read;

-- ncf_owner migrates; ncf_run runs the job every night; ncf_read reads lists, runs and figures.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'ncf_owner') THEN
    CREATE ROLE ncf_owner LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'ncf_run') THEN
    CREATE ROLE ncf_run LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'ncf_read') THEN
    CREATE ROLE ncf_read NOLOGIN;
  END IF;
END
$$;

-- The schema is ncf_owner's. ncf_run makes the relations that carry ids in it, and owns them:
-- attaching a partition takes the owner of both tables.
CREATE SCHEMA IF NOT EXISTS ncf AUTHORIZATION ncf_owner;
GRANT USAGE, CREATE ON SCHEMA ncf TO ncf_run;
GRANT USAGE ON SCHEMA ncf TO ncf_read;

-- Tables that migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE ncf_owner IN SCHEMA ncf
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ncf_run;
ALTER DEFAULT PRIVILEGES FOR ROLE ncf_owner IN SCHEMA ncf
  GRANT SELECT ON TABLES TO ncf_read;

-- Lists and views that the job will make, in whichever schema.
ALTER DEFAULT PRIVILEGES FOR ROLE ncf_run GRANT SELECT ON TABLES TO ncf_read;

-- Tables that are there already, one block for each migration.
DO $$
BEGIN
  -- The ledger of migrations is for ncf_run to read only.
  IF pg_catalog.to_regclass('ncf.runs') IS NOT NULL THEN
    REVOKE INSERT, UPDATE, DELETE ON ncf.migrations FROM ncf_run;
    GRANT SELECT ON ncf.migrations TO ncf_run;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ncf.runs, ncf.stages, ncf.epochs TO ncf_run;
    GRANT SELECT ON ncf.migrations, ncf.runs, ncf.stages, ncf.epochs TO ncf_read;
  END IF;
  IF pg_catalog.to_regclass('ncf.metrics') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ncf.metrics TO ncf_run;
    GRANT SELECT ON ncf.metrics TO ncf_read;
  END IF;
  -- Readers see neither weights nor what a checkpoint holds, only that there are some.
  IF pg_catalog.to_regclass('ncf.models') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE
      ON ncf.models, ncf.model_chunks, ncf.checkpoints, ncf.checkpoint_chunks TO ncf_run;
    REVOKE SELECT ON ncf.model_chunks, ncf.checkpoints, ncf.checkpoint_chunks FROM ncf_read;
    GRANT SELECT ON ncf.models TO ncf_read;
    GRANT SELECT (run_id, progress, watermark, resumptions, bytes, written_at)
      ON ncf.checkpoints TO ncf_read;
  END IF;
  -- Moves of the pointer are only added, and the job doesn't set the shares of slots.
  IF pg_catalog.to_regclass('ncf.live') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ncf.live TO ncf_run;
    GRANT SELECT, INSERT ON ncf.live_moves TO ncf_run;
    REVOKE UPDATE, DELETE ON ncf.live_moves FROM ncf_run;
    GRANT SELECT ON ncf.slot_shares, ncf.slot_bounds TO ncf_run;
    REVOKE INSERT, UPDATE, DELETE ON ncf.slot_shares, ncf.slot_bounds FROM ncf_run;
    GRANT SELECT ON ncf.live, ncf.live_moves, ncf.slot_shares, ncf.slot_bounds TO ncf_read;
  END IF;
  IF pg_catalog.to_regclass('ncf.trials') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON ncf.trials TO ncf_run;
    GRANT SELECT ON ncf.trials TO ncf_read;
  END IF;
  -- Changes of shares are written by a trigger. Readers see counts and not whose they are.
  IF pg_catalog.to_regclass('ncf.served') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE
      ON ncf.served, ncf.served_tenths, ncf.served_groups, ncf.served_rivals, ncf.served_users,
        ncf.served_shown, ncf.slot_users, ncf.rival_lists TO ncf_run;
    GRANT SELECT ON ncf.slot_share_changes TO ncf_run;
    REVOKE INSERT, UPDATE, DELETE ON ncf.slot_share_changes FROM ncf_run;
    GRANT SELECT ON ncf.served, ncf.served_tenths, ncf.served_groups, ncf.served_rivals,
      ncf.slot_share_changes TO ncf_read;
    REVOKE SELECT ON ncf.served_users, ncf.served_shown, ncf.slot_users, ncf.rival_lists
      FROM ncf_read;
  END IF;
  -- What users took up in the time of a backtest is not for readers.
  IF pg_catalog.to_regclass('ncf.backtests') IS NOT NULL THEN
    GRANT SELECT, INSERT, UPDATE, DELETE
      ON ncf.backtests, ncf.backtest_nights, ncf.backtest_users TO ncf_run;
    GRANT SELECT ON ncf.backtests, ncf.backtest_nights TO ncf_read;
    REVOKE SELECT ON ncf.backtest_users FROM ncf_read;
  END IF;
  -- Erasures are only added.
  IF pg_catalog.to_regclass('ncf.forgotten') IS NOT NULL THEN
    GRANT SELECT, INSERT ON ncf.forgotten TO ncf_run;
    REVOKE UPDATE, DELETE ON ncf.forgotten FROM ncf_run;
    GRANT SELECT ON ncf.forgotten TO ncf_read;
  END IF;
END
$$;

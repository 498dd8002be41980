-- The schema of the job's own records, and the ledger of the migrations applied to it.
-- Apply each file in the order of its number and in one transaction: psql -1 -f 0001_schema.sql.
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
  'Records of ncf-batch: runs, their figures, their models, and which run is live';

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
COMMENT ON COLUMN ncf.migrations.name IS 'Name of the file';
COMMENT ON COLUMN ncf.migrations.sha256 IS
  'SHA-256 of the file''s text with LF line ends, in hexadecimal; a file must not change once applied';
COMMENT ON COLUMN ncf.migrations.applied_at IS 'When it was applied';
COMMENT ON COLUMN ncf.migrations.applied_by IS 'The role that applied it';

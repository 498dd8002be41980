-- How many users were forgotten, and when: never who.

CREATE TABLE ncf.forgotten (
  forgotten_id bigint GENERATED ALWAYS AS IDENTITY,
  job text NOT NULL,
  run_id bigint,
  users bigint NOT NULL,
  list_rows bigint NOT NULL,
  models bigint NOT NULL,
  forgotten_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  forgotten_by text NOT NULL DEFAULT current_user,
  CONSTRAINT forgotten_pkey PRIMARY KEY (forgotten_id),
  CONSTRAINT forgotten_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT forgotten_users_check CHECK (users >= 0),
  CONSTRAINT forgotten_list_rows_check CHECK (list_rows >= 0),
  CONSTRAINT forgotten_models_check CHECK (models >= 0)
);
COMMENT ON TABLE ncf.forgotten IS
  'How many users were removed from lists and stored models, and when; not who they were';
COMMENT ON COLUMN ncf.forgotten.forgotten_id IS 'Counts up';
COMMENT ON COLUMN ncf.forgotten.job IS 'Name of the job that forgot them';
COMMENT ON COLUMN ncf.forgotten.run_id IS
  'The run that found them absent from users.query; NULL: by ncf-batch forget';
COMMENT ON COLUMN ncf.forgotten.users IS 'Users of whom there was something';
COMMENT ON COLUMN ncf.forgotten.list_rows IS 'Rows of lists that were removed, of all kept runs';
COMMENT ON COLUMN ncf.forgotten.models IS 'Stored models that knew one of them and are now without';
COMMENT ON COLUMN ncf.forgotten.forgotten_at IS 'When, by the server''s clock';
COMMENT ON COLUMN ncf.forgotten.forgotten_by IS 'The role that did it';

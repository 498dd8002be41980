-- Erasure of users: how many and when, never who.

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
COMMENT ON COLUMN ncf.forgotten.forgotten_id IS 'Number of the erasure; later ones have higher numbers';
COMMENT ON COLUMN ncf.forgotten.job IS 'Name of the job whose users they were';
COMMENT ON COLUMN ncf.forgotten.run_id IS
  'The run that found them absent from users.query; NULL: by ncf-batch forget';
COMMENT ON COLUMN ncf.forgotten.users IS 'Number of users that had any data';
COMMENT ON COLUMN ncf.forgotten.list_rows IS 'Rows removed from the lists of all kept runs';
COMMENT ON COLUMN ncf.forgotten.models IS 'Stored models that held one of them and were rewritten';
COMMENT ON COLUMN ncf.forgotten.forgotten_at IS 'When, by the server''s clock';
COMMENT ON COLUMN ncf.forgotten.forgotten_by IS 'The role that did it';

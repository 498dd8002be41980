-- Trained models, so that the job keeps no state on a disk of its own.
-- Weights don't compress: EXTERNAL spares the attempt.

CREATE TABLE ncf.models (
  run_id bigint NOT NULL,
  format text NOT NULL DEFAULT 'safetensors',
  spec jsonb NOT NULL,
  bytes bigint NOT NULL,
  chunks integer NOT NULL,
  sha256 text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT models_pkey PRIMARY KEY (run_id),
  CONSTRAINT models_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT models_format_check CHECK (format = 'safetensors'),
  CONSTRAINT models_bytes_check CHECK (bytes > 0),
  CONSTRAINT models_chunks_check CHECK (chunks > 0),
  CONSTRAINT models_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$')
);

CREATE TABLE ncf.model_chunks (
  run_id bigint NOT NULL,
  ordinal integer NOT NULL,
  data bytea NOT NULL,
  CONSTRAINT model_chunks_pkey PRIMARY KEY (run_id, ordinal),
  CONSTRAINT model_chunks_run_id_fkey
    FOREIGN KEY (run_id) REFERENCES ncf.models (run_id) ON DELETE CASCADE,
  CONSTRAINT model_chunks_ordinal_check CHECK (ordinal >= 0)
);
ALTER TABLE ncf.model_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

COMMENT ON TABLE ncf.models IS 'Models that runs trained: weights, vocabularies and spec in one file';
COMMENT ON COLUMN ncf.models.run_id IS 'The run that trained it';
COMMENT ON COLUMN ncf.models.format IS 'Form of the concatenated chunks';
COMMENT ON COLUMN ncf.models.spec IS 'Shape of the model';
COMMENT ON COLUMN ncf.models.bytes IS 'Length of the file';
COMMENT ON COLUMN ncf.models.chunks IS 'How many rows of ncf.model_chunks it has';
COMMENT ON COLUMN ncf.models.sha256 IS
  'SHA-256 of the chunks'' own SHA-256 sums, 32 bytes each, in order; in hexadecimal';
COMMENT ON COLUMN ncf.models.created_at IS 'When it was stored';
COMMENT ON TABLE ncf.model_chunks IS 'The files of ncf.models, cut into pieces';
COMMENT ON COLUMN ncf.model_chunks.run_id IS 'The run';
COMMENT ON COLUMN ncf.model_chunks.ordinal IS 'Position of the piece, from 0';
COMMENT ON COLUMN ncf.model_chunks.data IS 'The piece';

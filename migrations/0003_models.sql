-- Trained models, and checkpoints of trainings under way: the job keeps no state on a disk of its own.
-- Each is one file that is cut into chunks. Weights don't compress: STORAGE EXTERNAL spares the attempt.
-- CREATE TABLE takes STORAGE from PostgreSQL 16 on only.

CREATE TABLE ncf.models (
  run_id bigint NOT NULL,
  spec jsonb NOT NULL,
  format text NOT NULL DEFAULT 'safetensors',
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
COMMENT ON TABLE ncf.models IS 'Models that runs trained: weights, vocabularies and spec in one file';
COMMENT ON COLUMN ncf.models.run_id IS 'The run that trained it';
COMMENT ON COLUMN ncf.models.spec IS 'Shape of the model';
COMMENT ON COLUMN ncf.models.format IS 'Form of the concatenated chunks';
COMMENT ON COLUMN ncf.models.bytes IS 'Length of the file';
COMMENT ON COLUMN ncf.models.chunks IS 'Number of its rows in ncf.model_chunks';
COMMENT ON COLUMN ncf.models.sha256 IS
  'SHA-256 of the chunks'' own SHA-256 sums, 32 bytes each, in order; in hexadecimal';
COMMENT ON COLUMN ncf.models.created_at IS 'When it was stored';

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
COMMENT ON TABLE ncf.model_chunks IS 'The files of ncf.models, cut into chunks';
COMMENT ON COLUMN ncf.model_chunks.run_id IS 'The run';
COMMENT ON COLUMN ncf.model_chunks.ordinal IS 'Position of the chunk, from 0';
COMMENT ON COLUMN ncf.model_chunks.data IS 'The chunk''s bytes';

-- At most one a run, replaced as training goes on, deleted when a run of the job ends.
CREATE TABLE ncf.checkpoints (
  run_id bigint NOT NULL,
  progress text NOT NULL,
  watermark timestamptz NOT NULL,
  recent bytea NOT NULL,
  fingerprint text NOT NULL,
  resumptions integer NOT NULL DEFAULT 0,
  format text NOT NULL DEFAULT 'safetensors',
  bytes bigint NOT NULL,
  chunks integer NOT NULL,
  sha256 text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  CONSTRAINT checkpoints_pkey PRIMARY KEY (run_id),
  CONSTRAINT checkpoints_run_id_fkey
    FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id) ON DELETE CASCADE,
  CONSTRAINT checkpoints_recent_check CHECK (pg_catalog.octet_length(recent) % 8 = 0),
  CONSTRAINT checkpoints_fingerprint_check CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
  CONSTRAINT checkpoints_resumptions_check CHECK (resumptions >= 0),
  CONSTRAINT checkpoints_format_check CHECK (format = 'safetensors'),
  CONSTRAINT checkpoints_bytes_check CHECK (bytes > 0),
  CONSTRAINT checkpoints_chunks_check CHECK (chunks > 0),
  CONSTRAINT checkpoints_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
COMMENT ON TABLE ncf.checkpoints IS
  'State of a training that has not ended: another run may resume from it';
COMMENT ON COLUMN ncf.checkpoints.run_id IS 'The run that wrote it';
COMMENT ON COLUMN ncf.checkpoints.progress IS 'How far training was, in words';
COMMENT ON COLUMN ncf.checkpoints.watermark IS
  'The server''s clock in that run''s pull; a run that resumes reads the log as of this moment';
COMMENT ON COLUMN ncf.checkpoints.recent IS
  'Hashes, 8 bytes each, of the rows of the last hour before it that had arrived: later ones are left out';
COMMENT ON COLUMN ncf.checkpoints.fingerprint IS
  'Hash of the interactions that the run had pulled; a run that resumes must have pulled the same';
COMMENT ON COLUMN ncf.checkpoints.resumptions IS
  'Number of runs that resumed from it and ended before a checkpoint of their own';
COMMENT ON COLUMN ncf.checkpoints.format IS 'Form of the concatenated chunks';
COMMENT ON COLUMN ncf.checkpoints.bytes IS 'Length of the file';
COMMENT ON COLUMN ncf.checkpoints.chunks IS 'Number of its rows in ncf.checkpoint_chunks';
COMMENT ON COLUMN ncf.checkpoints.sha256 IS
  'SHA-256 of the chunks'' own SHA-256 sums, 32 bytes each, in order; in hexadecimal';
COMMENT ON COLUMN ncf.checkpoints.written_at IS 'When it was written, by the server''s clock';

CREATE TABLE ncf.checkpoint_chunks (
  run_id bigint NOT NULL,
  ordinal integer NOT NULL,
  data bytea NOT NULL,
  CONSTRAINT checkpoint_chunks_pkey PRIMARY KEY (run_id, ordinal),
  CONSTRAINT checkpoint_chunks_run_id_fkey
    FOREIGN KEY (run_id) REFERENCES ncf.checkpoints (run_id) ON DELETE CASCADE,
  CONSTRAINT checkpoint_chunks_ordinal_check CHECK (ordinal >= 0)
);
ALTER TABLE ncf.checkpoint_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE ncf.checkpoint_chunks IS 'The files of ncf.checkpoints, cut into chunks';
COMMENT ON COLUMN ncf.checkpoint_chunks.run_id IS 'The run';
COMMENT ON COLUMN ncf.checkpoint_chunks.ordinal IS 'Position of the chunk, from 0';
COMMENT ON COLUMN ncf.checkpoint_chunks.data IS 'The chunk''s bytes';

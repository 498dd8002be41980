-- Trainings under way, so that a run that was stopped is gone on from instead of begun anew.
-- One at most for each run, replaced as it goes on, gone when a run of the job comes to its end.

CREATE TABLE ncf.checkpoints (
  run_id bigint NOT NULL,
  progress text NOT NULL,
  watermark timestamptz NOT NULL,
  recent bytea NOT NULL,
  fingerprint text NOT NULL,
  engine text NOT NULL,
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

CREATE TABLE ncf.checkpoint_chunks (
  run_id bigint NOT NULL,
  ordinal integer NOT NULL,
  data bytea NOT NULL,
  CONSTRAINT checkpoint_chunks_pkey PRIMARY KEY (run_id, ordinal),
  CONSTRAINT checkpoint_chunks_run_id_fkey
    FOREIGN KEY (run_id) REFERENCES ncf.checkpoints (run_id) ON DELETE CASCADE,
  CONSTRAINT checkpoint_chunks_ordinal_check CHECK (ordinal >= 0)
);
-- Weights don't compress: EXTERNAL spares the attempt.
ALTER TABLE ncf.checkpoint_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

COMMENT ON TABLE ncf.checkpoints IS
  'Where the training of a run stood that has not come to its end: another run may go on from it';
COMMENT ON COLUMN ncf.checkpoints.run_id IS 'The run that wrote it';
COMMENT ON COLUMN ncf.checkpoints.progress IS 'How far it was, in words';
COMMENT ON COLUMN ncf.checkpoints.watermark IS
  'The server''s clock in that run''s pull; whoever goes on reads the log as of this moment';
COMMENT ON COLUMN ncf.checkpoints.recent IS
  'Hashes, 8 bytes each, of the rows of the last hour before it that had arrived: later ones are left out';
COMMENT ON COLUMN ncf.checkpoints.fingerprint IS
  'Hash of what the run had pulled to train on; whoever goes on must have pulled the same';
COMMENT ON COLUMN ncf.checkpoints.engine IS
  'Type of processor that the arithmetic was made for: another one rounds differently';
COMMENT ON COLUMN ncf.checkpoints.resumptions IS
  'How many runs have gone on from it without getting as far as a checkpoint of their own';
COMMENT ON COLUMN ncf.checkpoints.format IS 'Form of the concatenated chunks';
COMMENT ON COLUMN ncf.checkpoints.bytes IS 'Length of the file';
COMMENT ON COLUMN ncf.checkpoints.chunks IS 'How many rows of ncf.checkpoint_chunks it has';
COMMENT ON COLUMN ncf.checkpoints.sha256 IS
  'SHA-256 of the chunks'' own SHA-256 sums, 32 bytes each, in order; in hexadecimal';
COMMENT ON COLUMN ncf.checkpoints.written_at IS 'When it was written, by the server''s clock';
COMMENT ON TABLE ncf.checkpoint_chunks IS 'The files of ncf.checkpoints, cut into pieces';
COMMENT ON COLUMN ncf.checkpoint_chunks.run_id IS 'The run';
COMMENT ON COLUMN ncf.checkpoint_chunks.ordinal IS 'Position of the piece, from 0';
COMMENT ON COLUMN ncf.checkpoint_chunks.data IS 'The piece';

ALTER TABLE ncf.runs
  ADD COLUMN resumed_run_id bigint,
  ADD CONSTRAINT runs_resumed_run_id_fkey
    FOREIGN KEY (resumed_run_id) REFERENCES ncf.runs (run_id);
COMMENT ON COLUMN ncf.runs.resumed_run_id IS
  'The stopped run whose training this one went on with, as of that run''s watermark; NULL: it began anew';

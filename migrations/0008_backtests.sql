-- Backtests: nights of the past as a configuration would have made them, and what became of their lists.

CREATE TABLE ncf.backtests (
  backtest_id bigint GENERATED ALWAYS AS IDENTITY,
  job text NOT NULL,
  key_sha256 text NOT NULL,
  config jsonb NOT NULL,
  k integer NOT NULL,
  seed numeric(20, 0) NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  CONSTRAINT backtests_pkey PRIMARY KEY (backtest_id),
  CONSTRAINT backtests_key UNIQUE (job, key_sha256),
  CONSTRAINT backtests_key_sha256_check CHECK (key_sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT backtests_k_check CHECK (k >= 1),
  CONSTRAINT backtests_seed_check CHECK (seed >= 0)
);
COMMENT ON TABLE ncf.backtests IS
  'Backtests of ncf-batch backtest, one a configuration: nights of the past made anew, nothing published';
COMMENT ON COLUMN ncf.backtests.backtest_id IS 'Number of the backtest';
COMMENT ON COLUMN ncf.backtests.job IS 'Name of the job';
COMMENT ON COLUMN ncf.backtests.key_sha256 IS
  'SHA-256 of configuration, first moment, step, seed and version as text, in hexadecimal: '
  'a call with the same goes on with it';
COMMENT ON COLUMN ncf.backtests.config IS
  'What the key is made of: the job with every default, and the others';
COMMENT ON COLUMN ncf.backtests.k IS 'Length of the lists that is judged';
COMMENT ON COLUMN ncf.backtests.seed IS 'Seed of everything drawn at random';
COMMENT ON COLUMN ncf.backtests.begun_at IS 'When it was begun, by the server''s clock';

CREATE TABLE ncf.backtest_nights (
  backtest_id bigint NOT NULL,
  moment timestamptz NOT NULL,
  until timestamptz NOT NULL,
  log text NOT NULL,
  status text NOT NULL,
  mode text,
  reason text NOT NULL,
  method text,
  choice jsonb,
  clock jsonb,
  lists_of timestamptz,
  listed_users bigint NOT NULL,
  users bigint NOT NULL,
  hr double precision,
  ndcg double precision,
  recall double precision,
  hits double precision,
  coverage double precision,
  rivals jsonb NOT NULL,
  seconds double precision NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  CONSTRAINT backtest_nights_pkey PRIMARY KEY (backtest_id, moment),
  CONSTRAINT backtest_nights_backtest_id_fkey FOREIGN KEY (backtest_id)
    REFERENCES ncf.backtests (backtest_id) ON DELETE CASCADE,
  CONSTRAINT backtest_nights_until_check CHECK (until > moment),
  CONSTRAINT backtest_nights_status_check
    CHECK (status IN ('published', 'refused', 'skipped', 'failed')),
  CONSTRAINT backtest_nights_mode_check CHECK (mode IN ('full', 'finetune')),
  CONSTRAINT backtest_nights_users_check CHECK (users BETWEEN 0 AND listed_users)
);
COMMENT ON TABLE ncf.backtest_nights IS 'Nights of backtests, one a row';
COMMENT ON COLUMN ncf.backtest_nights.backtest_id IS 'The backtest';
COMMENT ON COLUMN ncf.backtest_nights.moment IS 'The night: it knows the events before this moment';
COMMENT ON COLUMN ncf.backtest_nights.until IS
  'The next night, or the end: lists are judged by the events from moment on and before this';
COMMENT ON COLUMN ncf.backtest_nights.log IS
  'Hash of the events that the night knows and of those that it is judged by; where it changes, the backtest '
  'begins anew from this night on';
COMMENT ON COLUMN ncf.backtest_nights.status IS
  'published: its lists would have gone live; refused by the gate, skipped since nothing was new, or failed since '
  'nobody could be tested: the lists of the night before stay';
COMMENT ON COLUMN ncf.backtest_nights.mode IS 'full or finetune; NULL when nothing was trained';
COMMENT ON COLUMN ncf.backtest_nights.reason IS 'Why it trained as it did, or did not publish';
COMMENT ON COLUMN ncf.backtest_nights.method IS 'Method and settings in words';
COMMENT ON COLUMN ncf.backtest_nights.choice IS
  'What a search of this night chose and tried, where model is auto; NULL without a search';
COMMENT ON COLUMN ncf.backtest_nights.clock IS
  'Beginning (cut) and length (horizon) of the test of a split by the clock, in seconds; NULL without one';
COMMENT ON COLUMN ncf.backtest_nights.lists_of IS
  'The night whose lists were live from moment on: this one, or an earlier one where this one did not publish; '
  'NULL: there were none';
COMMENT ON COLUMN ncf.backtest_nights.listed_users IS 'Users who had a list';
COMMENT ON COLUMN ncf.backtest_nights.users IS
  'Those of them who took up an item that was new to them: figures are of these';
COMMENT ON COLUMN ncf.backtest_nights.hr IS 'Share of the users whose first new item was in the list';
COMMENT ON COLUMN ncf.backtest_nights.ndcg IS 'NDCG of the first new item, the mean over the users';
COMMENT ON COLUMN ncf.backtest_nights.recall IS
  'Share of a user''s new items that were in the list, the mean over the users';
COMMENT ON COLUMN ncf.backtest_nights.hits IS 'New items that were in the list, per user';
COMMENT ON COLUMN ncf.backtest_nights.coverage IS
  'Share of the items that may be listed which were in a list';
COMMENT ON COLUMN ncf.backtest_nights.rivals IS
  'The same figures of simple methods as of this night, of the same users';
COMMENT ON COLUMN ncf.backtest_nights.seconds IS 'How long the night took to replay';
COMMENT ON COLUMN ncf.backtest_nights.finished_at IS
  'When the night was replayed, by the server''s clock';

CREATE TABLE ncf.backtest_users (
  backtest_id bigint NOT NULL,
  moment timestamptz NOT NULL,
  user_id text NOT NULL,
  rank integer,
  hits integer NOT NULL,
  taken integer NOT NULL,
  CONSTRAINT backtest_users_pkey PRIMARY KEY (backtest_id, moment, user_id),
  CONSTRAINT backtest_users_backtest_id_fkey FOREIGN KEY (backtest_id, moment)
    REFERENCES ncf.backtest_nights (backtest_id, moment) ON DELETE CASCADE,
  CONSTRAINT backtest_users_rank_check CHECK (rank >= 1),
  CONSTRAINT backtest_users_hits_check CHECK (hits BETWEEN 0 AND taken)
);
COMMENT ON TABLE ncf.backtest_users IS
  'Users that a night of a backtest was judged by, one a row; paired tests between configurations are made of it';
COMMENT ON COLUMN ncf.backtest_users.backtest_id IS 'The backtest';
COMMENT ON COLUMN ncf.backtest_users.moment IS 'The night';
COMMENT ON COLUMN ncf.backtest_users.user_id IS 'The user, as text';
COMMENT ON COLUMN ncf.backtest_users.rank IS
  'Place of the first new item in the list, from 1; NULL where it was not in it';
COMMENT ON COLUMN ncf.backtest_users.hits IS 'New items that were in the list';
COMMENT ON COLUMN ncf.backtest_users.taken IS 'New items that the user took up';

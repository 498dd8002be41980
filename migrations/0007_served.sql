-- What became of the lists: which items users took up that their lists held. Counts and sums by day.

-- A change of a slot's share, so that it is known which slot was whose at any time.
CREATE TABLE ncf.slot_share_changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY,
  job text NOT NULL,
  slot text NOT NULL,
  share double precision,
  changed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  changed_by text NOT NULL DEFAULT session_user,
  CONSTRAINT slot_share_changes_pkey PRIMARY KEY (change_id),
  CONSTRAINT slot_share_changes_share_check CHECK (share >= 0 AND share <= 1)
);
CREATE INDEX slot_share_changes_job_idx ON ncf.slot_share_changes (job, slot, change_id);
COMMENT ON TABLE ncf.slot_share_changes IS
  'Changes of ncf.slot_shares, one a row, written by a trigger';
COMMENT ON COLUMN ncf.slot_share_changes.change_id IS
  'Number of the change; later ones have higher numbers';
COMMENT ON COLUMN ncf.slot_share_changes.job IS 'Name of the job';
COMMENT ON COLUMN ncf.slot_share_changes.slot IS 'The slot';
COMMENT ON COLUMN ncf.slot_share_changes.share IS 'The share from then on; NULL: it has none any more';
COMMENT ON COLUMN ncf.slot_share_changes.changed_at IS
  'When, by the server''s clock; -infinity for shares that are older than this table';
COMMENT ON COLUMN ncf.slot_share_changes.changed_by IS 'The role that did it';
COMMENT ON INDEX ncf.slot_share_changes_job_idx IS 'The latest change of a slot before a moment';

INSERT INTO ncf.slot_share_changes (job, slot, share, changed_at)
SELECT s.job, s.slot, s.share, '-infinity' FROM ncf.slot_shares AS s;

CREATE FUNCTION ncf.record_slot_share() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.job, OLD.slot) <> (NEW.job, NEW.slot)) THEN
    INSERT INTO ncf.slot_share_changes (job, slot, share) VALUES (OLD.job, OLD.slot, NULL);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO ncf.slot_share_changes (job, slot, share) VALUES (NEW.job, NEW.slot, NEW.share);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION ncf.record_slot_share() IS 'Writes ncf.slot_share_changes';
CREATE TRIGGER slot_shares_changed AFTER INSERT OR UPDATE OR DELETE ON ncf.slot_shares
  FOR EACH ROW EXECUTE FUNCTION ncf.record_slot_share();
COMMENT ON TRIGGER slot_shares_changed ON ncf.slot_shares IS 'Records each change of a share';

-- Counts by list and day. Rows of any days, generations and sources add up.
CREATE TABLE ncf.served (
  job text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  day date NOT NULL,
  source text NOT NULL,
  k integer NOT NULL,
  run_id bigint NOT NULL,
  listed_users bigint NOT NULL,
  taking_users bigint NOT NULL,
  hits bigint NOT NULL,
  ndcg double precision NOT NULL,
  expected_hits double precision,
  shown_users bigint,
  shown_taking_users bigint,
  shown_hits bigint,
  provisional boolean NOT NULL,
  counted_to timestamptz NOT NULL,
  CONSTRAINT served_pkey PRIMARY KEY (job, slot, generation, day, source, k),
  CONSTRAINT served_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT served_source_check CHECK (source IN ('model', 'popular')),
  CONSTRAINT served_k_check CHECK (k > 0),
  CONSTRAINT served_counts_check CHECK (
    0 <= hits AND hits <= taking_users AND taking_users <= listed_users),
  CONSTRAINT served_ndcg_check CHECK (ndcg >= 0 AND ndcg <= hits)
);
CREATE INDEX served_day_idx ON ncf.served (job, day);
COMMENT ON TABLE ncf.served IS
  'What became of the lists, by day (UTC). An event meets the list that was live when it occurred. A '
  'new item is one without a counting event before that list went live, or since it was readmitted; '
  'the first of a user and day counts';
COMMENT ON COLUMN ncf.served.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served.slot IS 'The slot whose list it was: main, or the name of a list beside it';
COMMENT ON COLUMN ncf.served.generation IS 'The pointer''s generation while the list was live';
COMMENT ON COLUMN ncf.served.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served.source IS 'model: lists ranked for one user; popular: for everybody';
COMMENT ON COLUMN ncf.served.k IS 'Length of the lists, output.k';
COMMENT ON COLUMN ncf.served.run_id IS 'The run that made the lists';
COMMENT ON COLUMN ncf.served.listed_users IS
  'Users of the slot that had a list. Not to be added up over days: the same users come again';
COMMENT ON COLUMN ncf.served.taking_users IS 'Those of them that took a new item that day';
COMMENT ON COLUMN ncf.served.hits IS 'Those of them whose first new item was in the list';
COMMENT ON COLUMN ncf.served.ndcg IS
  'Sum over the hits of 1 / log2(1 + rank); divided by taking_users it is NDCG at k';
COMMENT ON COLUMN ncf.served.expected_hits IS
  'What hits was to be by the published scores: their sum over the lists of taking_users; NULL where '
  'source is popular, whose scores are no probabilities';
COMMENT ON COLUMN ncf.served.shown_users IS
  'Users to whom an item of the list was shown that day; NULL without served.impressions';
COMMENT ON COLUMN ncf.served.shown_taking_users IS
  'Those of them that took a new item that day; NULL without served.impressions';
COMMENT ON COLUMN ncf.served.shown_hits IS
  'Those of them whose first new item was in the list; NULL without served.impressions';
COMMENT ON COLUMN ncf.served.provisional IS
  'Whether the day is counted again next night, since rows may arrive late (source.lookback)';
COMMENT ON COLUMN ncf.served.counted_to IS 'The watermark of the pull that was counted';
COMMENT ON INDEX ncf.served_day_idx IS 'The days of a job';

CREATE TABLE ncf.served_tenths (
  job text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  day date NOT NULL,
  tenth integer NOT NULL,
  taking_users bigint NOT NULL,
  expected_hits double precision NOT NULL,
  hits bigint NOT NULL,
  CONSTRAINT served_tenths_pkey PRIMARY KEY (job, slot, generation, day, tenth),
  CONSTRAINT served_tenths_tenth_check CHECK (tenth BETWEEN 1 AND 10)
);
COMMENT ON TABLE ncf.served_tenths IS
  'Expected beside actual hits, by tenths of the taking users of a list and day, those with the least '
  'probability of a hit first; rows of source model only';
COMMENT ON COLUMN ncf.served_tenths.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served_tenths.slot IS 'The slot';
COMMENT ON COLUMN ncf.served_tenths.generation IS 'The pointer''s generation while the list was live';
COMMENT ON COLUMN ncf.served_tenths.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served_tenths.tenth IS '1 for the users with the least probability, 10 for the most';
COMMENT ON COLUMN ncf.served_tenths.taking_users IS 'Users that took a new item';
COMMENT ON COLUMN ncf.served_tenths.expected_hits IS
  'Sum of the published scores of their lists; divided by taking_users it is the mean probability';
COMMENT ON COLUMN ncf.served_tenths.hits IS 'Users whose first new item was in the list';

CREATE TABLE ncf.served_groups (
  job text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  day date NOT NULL,
  source text NOT NULL,
  dimension text NOT NULL,
  at_least integer NOT NULL,
  taking_users bigint NOT NULL,
  hits bigint NOT NULL,
  ndcg double precision NOT NULL,
  expected_hits double precision,
  CONSTRAINT served_groups_pkey
    PRIMARY KEY (job, slot, generation, day, source, dimension, at_least),
  CONSTRAINT served_groups_dimension_check CHECK (dimension IN ('history', 'item_age')),
  CONSTRAINT served_groups_at_least_check CHECK (at_least >= -1)
);
COMMENT ON TABLE ncf.served_groups IS
  'The counts of ncf.served by length of the user''s history and by age of the item taken';
COMMENT ON COLUMN ncf.served_groups.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served_groups.slot IS 'The slot';
COMMENT ON COLUMN ncf.served_groups.generation IS 'The pointer''s generation while the list was live';
COMMENT ON COLUMN ncf.served_groups.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served_groups.source IS 'model or popular, as in ncf.served';
COMMENT ON COLUMN ncf.served_groups.dimension IS
  'history: items that the user had before the list went live; item_age: days from the item''s first '
  'event to then';
COMMENT ON COLUMN ncf.served_groups.at_least IS
  'The group''s least value, the next group''s being its end; -1: an item without an event before then';
COMMENT ON COLUMN ncf.served_groups.taking_users IS 'Users of the group that took a new item';
COMMENT ON COLUMN ncf.served_groups.hits IS 'Those whose first new item was in the list';
COMMENT ON COLUMN ncf.served_groups.ndcg IS 'Sum over the hits of 1 / log2(1 + rank)';
COMMENT ON COLUMN ncf.served_groups.expected_hits IS
  'Sum of the published scores of their lists; NULL where source is popular';

-- What rivals would have listed, for a sample of users.
CREATE TABLE ncf.rival_lists (
  run_id bigint NOT NULL,
  rival text NOT NULL,
  user_id text NOT NULL,
  items text[] NOT NULL,
  CONSTRAINT rival_lists_pkey PRIMARY KEY (run_id, user_id, rival),
  CONSTRAINT rival_lists_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id)
    ON DELETE CASCADE,
  CONSTRAINT rival_lists_rival_check CHECK (rival ~ '^[a-z][a-z0-9_]*$')
);
COMMENT ON TABLE ncf.rival_lists IS
  'What simpler methods would have listed when a run was published, for at most 20,000 users by a hash; '
  'kept until the run''s days are counted. Users were shown the live list and not these';
COMMENT ON COLUMN ncf.rival_lists.run_id IS 'The published run';
COMMENT ON COLUMN ncf.rival_lists.rival IS 'The method, such as itempop';
COMMENT ON COLUMN ncf.rival_lists.user_id IS 'The user, as text';
COMMENT ON COLUMN ncf.rival_lists.items IS 'The items as text, best first';

CREATE TABLE ncf.served_rivals (
  job text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  day date NOT NULL,
  rival text NOT NULL,
  run_id bigint NOT NULL,
  taking_users bigint NOT NULL,
  hits bigint NOT NULL,
  ndcg double precision NOT NULL,
  live_hits bigint NOT NULL,
  live_ndcg double precision NOT NULL,
  both_hits bigint NOT NULL,
  CONSTRAINT served_rivals_pkey PRIMARY KEY (job, slot, generation, day, rival),
  CONSTRAINT served_rivals_run_id_fkey FOREIGN KEY (run_id) REFERENCES ncf.runs (run_id),
  CONSTRAINT served_rivals_counts_check CHECK (
    0 <= both_hits AND both_hits <= least(hits, live_hits)
    AND greatest(hits, live_hits) <= taking_users)
);
COMMENT ON TABLE ncf.served_rivals IS
  'What the rivals'' lists would have had beside the live ones, on the same users, by day. Users were '
  'shown the live list and not the rivals'', which favours the live one';
COMMENT ON COLUMN ncf.served_rivals.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served_rivals.slot IS 'The slot';
COMMENT ON COLUMN ncf.served_rivals.generation IS 'The pointer''s generation while the list was live';
COMMENT ON COLUMN ncf.served_rivals.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served_rivals.rival IS 'The method, such as itempop';
COMMENT ON COLUMN ncf.served_rivals.run_id IS 'The run that made the live lists';
COMMENT ON COLUMN ncf.served_rivals.taking_users IS
  'Users of the sample that had a list and took a new item that day';
COMMENT ON COLUMN ncf.served_rivals.hits IS 'Those whose first new item was in the rival''s list';
COMMENT ON COLUMN ncf.served_rivals.ndcg IS 'Sum over these of 1 / log2(1 + rank)';
COMMENT ON COLUMN ncf.served_rivals.live_hits IS 'Those whose first new item was in the live list';
COMMENT ON COLUMN ncf.served_rivals.live_ndcg IS 'Sum over these of 1 / log2(1 + rank)';
COMMENT ON COLUMN ncf.served_rivals.both_hits IS 'Those for whom it was in both';

-- Rows of users, from which the counts are made: as long as a day is provisional, and, of hits, as long
-- as slots are compared.
CREATE TABLE ncf.served_users (
  job text NOT NULL,
  day date NOT NULL,
  user_id text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  item_id text NOT NULL,
  source text NOT NULL,
  rank integer,
  expected_hits double precision,
  history integer NOT NULL,
  item_age integer NOT NULL,
  CONSTRAINT served_users_pkey PRIMARY KEY (job, day, user_id)
);
COMMENT ON TABLE ncf.served_users IS
  'First new items of users with a list, by day. Kept while the day is provisional; rows of hits also '
  'while the job has shares of slots, which are compared by them. Erasure removes a user''s rows';
COMMENT ON COLUMN ncf.served_users.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served_users.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served_users.user_id IS 'The user, as text';
COMMENT ON COLUMN ncf.served_users.slot IS 'The slot whose list the user saw';
COMMENT ON COLUMN ncf.served_users.generation IS 'The pointer''s generation then';
COMMENT ON COLUMN ncf.served_users.item_id IS 'The first new item of the day, as text';
COMMENT ON COLUMN ncf.served_users.source IS 'Whether the list was the model''s or the popular one';
COMMENT ON COLUMN ncf.served_users.rank IS 'The item''s place in the list; NULL: it was not in it';
COMMENT ON COLUMN ncf.served_users.expected_hits IS
  'Sum of the list''s scores where they are probabilities; NULL for a popular list';
COMMENT ON COLUMN ncf.served_users.history IS 'at_least of the user''s group in ncf.served_groups';
COMMENT ON COLUMN ncf.served_users.item_age IS 'at_least of the item''s group in ncf.served_groups';

CREATE TABLE ncf.served_shown (
  job text NOT NULL,
  day date NOT NULL,
  user_id text NOT NULL,
  slot text NOT NULL,
  generation bigint NOT NULL,
  source text NOT NULL,
  CONSTRAINT served_shown_pkey PRIMARY KEY (job, day, user_id, slot, generation)
);
COMMENT ON TABLE ncf.served_shown IS
  'Users to whom an item of their list was shown, by day (served.impressions); kept while the day is '
  'provisional. Erasure removes a user''s rows';
COMMENT ON COLUMN ncf.served_shown.job IS 'Name of the job';
COMMENT ON COLUMN ncf.served_shown.day IS 'The day, UTC';
COMMENT ON COLUMN ncf.served_shown.user_id IS 'The user, as text';
COMMENT ON COLUMN ncf.served_shown.slot IS 'The slot whose list it was';
COMMENT ON COLUMN ncf.served_shown.generation IS 'The pointer''s generation then';
COMMENT ON COLUMN ncf.served_shown.source IS 'Whether the list was the model''s or the popular one';

CREATE TABLE ncf.slot_users (
  job text NOT NULL,
  user_id text NOT NULL,
  place bigint NOT NULL,
  first_day date NOT NULL,
  CONSTRAINT slot_users_pkey PRIMARY KEY (job, user_id),
  CONSTRAINT slot_users_place_check CHECK (place >= 0 AND place < 4294967296)
);
COMMENT ON TABLE ncf.slot_users IS
  'Users that had a list while the job has shares of slots: whom ncf-batch slots compares. Erasure '
  'removes a user''s row';
COMMENT ON COLUMN ncf.slot_users.job IS 'Name of the job';
COMMENT ON COLUMN ncf.slot_users.user_id IS 'The user, as text';
COMMENT ON COLUMN ncf.slot_users.place IS 'ncf.slot_position of the user, times 2 to the 32';
COMMENT ON COLUMN ncf.slot_users.first_day IS 'The first day with a list, UTC';

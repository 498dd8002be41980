import RunSupport

extension SQL {
  /// Statements that count what became of the lists; all of one count run in one transaction.
  enum Served {
    /// Where the days lie that are to be counted, in microseconds and in days since 1970.
    ///
    /// $1: job; $2: the runs whose lists are kept.
    static let state = """
      SELECT
        (SELECT (extract(epoch FROM min(m.moved_at)) * 1000000)::bigint FROM ncf.live_moves AS m
          WHERE m.job = $1 AND m.run_id = ANY ($2::bigint[])) AS first_move,
        min(s.day - date '1970-01-01') FILTER (WHERE s.provisional) AS provisional_from,
        max(s.day - date '1970-01-01') AS last_day,
        (extract(epoch FROM max(s.counted_to)) * 1000000)::bigint AS counted_to
      FROM ncf.served AS s WHERE s.job = $1
      """

    /// The spans that are to be counted.
    ///
    /// $1 to $3: as of `Timeline.placed`.
    static let makeSpans = """
      CREATE TEMPORARY TABLE served_spans (
        span integer, slot text, generation bigint, run_id bigint, day date, begins timestamptz,
        ends timestamptz, published timestamptz, readmitted_before bigint, places int8multirange,
        is_kept boolean
      ) ON COMMIT DROP
      """
    /// Fills them: $4 the age at which items are readmitted, or NULL; $5 the runs whose lists are kept.
    static let fillSpans = """
      WITH \(Timeline.placed)
      INSERT INTO pg_temp.served_spans
      SELECT pg_catalog.row_number() OVER (ORDER BY p.begins, p.slot), p.slot, p.generation, p.run_id,
        (p.begins AT TIME ZONE 'UTC')::date, p.begins, p.ends, p.published,
        coalesce(greatest(ceil(extract(epoch FROM
          coalesce(r.watermark, r.started_at) - $4::interval)), 0)::bigint, 0),
        p.places, p.run_id = ANY ($5::bigint[])
      FROM placed AS p JOIN ncf.runs AS r ON r.run_id = p.run_id
      WHERE NOT pg_catalog.isempty(p.places)
      """
    static let spans = """
      SELECT s.span, s.run_id, ceil(extract(epoch FROM s.begins))::bigint AS begins,
        ceil(extract(epoch FROM s.ends))::bigint AS ends,
        ceil(extract(epoch FROM s.published))::bigint AS published, s.readmitted_before,
        s.places = '{[0,\(Timeline.places))}'::int8multirange AS is_for_all, s.is_kept
      FROM pg_temp.served_spans AS s ORDER BY s.span
      """

    /// What the log holds: first new items, in the types of the lists' ids.
    static func makeTaken(user: String, item: String) -> String {
      """
      CREATE TEMPORARY TABLE served_taken (
        span integer NOT NULL, user_id \(user) NOT NULL, item_id \(item) NOT NULL,
        second bigint NOT NULL, history integer NOT NULL, item_age integer NOT NULL
      ) ON COMMIT DROP
      """
    }
    static let copyTaken = """
      COPY pg_temp.served_taken (span, user_id, item_id, second, history, item_age)
      FROM STDIN (FORMAT binary)
      """
    static let analyzeTaken = "ANALYZE pg_temp.served_taken"
    static let analyzeSpans = "ANALYZE pg_temp.served_spans"
    /// First new items of users that had a list, and the numbers of users that had one.
    static let makeMet = """
      CREATE TEMPORARY TABLE served_met (
        LIKE ncf.served_users, second bigint NOT NULL
      ) ON COMMIT DROP
      """
    static let makeCells = """
      CREATE TEMPORARY TABLE served_cells (
        slot text, generation bigint, day date, run_id bigint, source text, k integer,
        listed_users bigint
      ) ON COMMIT DROP
      """

    /// Whether a row of a table that has slot, generation and day is counted anew.
    static func isCounted(_ alias: String) -> String {
      """
      EXISTS (SELECT FROM pg_temp.served_spans AS p WHERE p.is_kept AND p.slot = \(alias).slot
        AND p.generation = \(alias).generation AND p.day = \(alias).day)
      """
    }

    /// Takes what was counted of a job's days out, to be counted anew: $1 job.
    static func deleteCounts(of table: String) -> String {
      "DELETE FROM ncf.\(table) AS t WHERE t.job = $1 AND \(isCounted("t"))"
    }
    /// Of a user and day the first of the new items that met a list: $1 job.
    static let insertUsers = """
      INSERT INTO ncf.served_users
        (job, day, user_id, slot, generation, item_id, source, rank, expected_hits, history, item_age)
      SELECT DISTINCT ON (m.day, m.user_id) m.job, m.day, m.user_id, m.slot, m.generation, m.item_id,
        m.source, m.rank, m.expected_hits, m.history, m.item_age
      FROM pg_temp.served_met AS m
      ORDER BY m.day, m.user_id, m.second, m.slot
      ON CONFLICT (job, day, user_id) DO NOTHING
      """

    /// The gain of a place, 1 / log2(1 + rank).
    private static func gain(_ rank: String) -> String {
      "pg_catalog.ln(2::float8) / pg_catalog.ln(1 + \(rank)::float8)"
    }
    private static let sums = """
      pg_catalog.count(*) AS taking_users, pg_catalog.count(u.rank) AS hits,
        coalesce(pg_catalog.sum(\(gain("u.rank")) ORDER BY u.user_id), 0) AS ndcg,
        pg_catalog.sum(u.expected_hits ORDER BY u.user_id) AS expected_hits
      """

    /// A copy of the rows of users that are counted anew, of which the planner has statistics: $1 job.
    static let makeRows = """
      CREATE TEMPORARY TABLE served_rows (LIKE ncf.served_users) ON COMMIT DROP
      """
    static let fillRows = """
      INSERT INTO pg_temp.served_rows
      SELECT u.* FROM ncf.served_users AS u WHERE u.job = $1 AND \(isCounted("u"))
      """
    static let analyzeRows = "ANALYZE pg_temp.served_rows"

    /// The counts by list, day and source.
    ///
    /// $1: job; $2: days before this one, in days since 1970, are final; $3: the watermark in
    /// microseconds; $4: whether it is known what was shown.
    static let insertCounts = """
      INSERT INTO ncf.served (job, slot, generation, day, source, k, run_id, listed_users,
        taking_users, hits, ndcg, expected_hits, shown_users, shown_taking_users, shown_hits,
        provisional, counted_to)
      SELECT $1, c.slot, c.generation, c.day, c.source, c.k, c.run_id, c.listed_users,
        coalesce(u.taking_users, 0), coalesce(u.hits, 0), coalesce(u.ndcg, 0),
        CASE WHEN c.source = 'model' THEN coalesce(u.expected_hits, 0) END,
        CASE WHEN $4 THEN coalesce(w.shown_users, 0) END,
        CASE WHEN $4 THEN coalesce(w.taking_users, 0) END,
        CASE WHEN $4 THEN coalesce(w.hits, 0) END,
        c.day - date '1970-01-01' >= $2::integer,
        timestamptz 'epoch' + $3::bigint * interval '1 microsecond'
      FROM pg_temp.served_cells AS c
      LEFT JOIN (
        SELECT u.slot, u.generation, u.day, u.source, \(sums)
        FROM pg_temp.served_rows AS u
        GROUP BY u.slot, u.generation, u.day, u.source
      ) AS u USING (slot, generation, day, source)
      LEFT JOIN (
        SELECT w.slot, w.generation, w.day, w.source, pg_catalog.count(*) AS shown_users,
          pg_catalog.count(u.user_id) AS taking_users, pg_catalog.count(u.rank) AS hits
        FROM ncf.served_shown AS w
        LEFT JOIN pg_temp.served_rows AS u USING (job, slot, generation, day, user_id)
        WHERE w.job = $1 AND \(isCounted("w"))
        GROUP BY w.slot, w.generation, w.day, w.source
      ) AS w USING (slot, generation, day, source)
      """
    /// Expected beside actual hits: $1 job.
    static let insertTenths = """
      INSERT INTO ncf.served_tenths
        (job, slot, generation, day, tenth, taking_users, expected_hits, hits)
      SELECT $1, u.slot, u.generation, u.day, u.tenth, pg_catalog.count(*),
        pg_catalog.sum(u.expected_hits ORDER BY u.user_id), pg_catalog.count(u.rank)
      FROM (
        SELECT u.slot, u.generation, u.day, u.user_id, u.expected_hits, u.rank,
          pg_catalog.ntile(10) OVER (
            PARTITION BY u.slot, u.generation, u.day ORDER BY u.expected_hits, u.user_id) AS tenth
        FROM pg_temp.served_rows AS u WHERE u.expected_hits IS NOT NULL
      ) AS u
      GROUP BY u.slot, u.generation, u.day, u.tenth
      """
    /// The counts by length of history and by age of item: $1 job.
    static let insertGroups = """
      INSERT INTO ncf.served_groups (job, slot, generation, day, source, dimension, at_least,
        taking_users, hits, ndcg, expected_hits)
      SELECT $1, u.slot, u.generation, u.day, u.source, g.dimension, g.at_least, \(sums)
      FROM pg_temp.served_rows AS u
      CROSS JOIN LATERAL (
        VALUES ('history', u.history), ('item_age', u.item_age)) AS g (dimension, at_least)
      GROUP BY u.slot, u.generation, u.day, u.source, g.dimension, g.at_least
      """
    /// What the rivals' lists would have had: $1 job.
    static let insertRivals = """
      INSERT INTO ncf.served_rivals (job, slot, generation, day, rival, run_id, taking_users, hits,
        ndcg, live_hits, live_ndcg, both_hits)
      SELECT $1, u.slot, u.generation, u.day, r.rival, r.run_id, pg_catalog.count(*),
        pg_catalog.count(p.rank),
        coalesce(pg_catalog.sum(\(gain("p.rank")) ORDER BY u.user_id), 0),
        pg_catalog.count(u.rank),
        coalesce(pg_catalog.sum(\(gain("u.rank")) ORDER BY u.user_id), 0),
        pg_catalog.count(*) FILTER (WHERE p.rank IS NOT NULL AND u.rank IS NOT NULL)
      FROM pg_temp.served_rows AS u
      JOIN (
        SELECT DISTINCT s.slot, s.generation, s.run_id FROM pg_temp.served_spans AS s WHERE s.is_kept
      ) AS s ON s.slot = u.slot AND s.generation = u.generation
      JOIN ncf.rival_lists AS r ON r.run_id = s.run_id AND r.user_id = u.user_id
      CROSS JOIN LATERAL (
        SELECT pg_catalog.array_position(r.items, u.item_id) AS rank) AS p
      GROUP BY u.slot, u.generation, u.day, r.rival, r.run_id
      """

    /// Makes days final: $1 job, $2 the first day that is not, in days since 1970.
    static let finishDays = """
      UPDATE ncf.served AS s SET provisional = false
      WHERE s.job = $1 AND s.provisional AND s.day - date '1970-01-01' < $2::integer
      """
    /// Removes rows of users that are needed no more: $1, $2 as above.
    static let finishUsers = """
      DELETE FROM ncf.served_users AS u
      WHERE u.job = $1 AND u.day - date '1970-01-01' < $2::integer
        AND (u.rank IS NULL OR NOT \(hasShares))
      """
    static let finishShown = """
      DELETE FROM ncf.served_shown AS w
      WHERE w.job = $1 AND w.day - date '1970-01-01' < $2::integer
      """
    /// Whether users of job $1 are divided among slots.
    static let hasShares = """
      EXISTS (SELECT FROM ncf.slot_shares AS h WHERE h.job = $1 AND h.share > 0)
      """
    static let dividesUsers = "SELECT \(hasShares) AS divides_users"
    static let deleteSlotUsers = "DELETE FROM ncf.slot_users AS u WHERE u.job = $1"

    /// Whether it is known what was shown on the provisional days: $1 job.
    static let knowsShown = """
      SELECT coalesce(pg_catalog.bool_or(s.shown_users IS NOT NULL), false) AS knows_shown
      FROM ncf.served AS s WHERE s.job = $1 AND s.provisional
      """

    /// Removes the rivals' lists of runs whose days are all counted: $1 job.
    static let deleteRivalLists = """
      DELETE FROM ncf.rival_lists AS l USING ncf.runs AS r
      WHERE r.run_id = l.run_id AND r.job = $1
        AND NOT EXISTS (SELECT FROM ncf.live AS v WHERE v.run_id = l.run_id)
        AND NOT EXISTS (
          SELECT FROM ncf.served AS s
          WHERE s.job = $1 AND s.run_id = l.run_id AND s.provisional)
        AND NOT EXISTS (
          SELECT FROM ncf.live_moves AS m
          WHERE m.job = $1 AND m.previous_run_id = l.run_id AND m.moved_at > coalesce(
            (SELECT max(s.counted_to) FROM ncf.served AS s WHERE s.job = $1), '-infinity'))
      """
    static let deleteRivalListsOfRun = "DELETE FROM ncf.rival_lists AS l WHERE l.run_id = $1"
    static let copyRivalLists = """
      COPY ncf.rival_lists (run_id, rival, user_id, items) FROM STDIN (FORMAT binary)
      """
  }
}

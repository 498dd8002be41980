import RunSupport

/// Statements that bring what users took together with a run's lists.
extension SQL.Output {
  /// The place of a user, or 0 where everybody sees the same list.
  private func place(of user: String, job: String, isForAll: Bool) -> String {
    isForAll ? "0::bigint" : SQL.Timeline.place(of: user, job: job)
  }

  /// New items that met a list of a run, with their places in it.
  ///
  /// - Parameters:
  ///   - run: the run, whose lists are kept.
  ///   - isForAll: whether everybody saw them.
  /// - Returns: a statement; $1: job.
  func meet(_ run: Int64, isForAll: Bool) -> String {
    """
    INSERT INTO pg_temp.served_met (job, day, user_id, slot, generation, item_id, source, rank,
      expected_hits, history, item_age, second)
    SELECT $1, s.day, t.user_id::text, s.slot, s.generation, t.item_id::text, l.source, l.rank,
      l.expected_hits, t.history, t.item_age, t.second
    FROM pg_temp.served_taken AS t
    JOIN pg_temp.served_spans AS s ON s.span = t.span AND s.run_id = \(run)
    CROSS JOIN LATERAL (
      SELECT min(r.source) FILTER (WHERE r.rank = 1) AS source,
        min(r.rank) FILTER (WHERE r.item_id = t.item_id) AS rank,
        pg_catalog.sum(r.score::float8 ORDER BY r.rank) FILTER (WHERE r.source = 'model')
          AS expected_hits
      FROM \(child(run, of: lists)) AS r WHERE r.run_id = \(run) AND r.user_id = t.user_id
    ) AS l
    WHERE l.source IS NOT NULL
      AND s.places @> \(place(of: "t.user_id", job: "$1", isForAll: isForAll))
    """
  }

  /// How many users had a list of a run, by slot, generation, day and source.
  ///
  /// $1: job.
  func countListed(_ run: Int64, isForAll: Bool) -> String {
    """
    INSERT INTO pg_temp.served_cells
      (slot, generation, day, run_id, source, k, listed_users)
    WITH listed AS MATERIALIZED (
      SELECT r.source, \(place(of: "r.user_id", job: "$1", isForAll: isForAll)) AS place,
        pg_catalog.count(*) AS users
      FROM \(child(run, of: lists)) AS r WHERE r.run_id = \(run) AND r.rank = 1
      GROUP BY 1, 2
    )
    SELECT c.slot, c.generation, c.day, \(run), l.source,
      (SELECT (r.config #>> '{job,output,k}')::integer FROM ncf.runs AS r WHERE r.run_id = \(run)),
      pg_catalog.sum(l.users)
    FROM (
      SELECT DISTINCT s.slot, s.generation, s.day FROM pg_temp.served_spans AS s
      WHERE s.run_id = \(run)
    ) AS c
    JOIN listed AS l ON EXISTS (
      SELECT FROM pg_temp.served_spans AS s
      WHERE s.slot = c.slot AND s.generation = c.generation AND s.day = c.day
        AND s.places @> l.place)
    WHERE $1::text IS NOT NULL
    GROUP BY c.slot, c.generation, c.day, l.source
    """
  }

  /// Remembers who had a list of a run while slots were compared: $1 job.
  func insertSlotUsers(_ run: Int64) -> String {
    """
    INSERT INTO ncf.slot_users (job, user_id, place, first_day)
    SELECT $1, l.user_id, l.place, min(s.day)
    FROM (
      SELECT r.user_id::text AS user_id, \(SQL.Timeline.place(of: "r.user_id", job: "$1")) AS place
      FROM \(child(run, of: lists)) AS r WHERE r.run_id = \(run) AND r.rank = 1
    ) AS l
    JOIN pg_temp.served_spans AS s ON s.run_id = \(run) AND s.places @> l.place
    GROUP BY l.user_id, l.place
    ON CONFLICT (job, user_id) DO NOTHING
    """
  }

  /// What was shown to whom during the spans, from the job's query.
  ///
  /// - Parameters:
  ///   - query: `served.impressions`.
  ///   - user: the type of the lists' users.
  ///   - item: the type of their items.
  /// - Returns: a statement.
  static func makeImpressions(_ query: String, user: String, item: String) -> String {
    """
    CREATE TEMPORARY TABLE served_impressions ON COMMIT DROP AS
    SELECT DISTINCT i.user_id::\(user) AS user_id, i.item_id::\(item) AS item_id, s.span
    FROM (
    \(query)
    ) AS i
    JOIN pg_temp.served_spans AS s
      ON i.shown_at::timestamptz >= s.begins AND i.shown_at::timestamptz < s.ends
    WHERE i.shown_at >= (SELECT min(p.begins) FROM pg_temp.served_spans AS p)
      AND i.shown_at < (SELECT max(p.ends) FROM pg_temp.served_spans AS p)
    """
  }

  /// Users to whom an item of a run's list was shown: $1 job.
  func meetImpressions(_ run: Int64, isForAll: Bool) -> String {
    """
    INSERT INTO ncf.served_shown (job, day, user_id, slot, generation, source)
    SELECT DISTINCT $1, s.day, i.user_id::text, s.slot, s.generation, r.source
    FROM pg_temp.served_impressions AS i
    JOIN pg_temp.served_spans AS s ON s.span = i.span AND s.run_id = \(run)
    JOIN \(child(run, of: lists)) AS r
      ON r.run_id = \(run) AND r.user_id = i.user_id AND r.item_id = i.item_id
    WHERE s.places @> \(place(of: "i.user_id", job: "$1", isForAll: isForAll))
    """
  }

  /// The types of the ids in the relation of all lists: $1 its name, qualified and quoted.
  static let idTypes = """
    SELECT
      min(pg_catalog.format_type(a.atttypid, a.atttypmod)) FILTER (WHERE a.attname = 'user_id')
        AS user_type,
      min(pg_catalog.format_type(a.atttypid, a.atttypmod)) FILTER (WHERE a.attname = 'item_id')
        AS item_type
    FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = pg_catalog.to_regclass($1)
    """
}

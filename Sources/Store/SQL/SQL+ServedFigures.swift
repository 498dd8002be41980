import RunSupport

/// Statements that read what was counted.
extension SQL.Served {
  /// The day that was not over when it was counted last: $1 job.
  private static let countedDay = """
    (SELECT (max(s.counted_to) AT TIME ZONE 'UTC')::date FROM ncf.served AS s WHERE s.job = $1)
    """

  /// Each rival beside the live lists on whole days with enough taking users, the latest day first.
  ///
  /// $1: job; $2: slot; $3: lists of runs from this one on, or NULL.
  static let nights = """
    SELECT v.day::text AS day, v.rival, pg_catalog.sum(v.hits)::bigint AS hits,
      pg_catalog.sum(v.live_hits)::bigint AS live_hits
    FROM ncf.served_rivals AS v
    WHERE v.job = $1 AND v.slot = $2 AND ($3::bigint IS NULL OR v.run_id >= $3)
      AND v.day < \(countedDay)
    GROUP BY v.day, v.rival
    HAVING pg_catalog.sum(v.taking_users) >= 100
    ORDER BY v.day DESC, v.rival
    """

  /// Whether a row is of the latest days: $1 job, $3 how many.
  private static let isRecent = """
    > (SELECT max(s.day) FROM ncf.served AS s WHERE s.job = $1) - $3::integer
    """

  /// Counts by day, slot and source.
  ///
  /// $1: job; $2: slot, or NULL for all; $3: how many days.
  static let days = """
    SELECT c.day::text AS day, c.slot, c.source, max(c.listed_users) AS listed_users,
      pg_catalog.sum(c.taking_users)::bigint AS taking_users,
      pg_catalog.sum(c.hits)::bigint AS hits,
      pg_catalog.sum(c.ndcg ORDER BY c.generation) AS ndcg,
      pg_catalog.sum(c.expected_hits ORDER BY c.generation) AS expected_hits,
      pg_catalog.sum(c.shown_users)::bigint AS shown_users,
      pg_catalog.sum(c.shown_hits)::bigint AS shown_hits,
      pg_catalog.bool_or(c.provisional) AS is_provisional, c.day < \(countedDay) AS is_whole
    FROM ncf.served AS c
    WHERE c.job = $1 AND ($2::text IS NULL OR c.slot = $2) AND c.day \(isRecent)
    GROUP BY c.day, c.slot, c.source
    ORDER BY c.day, c.slot <> 'main', c.slot, c.source
    """
  /// The rivals by day and slot: as above.
  static let rivalDays = """
    SELECT c.day::text AS day, c.slot, c.rival, pg_catalog.sum(c.taking_users)::bigint AS taking_users,
      pg_catalog.sum(c.hits)::bigint AS hits, pg_catalog.sum(c.live_hits)::bigint AS live_hits,
      c.day < \(countedDay) AS is_whole
    FROM ncf.served_rivals AS c
    WHERE c.job = $1 AND ($2::text IS NULL OR c.slot = $2) AND c.day \(isRecent)
    GROUP BY c.day, c.slot, c.rival
    ORDER BY c.day, c.slot <> 'main', c.slot, c.rival
    """
  /// Tenths and groups over these days: as above.
  static let groupSums = """
    SELECT g.dimension, g.at_least, pg_catalog.sum(g.taking_users)::bigint AS taking_users,
      pg_catalog.sum(g.hits)::bigint AS hits,
      pg_catalog.sum(g.expected_hits ORDER BY g.day, g.generation) AS expected_hits
    FROM (
      SELECT 'tenth' AS dimension, t.tenth AS at_least, t.taking_users, t.hits, t.expected_hits, t.day,
        t.generation
      FROM ncf.served_tenths AS t
      WHERE t.job = $1 AND ($2::text IS NULL OR t.slot = $2) AND t.day \(isRecent)
      UNION ALL
      SELECT c.dimension, c.at_least, c.taking_users, c.hits, c.expected_hits, c.day, c.generation
      FROM ncf.served_groups AS c
      WHERE c.job = $1 AND ($2::text IS NULL OR c.slot = $2) AND c.day \(isRecent)
    ) AS g
    GROUP BY g.dimension, g.at_least ORDER BY g.dimension, g.at_least
    """
}

import RunSupport

extension SQL {
  /// Which list of a job was live for whom, and when.
  package enum Timeline {
    /// The number of places that `ncf.slot_position` divides users among.
    static let places = "4294967296"

    /// A user's place as a whole number.
    ///
    /// - Parameters:
    ///   - user: an expression.
    ///   - job: a parameter.
    /// - Returns: an expression.
    static func place(of user: String, job: String) -> String {
      "(ncf.slot_position(\(user)::text, \(job)) * \(places))::bigint"
    }

    /// Relations that end in `placed`: each stretch between two changes, and each slot that has a list and
    /// users in it, with their places.
    ///
    /// $1: job; $2, $3: from when to when, in microseconds since 1970, or NULL for no bound; `begins` and
    /// `ends` of `placed` are moments.
    package static let placed = """
      moves AS (
        SELECT m.slot, m.generation, m.run_id, m.moved_at AS begins,
          coalesce(pg_catalog.lead(m.moved_at) OVER (PARTITION BY m.slot ORDER BY m.generation),
            'infinity') AS ends
        FROM ncf.live_moves AS m WHERE m.job = $1
      ), limits AS (
        SELECT coalesce(timestamptz 'epoch' + $2::bigint * interval '1 microsecond',
            (SELECT min(m.begins) FROM moves AS m)) AS first,
          coalesce(timestamptz 'epoch' + $3::bigint * interval '1 microsecond',
            pg_catalog.clock_timestamp()) AS last
      ), moments AS (
        SELECT m.begins AS moment FROM moves AS m
        UNION SELECT c.changed_at FROM ncf.slot_share_changes AS c WHERE c.job = $1
        UNION SELECT l.first FROM limits AS l
        UNION SELECT l.last FROM limits AS l
        UNION SELECT d FROM limits AS l CROSS JOIN LATERAL pg_catalog.generate_series(
          (pg_catalog.date_trunc('day', l.first AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'),
          l.last, interval '24 hours') AS d
      ), stretches AS (
        SELECT m.moment AS begins, pg_catalog.lead(m.moment) OVER (ORDER BY m.moment) AS ends
        FROM moments AS m JOIN limits AS l ON m.moment BETWEEN l.first AND l.last
      ), shares AS (
        SELECT t.begins, c.slot, c.share,
          pg_catalog.sum(c.share) OVER (PARTITION BY t.begins ORDER BY c.slot) AS reach
        FROM stretches AS t CROSS JOIN LATERAL (
          SELECT DISTINCT ON (s.slot) s.slot, s.share FROM ncf.slot_share_changes AS s
          WHERE s.job = $1 AND s.changed_at <= t.begins
          ORDER BY s.slot, s.change_id DESC) AS c
        WHERE c.share IS NOT NULL
      ), live AS (
        SELECT t.begins, t.ends, m.slot, m.generation, m.run_id, m.begins AS published,
          CASE WHEN s.share > 0 THEN pg_catalog.int8range(
            ceil(least(s.reach - s.share, 1) * \(places))::bigint,
            ceil(least(s.reach, 1) * \(places))::bigint) ELSE 'empty' END AS range
        FROM stretches AS t
        JOIN moves AS m ON m.begins <= t.begins AND m.ends > t.begins
        LEFT JOIN shares AS s ON s.begins = t.begins AND s.slot = m.slot
        WHERE t.ends IS NOT NULL
      ), others AS (
        SELECT l.begins, pg_catalog.range_agg(l.range) AS places
        FROM live AS l WHERE l.slot <> 'main' GROUP BY l.begins
      ), placed AS (
        SELECT l.begins, l.ends, l.slot, l.generation, l.run_id, l.published,
          CASE WHEN l.slot <> 'main' THEN pg_catalog.int8multirange(l.range)
            ELSE '{[0,\(places))}'::int8multirange - coalesce(o.places, '{}') END AS places
        FROM live AS l LEFT JOIN others AS o ON o.begins = l.begins
      )
      """
  }
}

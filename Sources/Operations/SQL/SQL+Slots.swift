import RunSupport
import Store

extension SQL {
  /// Statements that compare slots; they only read.
  enum Slots {
    /// For each slot beside main that has users now: since when, and the sums over both groups.
    ///
    /// A comparison lasts from the last time that the slot got users. Its days are whole days, UTC. A
    /// user belongs to a group by having been in its slot all that time. $1: job; $2, $3: NULL.
    static let sums = """
      WITH \(SQL.Timeline.placed), present AS (
        SELECT p.slot, p.begins, p.ends, p.places FROM placed AS p
        WHERE p.slot <> 'main' AND NOT pg_catalog.isempty(p.places)
      ), absent AS (
        SELECT s.slot, max(t.ends) AS ends
        FROM (SELECT DISTINCT p.slot FROM present AS p) AS s
        CROSS JOIN (SELECT DISTINCT p.begins, p.ends FROM placed AS p) AS t
        WHERE NOT EXISTS (
          SELECT FROM present AS p WHERE p.slot = s.slot AND p.begins = t.begins)
        GROUP BY s.slot
      ), periods AS (
        SELECT p.slot, min(p.begins) AS begins, max(p.ends) AS ends
        FROM present AS p LEFT JOIN absent AS a ON a.slot = p.slot
        WHERE a.ends IS NULL OR p.begins >= a.ends
        GROUP BY p.slot
      ), groups AS (
        SELECT d.slot,
          pg_catalog.range_intersect_agg(p.places) FILTER (WHERE p.slot <> 'main') AS own,
          pg_catalog.range_intersect_agg(p.places) FILTER (WHERE p.slot = 'main') AS main,
          pg_catalog.range_agg(p.places) AS ever,
          (pg_catalog.date_trunc('day', d.begins AT TIME ZONE 'UTC' - interval '1 microsecond')
            + interval '1 day')::date AS first_day
        FROM periods AS d
        JOIN placed AS p ON p.slot IN (d.slot, 'main') AND p.begins >= d.begins
        GROUP BY d.slot, d.begins
      ), hits AS (
        SELECT g.slot, s.user_id, pg_catalog.count(*) AS hits
        FROM groups AS g
        JOIN ncf.served_users AS s
          ON s.job = $1 AND s.rank IS NOT NULL AND s.day >= g.first_day
        GROUP BY g.slot, s.user_id
      ), totals AS (
        SELECT g.slot, CASE WHEN g.own @> u.place THEN 'own' WHEN g.main @> u.place THEN 'main'
            ELSE 'left' END AS side, coalesce(h.hits, 0) AS hits
        FROM groups AS g
        JOIN ncf.slot_users AS u ON u.job = $1 AND g.ever @> u.place
        LEFT JOIN hits AS h ON h.slot = g.slot AND h.user_id = u.user_id
      )
      SELECT g.slot, g.first_day::text AS since,
        (SELECT pg_catalog.count(DISTINCT s.day) FROM ncf.served AS s
          WHERE s.job = $1 AND s.slot = g.slot AND s.day >= g.first_day) AS nights,
        pg_catalog.count(*) FILTER (WHERE t.side = 'own') AS users_own,
        coalesce(pg_catalog.sum(t.hits) FILTER (WHERE t.side = 'own'), 0) AS sum_own,
        coalesce(pg_catalog.sum(t.hits * t.hits) FILTER (WHERE t.side = 'own'), 0) AS squares_own,
        pg_catalog.count(*) FILTER (WHERE t.side = 'main') AS users_main,
        coalesce(pg_catalog.sum(t.hits) FILTER (WHERE t.side = 'main'), 0) AS sum_main,
        coalesce(pg_catalog.sum(t.hits * t.hits) FILTER (WHERE t.side = 'main'), 0) AS squares_main,
        pg_catalog.count(*) FILTER (WHERE t.side = 'left') AS left_out
      FROM groups AS g LEFT JOIN totals AS t ON t.slot = g.slot
      GROUP BY g.slot, g.first_day ORDER BY g.slot
      """
  }
}

import RunSupport
import Store

extension SQL {
  /// Statements that a report on a run is made from; they only read.
  enum Report {
    /// The run's row: the one asked for, else the newest that was judged.
    ///
    /// $1: its number, or NULL; $2: the job, or NULL for any.
    static let run = """
      SELECT r.run_id, r.job, r.slot, r.kind, r.status, r.mode, r.mode_reason, r.parent_run_id,
        pg_catalog.to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS started_at,
        extract(epoch FROM coalesce(r.finished_at, pg_catalog.now()) - r.started_at) AS seconds,
        r.host, r.versions ->> 'ncf-batch' AS version, r.versions ->> 'postgresql' AS server_version,
        r.seed, r.config_sha256, r.model_sha256,
        pg_catalog.to_char(r.watermark AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS watermark,
        r.rows_read, r.rows_used, r.users, r.items, r.cold_users, r.reason,
        coalesce((SELECT pg_catalog.string_agg(l.slot, ' ' ORDER BY l.slot <> 'main', l.slot)
          FROM ncf.live AS l WHERE l.run_id = r.run_id), '') AS live,
        r.config #>> '{job,evaluation,k}' AS k, r.config #>> '{job,output,schema}' AS schema,
        (r.config #> '{job,source}')::text AS source
      FROM ncf.runs AS r
      WHERE ($1::bigint IS NULL OR r.run_id = $1) AND ($2::text IS NULL OR r.job = $2)
        AND ($1::bigint IS NOT NULL OR r.kind <> 'experiment'
          AND EXISTS (SELECT FROM ncf.metrics AS m WHERE m.run_id = r.run_id))
      ORDER BY r.run_id DESC LIMIT 1
      """
    static let rejected = """
      SELECT e.key AS reason, e.value AS rows
      FROM ncf.runs AS r CROSS JOIN LATERAL pg_catalog.jsonb_each_text(r.rows_rejected) AS e
      WHERE r.run_id = $1 ORDER BY e.key
      """
    static let metrics = """
      SELECT m.model, m.split, m.protocol, m.metric, m.k, m.value, m.ci_low, m.ci_high, m.n
      FROM ncf.metrics AS m WHERE m.run_id = $1
      ORDER BY m.model IN ('itempop', 'live', 'parent'), m.model, m.split, m.protocol, m.metric, m.k
      """
    static let rivals = """
      SELECT v.rival, v.settings, v.k, v.users, v.hr, v.ndcg, v.model_ndcg, v.p_value
      FROM ncf.rivals AS v WHERE v.run_id = $1 ORDER BY v.ndcg DESC, v.rival
      """
    static let epochs = """
      SELECT e.phase, e.epoch, e.loss, e.hr, e.ndcg
      FROM ncf.epochs AS e WHERE e.run_id = $1 AND NOT e.refit
      ORDER BY pg_catalog.array_position(ARRAY['gmf', 'mlp', 'mf', 'neumf', 'finetune'], e.phase),
        e.phase, e.epoch
      """
    static let stages = """
      SELECT s.stage, s.seconds, s.rows, s.bytes, s.peak_rss_bytes
      FROM ncf.stages AS s WHERE s.run_id = $1 ORDER BY s.started_at
      """

    /// The runs of a job up to one, the newest first, with whole-catalogue figures on test.
    ///
    /// $1: the run; $2: length of the list; $3: how many runs.
    static let history = """
      SELECT r.run_id, r.status, r.reason,
        pg_catalog.to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS started_at,
        f.hr_model, f.hr_item_pop, f.hr_live, f.ndcg_model, f.ndcg_item_pop, f.ndcg_live
      FROM ncf.runs AS r
      JOIN ncf.runs AS s ON s.run_id = $1 AND r.job = s.job AND r.slot = s.slot
      LEFT JOIN LATERAL (
        SELECT
          max(m.value) FILTER (WHERE m.metric = 'hr' AND m.model NOT IN ('itempop', 'live', 'parent'))
            AS hr_model,
          max(m.value) FILTER (WHERE m.metric = 'hr' AND m.model = 'itempop') AS hr_item_pop,
          max(m.value) FILTER (WHERE m.metric = 'hr' AND m.model = 'live') AS hr_live,
          max(m.value) FILTER (WHERE m.metric = 'ndcg' AND m.model NOT IN ('itempop', 'live', 'parent'))
            AS ndcg_model,
          max(m.value) FILTER (WHERE m.metric = 'ndcg' AND m.model = 'itempop') AS ndcg_item_pop,
          max(m.value) FILTER (WHERE m.metric = 'ndcg' AND m.model = 'live') AS ndcg_live
        FROM ncf.metrics AS m
        WHERE m.run_id = r.run_id AND m.split = 'test' AND m.protocol = 'full' AND m.k = $2
      ) AS f ON true
      WHERE r.run_id <= $1 AND r.kind <> 'experiment'
      ORDER BY r.run_id DESC LIMIT $3
      """
    /// The interactions that a run counted, without their weights.
    ///
    /// - Parameters:
    ///   - query: the source.
    ///   - run: its number.
    ///   - window: literal of the age beyond which events were not read; nil for none.
    ///   - types: literals of the event types that count; nil for all.
    ///   - least: literal of the least value that counts; nil for none.
    /// - Returns: a query of `user_id`, `item_id` and `occurred_at`, in parentheses.
    static func log(
      _ query: String, run: Int64, window: String?, types: [String]?, least: String?
    ) -> String {
      let end =
        "(SELECT coalesce(r.watermark, r.started_at) FROM ncf.runs AS r WHERE r.run_id = \(run))"
      var conditions = [
        "source.user_id IS NOT NULL", "source.item_id IS NOT NULL",
        "source.occurred_at <= \(end)", "source.occurred_at > '-infinity'",
      ]
      if let window { conditions.append("source.occurred_at >= \(end) - interval \(window)") }
      if let types {
        conditions.append("source.event_type::text IN (\(types.joined(separator: ", ")))")
      }
      if let least { conditions.append("source.value >= \(least)") }
      return """
        (
        SELECT source.user_id, source.item_id, source.occurred_at
        FROM (
        \(query)
        ) AS source
        WHERE \(conditions.joined(separator: " AND "))
        )
        """
    }

    /// Titles of items.
    ///
    /// $1: their ids as a JSON array of texts.
    static func titles(_ query: String) -> String {
      """
      SELECT t.item_id::text AS item_id, min(t.title::text) AS title
      FROM (
      \(query)
      ) AS t
      WHERE t.item_id::text IN (SELECT pg_catalog.jsonb_array_elements_text($1::jsonb))
      GROUP BY t.item_id::text
      """
    }
  }
}

/// What a run's lists show.
extension SQL.Output {
  /// The lists as a whole.
  ///
  /// $1: the run.
  var listsInAll: String {
    """
    SELECT pg_catalog.count(*) AS rows, pg_catalog.count(DISTINCT r.user_id) AS users,
      pg_catalog.count(DISTINCT r.item_id) AS items
    FROM \(lists.name) AS r WHERE r.run_id = $1
    """
  }

  /// The catalogue in tenths by popularity: what share is taken, what share is listed.
  ///
  /// - Parameter log: the interactions, in parentheses.
  /// - Returns: a statement; $1: the run.
  func tenths(of log: String) -> String {
    """
    WITH items AS (
      SELECT l.item_id::text AS item_id, pg_catalog.count(DISTINCT l.user_id) AS users
      FROM \(log) AS l GROUP BY l.item_id
    ), listed AS (
      SELECT r.item_id::text AS item_id, pg_catalog.count(*) AS places
      FROM \(lists.name) AS r WHERE r.run_id = $1 GROUP BY r.item_id
    ), placed AS (
      SELECT pg_catalog.ntile(10) OVER (ORDER BY i.users DESC, i.item_id) AS tenth, i.users,
        coalesce(l.places, 0) AS places
      FROM items AS i LEFT JOIN listed AS l ON l.item_id = i.item_id
    )
    SELECT p.tenth AS number, pg_catalog.count(*) AS items,
      (pg_catalog.sum(p.users) / pg_catalog.sum(pg_catalog.sum(p.users)) OVER ())::float8 AS taken,
      coalesce((pg_catalog.sum(p.places)
        / nullif(pg_catalog.sum(pg_catalog.sum(p.places)) OVER (), 0))::float8, 0) AS listed,
      pg_catalog.count(*) FILTER (WHERE p.places > 0) AS listed_items
    FROM placed AS p GROUP BY p.tenth ORDER BY p.tenth
    """
  }

  /// Some users that have a list of their own, by a hash, and the lists.
  ///
  /// $1: the run; $2: how many.
  var someLists: String {
    """
    WITH chosen AS (
      SELECT r.user_id, r.source <> 'model' AS is_popular,
        pg_catalog.md5(r.user_id::text) AS place
      FROM \(lists.name) AS r WHERE r.run_id = $1 AND r.rank = 1
      ORDER BY is_popular, place LIMIT $2
    )
    SELECT c.user_id::text AS user_id, r.rank, r.item_id::text AS item, NULL AS title, r.score, r.source
    FROM chosen AS c JOIN \(lists.name) AS r ON r.run_id = $1 AND r.user_id = c.user_id
    ORDER BY c.is_popular, c.place, c.user_id, r.rank
    """
  }

  /// A user's list.
  ///
  /// $1: the run; $2: the user.
  var listOfRun: String {
    """
    SELECT r.user_id::text AS user_id, r.rank, r.item_id::text AS item, NULL AS title, r.score, r.source
    FROM \(lists.name) AS r WHERE r.run_id = $1 AND r.user_id = $2 ORDER BY r.rank
    """
  }

  /// What a user took, the latest first, and how many items in all.
  ///
  /// - Parameter log: the interactions, in parentheses.
  /// - Returns: a statement; $1: the user; $2: how many.
  static func taken(from log: String) -> String {
    """
    SELECT t.item_id AS item, NULL AS title,
      pg_catalog.to_char(t.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
      pg_catalog.count(*) OVER () AS items
    FROM (
      SELECT l.item_id::text AS item_id, max(l.occurred_at::timestamptz) AS moment
      FROM \(log) AS l WHERE l.user_id = $1 GROUP BY l.item_id
    ) AS t
    ORDER BY t.moment DESC, t.item_id DESC LIMIT $2
    """
  }
}

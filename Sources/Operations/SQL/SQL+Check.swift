import Formatting
import RunSupport
import Source

extension SQL {
  /// Statements that look at a server and at what a job needs of it; none writes.
  enum Check {
    /// Who is connected to what, and whether the server takes writes.
    static let session = """
      SELECT current_user AS role, pg_catalog.current_database() AS database,
        pg_catalog.current_setting('server_version') AS version,
        pg_catalog.pg_is_in_recovery() AS is_standby,
        pg_catalog.current_setting('default_transaction_read_only')::boolean AS is_read_only
      """

    /// The server's clock, in seconds since 1970.
    static let clock = "SELECT extract(epoch FROM pg_catalog.clock_timestamp()) AS now"

    /// Limits in force that cut off statements or sessions.
    static let limits = """
      SELECT s.name || ' = ' || pg_catalog.current_setting(s.name) AS setting
      FROM pg_catalog.pg_settings AS s
      WHERE s.name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout',
          'idle_in_transaction_session_timeout')
        AND s.setting <> '0'
      ORDER BY s.name
      """

    /// Rights on tables of the schema ncf that the role lacks.
    ///
    /// Tables that are missing are the migrations' business. $1, $2: relations and the right needed on each.
    static let missingRights = """
      SELECT pg_catalog.string_agg(w.needed || ' on ncf.' || w.relation, ', '
        ORDER BY w.relation, w.needed) AS missing
      FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]))
        AS w (relation, needed)
      JOIN pg_catalog.pg_class AS c
        ON c.relnamespace = pg_catalog.to_regnamespace('ncf') AND c.relname = w.relation
      WHERE NOT pg_catalog.has_table_privilege(c.oid, w.needed)
      """
    static let mayUseSchema = """
      SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS may_use
      FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'ncf'
      """

    /// What the role may do in an output schema, and who owns what it can't change there.
    ///
    /// No row when there is no such schema. $1: the schema.
    static let outputRights = """
      SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
          AND pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
        (SELECT pg_catalog.string_agg(
            c.relname || ' (' || pg_catalog.pg_get_userbyid(c.relowner) || ')', ', '
            ORDER BY c.relname)
          FROM pg_catalog.pg_class AS c
          WHERE c.relnamespace = n.oid
            AND c.relname IN ('recommendations_by_run', 'similar_items_by_run', 'popular_by_run')
            AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS others
      FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1
      """
    static let mayCreateSchema = """
      SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create
      """

    static let typeName = "SELECT pg_catalog.format_type($1::bigint::oid, NULL) AS type"

    /// The moment of an age, $1, before now, as the server writes it.
    static let moment = "SELECT (pg_catalog.now() - $1::interval)::text AS moment"

    /// How a query would be carried out; what may not be read is refused.
    static func explain(_ query: String) -> String { "EXPLAIN (VERBOSE, FORMAT JSON) \(query)" }

    /// One row for each of a source's values of a column.
    static func distinct(_ column: String, of rows: String) -> String {
      "SELECT rows.\(column) FROM (\n\(rows)\n) AS rows GROUP BY rows.\(column)"
    }

    /// Rows that a table, $1, is believed to have; -1 when nobody has counted.
    static let believedRows = """
      SELECT c.reltuples::bigint AS rows FROM pg_catalog.pg_class AS c
      WHERE c.oid = pg_catalog.to_regclass($1)
      """

    /// Figures of a source's first rows.
    static func sample(of rows: String, limit: Int) -> String {
      """
      SELECT pg_catalog.count(*) AS rows,
        pg_catalog.count(*) FILTER (
          WHERE s.user_id IS NULL OR s.item_id IS NULL OR s.occurred_at IS NULL) AS unusable,
        pg_catalog.count(*) FILTER (WHERE s.occurred_at > pg_catalog.clock_timestamp()) AS future,
        pg_catalog.count(DISTINCT s.user_id) AS users,
        pg_catalog.count(DISTINCT s.item_id) AS items,
        coalesce(pg_catalog.min(s.occurred_at)::date::text, '?') AS first,
        coalesce(pg_catalog.max(s.occurred_at)::date::text, '?') AS last
      FROM (\(rows) LIMIT \(limit)) AS s
      """
    }

    /// The last run of a job, $1.
    static let lastRun = """
      SELECT r.run_id, r.status,
        coalesce(': ' || nullif(pg_catalog.split_part(r.reason, E'\\n', 1), ''), '') AS reason,
        pg_catalog.date_trunc('minute', r.started_at)::text AS started_at
      FROM ncf.runs AS r WHERE r.job = $1 AND r.kind <> 'experiment'
      ORDER BY r.run_id DESC LIMIT 1
      """
  }
}

extension SQL.Pull {
  /// The source's rows between two moments, as they are: no casts, no order.
  ///
  /// - Parameters:
  ///   - query: the source.
  ///   - lower: literal of the first moment; nil for no bound.
  /// - Returns: a SELECT of `user_id`, `item_id` and `occurred_at`.
  static func rows(_ query: String, lower: String?) -> String {
    let bound = lower.map { "\nWHERE source.occurred_at >= timestamptz \($0)" } ?? ""
    return """
      SELECT source.user_id, source.item_id, source.occurred_at::timestamptz AS occurred_at
      FROM (
      \(query)
      ) AS source\(bound)
      """
  }
}

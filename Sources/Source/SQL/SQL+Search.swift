import RunSupport

extension SQL {
  /// Statements that look for a log of events; none writes.
  enum Search {
    /// Columns of everything that may be read and is not the server's or this program's own.
    static let columns = """
      SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS relation,
        c.relname AS table_name,
        CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint
          WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / 100 END AS rows,
        a.attname AS name, pg_catalog.quote_ident(a.attname) AS quoted,
        CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS type,
        t.typtype = 'e' AS is_enum, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
        EXISTS (
          SELECT FROM pg_catalog.pg_index AS i
          WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1
            AND i.indkey[0] = a.attnum AND i.indpred IS NULL) AS is_unique,
        k.target, k.target_name, k.target_column
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      LEFT JOIN LATERAL (
        SELECT pg_catalog.quote_ident(fn.nspname) || '.' || pg_catalog.quote_ident(f.relname)
            AS target, f.relname AS target_name, pg_catalog.quote_ident(fa.attname) AS target_column
        FROM pg_catalog.pg_constraint AS fk
        JOIN pg_catalog.pg_class AS f ON f.oid = fk.confrelid
        JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
        JOIN pg_catalog.pg_attribute AS fa ON fa.attrelid = f.oid AND fa.attnum = fk.confkey[1]
        WHERE fk.conrelid = c.oid AND fk.contype = 'f' AND fk.conkey = ARRAY[a.attnum]
        ORDER BY fk.oid LIMIT 1
      ) AS k ON true
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'ncf')
        AND n.nspname NOT LIKE 'pg\\_%'
        AND c.relname NOT IN ('recommendations', 'recommendations_by_slot',
          'recommendations_by_run', 'similar_items', 'similar_items_by_run', 'popular_items',
          'popular_by_run')
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY n.nspname, c.relname, a.attnum
      """

    /// A query over the lines of something and what they belong to.
    ///
    /// - Parameters:
    ///   - lines: the table of the lines, called `l` in columns.
    ///   - heads: the table of what they belong to, called `h`.
    ///   - key: column of `l` that refers to column of `h`, both quoted.
    ///   - columns: the names to give, and columns with `l.` or `h.` before them.
    /// - Returns: a SELECT.
    static func join(
      lines: String, heads: String, key: (line: String, head: String),
      columns: [(name: String, column: String)]
    ) -> String {
      let list = columns.map { "\($0.column) AS \($0.name)" }.joined(separator: ", ")
      return """
        SELECT \(list)
        FROM \(lines) AS l
        JOIN \(heads) AS h ON h.\(key.head) = l.\(key.line)
        """
    }

    /// The most frequent values of a column among a relation's first rows.
    static func frequent(_ column: String, of rows: String) -> String {
      """
      SELECT s.word, pg_catalog.count(*) AS rows
      FROM (SELECT r.\(column)::text AS word FROM (
      \(rows)
      ) AS r LIMIT 10000) AS s
      WHERE s.word IS NOT NULL
      GROUP BY s.word ORDER BY pg_catalog.count(*) DESC, s.word LIMIT 12
      """
    }
  }
}

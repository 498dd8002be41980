import RunSupport

extension SQL {
  /// Statements that read the source.
  package enum Pull {
    /// Snapshot, the server's clock, where the run's time begins and ends as literals, and, in
    /// microseconds since 1970, where it begins, since when rows are recent, and the moments of since
    /// and until.
    ///
    /// $1: window; $2, $3: since as an age or microseconds; $4, $5: until likewise; NULLs allowed.
    /// $6: whether time begins at since; $7: lookback; $8: another clock's now in microseconds, or NULL.
    static let bounds = """
      WITH server AS MATERIALIZED (
        SELECT coalesce(
          timestamptz 'epoch' + $8::bigint * interval '1 microsecond',
          pg_catalog.clock_timestamp()) AS now
      ), bounds AS (
        SELECT s.now, s.now - $1::interval AS begins, s.now - $7::interval AS recent,
          coalesce(
            s.now - $2::interval,
            timestamptz 'epoch' + $3::bigint * interval '1 microsecond') AS since,
          coalesce(
            s.now - $4::interval,
            timestamptz 'epoch' + $5::bigint * interval '1 microsecond') AS upper
        FROM server AS s
      ), limited AS (
        SELECT b.*, CASE WHEN $6::boolean THEN greatest(b.begins, b.since) ELSE b.begins END AS lower
        FROM bounds AS b
      )
      SELECT pg_catalog.pg_current_snapshot()::text AS snapshot,
        l.lower::text AS lower_literal, l.upper::text AS upper_literal,
        (extract(epoch FROM l.now) * 1000000)::bigint AS watermark,
        (extract(epoch FROM l.recent) * 1000000)::bigint AS recent_from,
        (extract(epoch FROM l.lower) * 1000000)::bigint AS lower,
        (extract(epoch FROM l.since) * 1000000)::bigint AS since,
        (extract(epoch FROM l.upper) * 1000000)::bigint AS upper
      FROM limited AS l
      """

    /// A table's columns under the names that a query has to give.
    ///
    /// - Parameters:
    ///   - relation: the table, qualified and quoted.
    ///   - columns: the names to give, and the table's own, quoted.
    /// - Returns: a SELECT.
    static func query(table relation: String, columns: [(name: String, column: String)]) -> String {
      let list = columns.map { "t.\($0.column) AS \($0.name)" }.joined(separator: ", ")
      return "SELECT \(list) FROM \(relation) AS t"
    }

    /// Blocks of a table, and the transaction's snapshot for others to take.
    ///
    /// No row for anything that has no blocks of its own. $1: the table.
    static let blocks = """
      SELECT pg_catalog.pg_relation_size(c.oid)
          / pg_catalog.current_setting('block_size')::bigint AS blocks,
        pg_catalog.pg_export_snapshot() AS snapshot
      FROM pg_catalog.pg_class AS c
      WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'm')
      """

    /// Sees what the transaction sees that exported the snapshot.
    static func takeSnapshot(_ literal: String) -> String { "SET TRANSACTION SNAPSHOT \(literal)" }

    /// Whether a row of table `t` lies in a range of blocks; nil has no end.
    static func part(from first: Int, to end: Int?) -> String {
      let begins = "t.ctid >= '(\(first),0)'::tid"
      return end.map { "\(begins) AND t.ctid < '(\($0),0)'::tid" } ?? begins
    }

    /// All columns of the source, to be described.
    package static func columns(of query: String) -> String {
      // The line breaks keep a comment at the query's end from swallowing what follows.
      "SELECT * FROM (\n\(query)\n) AS source"
    }

    /// The source's rows in binary.
    ///
    /// Rows without a usable time are read whatever the bounds, so that they are counted.
    ///
    /// - Parameters:
    ///   - query: the source.
    ///   - expressions: what to read of each row, over `source`.
    ///   - lower: literal of the first moment; nil for no bound.
    ///   - upper: literal of the first moment that is too late; nil for no bound.
    /// - Returns: a COPY.
    static func copy(
      _ query: String, expressions: [String], lower: String?, upper: String?
    ) -> String {
      var conditions: [String] = []
      if let lower { conditions.append("source.occurred_at >= timestamptz \(lower)") }
      if let upper { conditions.append("source.occurred_at < timestamptz \(upper)") }
      var filter = ""
      if !conditions.isEmpty {
        filter = """

          WHERE (\(conditions.joined(separator: " AND "))) OR source.occurred_at IS NULL
            OR source.occurred_at = 'infinity' OR source.occurred_at = '-infinity'
          """
      }
      return """
        COPY (
        SELECT \(expressions.joined(separator: ", "))
        FROM (
        \(query)
        ) AS source\(filter)
        ) TO STDOUT (FORMAT binary)
        """
    }

    static let user = "source.user_id"
    static let item = "source.item_id"
    static let time = "source.occurred_at::timestamptz"
    static let value = "source.value::double precision"

    /// Number of an event's type among those that are named, from 0; NULL for others.
    ///
    /// - Parameter types: literals of types.
    /// - Returns: an expression over `source`.
    static func eventType(_ types: [String]) -> String {
      if types.isEmpty { return "NULL::smallint" }
      let cases = types.enumerated().map { "WHEN \($1) THEN \($0)" }.joined(separator: " ")
      return "(CASE source.event_type::text \(cases) END)::smallint"
    }

    /// Moments some ages before the server's now, or before the run's end where that is earlier, in
    /// seconds since 1970; 0 for no age.
    ///
    /// $1: the server's now in microseconds; $2: the run's end, or NULL; $3 to $5: ages.
    static let moments = """
      WITH reference AS (
        SELECT least(
          timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::timestamptz) AS now
      )
      SELECT greatest(ceil(extract(epoch FROM r.now - $3::interval)), 0)::bigint AS readmitted_before,
        greatest(ceil(extract(epoch FROM r.now - $4::interval)), 0)::bigint AS active_since,
        greatest(ceil(extract(epoch FROM r.now - $5::interval)), 0)::bigint AS popular_since
      FROM reference AS r
      """

    /// One column of ids of a query beside the source.
    ///
    /// - Parameters:
    ///   - query: yields the columns by name.
    ///   - columns: what to read of each row, over `source`.
    /// - Returns: a COPY.
    static func copy(_ query: String, columns: [String]) -> String {
      """
      COPY (
      SELECT \(columns.joined(separator: ", "))
      FROM (
      \(query)
      ) AS source
      ) TO STDOUT (FORMAT binary)
      """
    }

    static let group = "source.\"group\"::text"
    static let feature = "source.feature::text"
    static let weight = "source.weight::real"
  }
}

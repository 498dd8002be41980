package import RunSupport

/// Statements that fill a run's own tables and make them part of what is kept, in their order.
extension SQL.Output {
  /// Makes a run's own table, without a key.
  package func createChild(_ run: Int64, of parent: Parent) -> String {
    """
    CREATE TABLE \(child(run, of: parent)) (
      LIKE \(parent.name) INCLUDING COMMENTS,
      CONSTRAINT \(parent.prefix)\(run)_run_id_check CHECK (run_id = \(run))
    );
    COMMENT ON TABLE \(child(run, of: parent)) IS '\(parent.what) of run \(run)';
    """
  }

  /// Fills a run's own table, or adds to the one of all runs, which can't be frozen.
  package func copy(_ run: Int64, into parent: Parent) -> String {
    """
    COPY \(child(run, of: parent)) (\(parent.columns.map(\.name).joined(separator: ", ")))
    FROM STDIN (FORMAT binary\(parent.isPartitioned ? ", FREEZE" : ""))
    """
  }

  /// Gives a filled table its primary key.
  package func keyChild(_ run: Int64, of parent: Parent) -> String {
    """
    ALTER TABLE \(child(run, of: parent)) ADD CONSTRAINT \(parent.prefix)\(run)_pkey
    PRIMARY KEY (\(primaryKey(parent)))
    """
  }

  /// Gathers the planner's statistics of a run's own table.
  package func analyzeChild(_ run: Int64, of parent: Parent) -> String {
    "ANALYZE \(child(run, of: parent))"
  }

  /// Rows, lists (those that have a first place) and the lowest place; or vectors, twice, and 1.
  package func countChild(_ run: Int64, of parent: Parent) -> String {
    """
    SELECT pg_catalog.count(*) AS rows,
      pg_catalog.count(*) FILTER (WHERE \(parent.measure) = 1) AS lists,
      coalesce(pg_catalog.max(\(parent.measure)), 0) AS most
    FROM \(child(run, of: parent)) AS c
    """
  }

  /// Makes a run's own table a partition.
  package func attach(_ run: Int64, to parent: Parent) -> String {
    """
    ALTER TABLE \(parent.name) ATTACH PARTITION \(child(run, of: parent)) FOR VALUES IN (\(run))
    """
  }

  /// The transactions that hold a lock on one of four relations, as an array; NULL for none.
  static let readers = """
    SELECT pg_catalog.array_agg(DISTINCT l.virtualtransaction)::text AS transactions
    \(holders)
    """

  /// Whether one of those in $5 still does.
  static let stillReading = """
    SELECT EXISTS (SELECT \(holders) AND l.virtualtransaction = ANY ($5::text[])) AS is_reading
    """

  private static let holders = """
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_database AS d ON d.oid = l.database
    WHERE l.locktype = 'relation' AND l.granted AND d.datname = pg_catalog.current_database()
      AND l.relation IN (pg_catalog.to_regclass($1), pg_catalog.to_regclass($2),
        pg_catalog.to_regclass($3), pg_catalog.to_regclass($4))
      AND l.pid <> pg_catalog.pg_backend_pid()
    """

  /// How many rows of a run's lists have this place or a better one.
  package func countUpTo(_ rank: Int, of run: Int64) -> String {
    """
    SELECT pg_catalog.count(*) AS rows FROM \(child(run, of: lists)) AS c WHERE c.rank <= \(rank)
    """
  }
}

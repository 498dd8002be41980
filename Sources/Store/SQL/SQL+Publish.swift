package import RunSupport

/// Statements that fill a run's own tables and make them part of what is kept, in their order.
extension SQL.Output {
  package func createChild(_ run: Int64, of parent: Parent) -> String {
    """
    CREATE TABLE \(child(run, of: parent)) (
      LIKE \(parent.name) INCLUDING COMMENTS,
      CONSTRAINT \(parent.prefix)\(run)_run_id_check CHECK (run_id = \(run))
    );
    COMMENT ON TABLE \(child(run, of: parent)) IS '\(parent.what) of run \(run)';
    """
  }

  package func copyLists(_ run: Int64) -> String {
    """
    COPY \(child(run, of: lists)) (run_id, user_id, rank, item_id, score, source)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  package func copySimilar(_ run: Int64) -> String {
    """
    COPY \(child(run, of: similar)) (run_id, item_id, rank, similar_item_id, score)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  package func keyChild(_ run: Int64, of parent: Parent) -> String {
    """
    ALTER TABLE \(child(run, of: parent)) ADD CONSTRAINT \(parent.prefix)\(run)_pkey
    PRIMARY KEY (\(parent.key))
    """
  }

  package func analyzeChild(_ run: Int64, of parent: Parent) -> String {
    "ANALYZE \(child(run, of: parent))"
  }

  /// Rows, lists (those that have a first place) and the lowest place; or vectors, twice, and 1.
  package func countChild(_ run: Int64, of parent: Parent) -> String {
    """
    SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(parent.measure) = 1),
      coalesce(pg_catalog.max(\(parent.measure)), 0)
    FROM \(child(run, of: parent)) AS c
    """
  }

  package var copyPopular: String {
    "COPY \(popular) (run_id, rank, item_id, score) FROM STDIN (FORMAT binary)"
  }

  package func attach(_ run: Int64, to parent: Parent) -> String {
    """
    ALTER TABLE \(parent.name) ATTACH PARTITION \(child(run, of: parent)) FOR VALUES IN (\(run))
    """
  }

  /// The transactions that hold a lock on one of four relations, as an array; NULL for none.
  static let readers = """
    SELECT pg_catalog.array_agg(DISTINCT l.virtualtransaction)::text \(holders)
    """

  /// Whether one of those in $5 still does.
  static let stillReading = """
    SELECT EXISTS (SELECT \(holders) AND l.virtualtransaction = ANY ($5::text[]))
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
    SELECT pg_catalog.count(*) FROM \(child(run, of: lists)) AS c WHERE c.rank <= \(rank)
    """
  }
}

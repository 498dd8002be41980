/// Statements that fill a run's own tables and make them part of what is kept, in their order.
extension SQL.Output {
  func createChild(_ run: Int64, of parent: Parent) -> String {
    """
    CREATE TABLE \(child(run, of: parent)) (
      LIKE \(parent.name) INCLUDING COMMENTS,
      CONSTRAINT \(parent.prefix)\(run)_run_id_check CHECK (run_id = \(run))
    );
    COMMENT ON TABLE \(child(run, of: parent)) IS '\(parent.what) of run \(run)';
    """
  }

  func copyLists(_ run: Int64) -> String {
    """
    COPY \(child(run, of: lists)) (run_id, user_id, rank, item_id, score, source)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  func copySimilar(_ run: Int64) -> String {
    """
    COPY \(child(run, of: similar)) (run_id, item_id, rank, similar_item_id, score)
    FROM STDIN (FORMAT binary, FREEZE)
    """
  }

  func keyChild(_ run: Int64, of parent: Parent) -> String {
    """
    ALTER TABLE \(child(run, of: parent)) ADD CONSTRAINT \(parent.prefix)\(run)_pkey
    PRIMARY KEY (\(parent.key))
    """
  }

  func analyzeChild(_ run: Int64, of parent: Parent) -> String {
    "ANALYZE \(child(run, of: parent))"
  }

  /// Rows, lists (those that have a first place) and the lowest place; or vectors, twice, and 1.
  func countChild(_ run: Int64, of parent: Parent) -> String {
    """
    SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(parent.measure) = 1),
      coalesce(pg_catalog.max(\(parent.measure)), 0)
    FROM \(child(run, of: parent)) AS c
    """
  }

  var copyPopular: String {
    "COPY \(popular) (run_id, rank, item_id, score) FROM STDIN (FORMAT binary)"
  }

  func attach(_ run: Int64, to parent: Parent) -> String {
    """
    ALTER TABLE \(parent.name) ATTACH PARTITION \(child(run, of: parent)) FOR VALUES IN (\(run))
    """
  }

  /// How many rows of a run's lists have this place or a better one.
  func countUpTo(_ rank: Int, of run: Int64) -> String {
    """
    SELECT pg_catalog.count(*) FROM \(child(run, of: lists)) AS c WHERE c.rank <= \(rank)
    """
  }
}

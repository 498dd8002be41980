import RunSupport

/// Statements that fill a run's own tables and make them part of what is kept, in their order.
extension SQL.Output {
  /// Makes a run's own table, without a key.
  func createChild(_ run: Int64, of parent: Parent) -> String {
    """
    CREATE TABLE \(child(run, of: parent)) (
      LIKE \(parent.name) INCLUDING COMMENTS,
      CONSTRAINT \(parent.prefix)\(run)_run_id_check CHECK (run_id = \(run))
    );
    COMMENT ON TABLE \(child(run, of: parent)) IS '\(parent.what) of run \(run)';
    """
  }

  /// Fills a run's own table, or adds to the one of all runs, which can't be frozen.
  func copy(_ run: Int64, into parent: Parent) -> String {
    """
    COPY \(child(run, of: parent)) (\(parent.columns.map(\.name).joined(separator: ", ")))
    FROM STDIN (FORMAT binary\(parent.isPartitioned ? ", FREEZE" : ""))
    """
  }

  /// Gives a filled table its primary key.
  func keyChild(_ run: Int64, of parent: Parent) -> String {
    """
    ALTER TABLE \(child(run, of: parent)) ADD CONSTRAINT \(parent.prefix)\(run)_pkey
    PRIMARY KEY (\(primaryKey(parent)))
    """
  }

  /// Gathers the planner's statistics of a run's own table.
  func analyzeChild(_ run: Int64, of parent: Parent) -> String {
    "ANALYZE \(child(run, of: parent))"
  }

  /// Rows, lists (those that have a first place) and the lowest place; or vectors, twice, and 1.
  func countChild(_ run: Int64, of parent: Parent) -> String {
    """
    SELECT pg_catalog.count(*) AS rows,
      pg_catalog.count(*) FILTER (WHERE \(parent.measure) = 1) AS lists,
      coalesce(pg_catalog.max(\(parent.measure)), 0) AS most
    FROM \(child(run, of: parent)) AS c
    """
  }

  /// Makes a run's own table a partition.
  func attach(_ run: Int64, to parent: Parent) -> String {
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
  func countUpTo(_ rank: Int, of run: Int64) -> String {
    """
    SELECT pg_catalog.count(*) AS rows FROM \(child(run, of: lists)) AS c WHERE c.rank <= \(rank)
    """
  }
}

/// Statements on the lists of runs that are kept, and of those that need be no longer.
extension SQL.Output {
  func analyze(_ parent: Parent) -> String { "ANALYZE \(parent.name)" }

  /// Runs whose lists can be made live: $1 job, $2 schema.
  static let kept = """
    SELECT r.run_id
    FROM ncf.runs AS r
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = $2
    JOIN pg_catalog.pg_class AS c
      ON c.relnamespace = n.oid AND c.relname = 'recommendations_run_' || r.run_id
    WHERE ($1::text IS NULL OR r.job = $1) AND r.status = 'published' AND c.relispartition
    ORDER BY r.run_id
    """

  /// A job's published runs, the newest of each slot first: $1 job.
  private static let published = """
    WITH published AS (
      SELECT r.run_id, r.finished_at,
        pg_catalog.row_number() OVER (PARTITION BY r.slot ORDER BY r.run_id DESC) AS place
      FROM ncf.runs AS r
      WHERE r.job = $1 AND r.status = 'published'
    )
    """

  /// Runs whose lists need not be kept, and those that have some and never went live: $1 job, $2 how many of a slot, $3 days, $4 schema.
  static let expired = """
    \(published)
    SELECT u.run_id
    FROM (
      SELECT p.run_id, true AS was_live FROM published AS p
      WHERE p.place > $2
        AND p.finished_at < pg_catalog.now() - pg_catalog.make_interval(days => $3::integer)
      UNION ALL
      SELECT r.run_id, false FROM ncf.runs AS r
      WHERE r.job = $1 AND r.status NOT IN ('published', 'running')
    ) AS u
    WHERE NOT EXISTS (SELECT FROM ncf.live AS l WHERE l.run_id = u.run_id)
      AND (u.was_live AND EXISTS (SELECT FROM ncf.models AS m WHERE m.run_id = u.run_id)
        OR EXISTS (
          SELECT FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_constraint AS k
            ON k.conrelid = c.oid AND k.conname = c.relname || '_run_id_check'
          WHERE n.nspname = $4 AND c.relname IN (
            'recommendations_run_' || u.run_id, 'similar_items_run_' || u.run_id,
            'user_vectors_run_' || u.run_id, 'item_vectors_run_' || u.run_id)))
    ORDER BY u.run_id
    """
  /// Tables of a job's runs that are no partitions, and whether they should be.
  ///
  /// $1 job, $2 how many of a slot are kept, $3 days, $4 schema, $5 what the tables' names begin with.
  static let strays = """
    \(published)
    SELECT r.run_id, p.run_id IS NOT NULL AND (
        EXISTS (SELECT FROM ncf.live AS l WHERE l.run_id = p.run_id)
        OR (p.place <= $2
            OR p.finished_at >= pg_catalog.now() - pg_catalog.make_interval(days => $3::integer))
          AND EXISTS (SELECT FROM ncf.models AS m WHERE m.run_id = p.run_id)) AS is_kept
    FROM ncf.runs AS r
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = $4
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = $5 || r.run_id
    LEFT JOIN published AS p ON p.run_id = r.run_id
    WHERE r.job = $1 AND c.relkind = 'r' AND NOT c.relispartition
    ORDER BY r.run_id
    """

  /// Partitions of which detaching was begun and not finished: $1 the parent.
  static let pendingDetach = """
    SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE i.inhparent = pg_catalog.to_regclass($1) AND i.inhdetachpending
    """

  /// Finishes detaching a partition, whose name is quoted already.
  func finalize(_ child: String, of parent: Parent) -> String {
    "ALTER TABLE \(parent.name) DETACH PARTITION \(child) FINALIZE"
  }

  /// Whether a table is a partition: $1 its name, qualified and quoted.
  static let isAttached = """
    SELECT EXISTS (
      SELECT FROM pg_catalog.pg_class AS c
      WHERE c.oid = pg_catalog.to_regclass($1) AND c.relispartition) AS is_attached
    """
  func lock(_ parent: Parent) -> String {
    "LOCK TABLE ONLY \(parent.name) IN ACCESS EXCLUSIVE MODE NOWAIT"
  }
  func lock(_ run: Int64, of parent: Parent) -> String {
    "LOCK TABLE \(child(run, of: parent)) IN ACCESS EXCLUSIVE MODE NOWAIT"
  }
  func detach(_ run: Int64, from parent: Parent) -> String {
    "ALTER TABLE \(parent.name) DETACH PARTITION \(child(run, of: parent))"
  }
  func drop(_ run: Int64, of parent: Parent) -> String {
    "DROP TABLE IF EXISTS \(child(run, of: parent))"
  }
  var deletePopular: String { "DELETE FROM \(popular.name) WHERE run_id = $1" }
}

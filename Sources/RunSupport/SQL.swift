package import Postgres

/// Every statement of this program, one a name; relations are always qualified.
///
/// Statements over relations whose names the user gives are functions of names that are quoted
/// already.
package enum SQL {}

extension SQL {
  /// Statements about the session and the server.
  package enum Session {
    static let backendPID = "SELECT pg_catalog.pg_backend_pid() AS pid"
    /// Sets a setting for the open transaction: $1 name, $2 value.
    package static let setLocal = "SELECT pg_catalog.set_config($1, $2, true)"
    /// The number of the open transaction, which the server assigns at this point if it had none.
    static let currentTransaction = "SELECT pg_catalog.pg_current_xact_id()::text AS id"
    /// Whether a transaction committed, aborted or is in progress: $1 its number.
    package static let transactionStatus =
      "SELECT pg_catalog.pg_xact_status($1::text::pg_catalog.xid8) AS status"

    /// Has the server notice within a minute when this client's machine is gone.
    static let keepAlive = """
      SELECT pg_catalog.set_config('tcp_keepalives_idle', '30', false),
        pg_catalog.set_config('tcp_keepalives_interval', '10', false),
        pg_catalog.set_config('tcp_keepalives_count', '3', false)
      """

    /// This session's process, and when it began; a number alone may come again.
    static let identity = """
      SELECT a.pid::text AS pid, a.backend_start::text AS since
      FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = pg_catalog.pg_backend_pid()
      """

    /// Ends a session of ours that the server doesn't know to be lost; $1, $2 from `identity`.
    static let endOwn = """
      SELECT pg_catalog.pg_terminate_backend(a.pid)
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.pid = $1::integer AND a.backend_start = $2::timestamptz
      """

    /// Who holds an advisory lock of 64 bits in this database, and what run that is: $1 key, $2 job.
    package static let lockHolder = """
      SELECT coalesce(l.pid::text, '?') AS pid, coalesce(a.application_name, 'unknown') AS application,
        coalesce(
          CASE WHEN a.client_port = -1 THEN 'the server''s own machine'
            ELSE coalesce(a.client_hostname || ' ', '') || pg_catalog.host(a.client_addr) END,
          'an address that may not be seen') AS place,
        coalesce(a.backend_start::text, '?') AS since, r.run_id, r.host
      FROM pg_catalog.pg_locks AS l
      JOIN pg_catalog.pg_database AS d ON d.oid = l.database
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      LEFT JOIN LATERAL (
        SELECT n.run_id, nullif(n.host, '') AS host
        FROM ncf.runs AS n
        WHERE n.job = $2 AND n.status = 'running' AND n.kind <> 'experiment'
          AND n.started_at >= a.backend_start
        ORDER BY n.run_id DESC LIMIT 1
      ) AS r ON true
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND d.datname = pg_catalog.current_database()
        AND l.classid = (($1::bigint >> 32) & 4294967295)::oid
        AND l.objid = ($1::bigint & 4294967295)::oid
      LIMIT 1
      """

    /// A relation's quoted name, from what the user typed; no row when there is none.
    package static let resolveRelation = """
      SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS relation
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = pg_catalog.to_regclass($1)
      """
    /// The parts of a dotted name as the user typed it, and how many parts there are: $1 the name.
    package static let parseName = """
      SELECT p[1] AS schema, p[2] AS name, pg_catalog.cardinality(p) AS parts FROM pg_catalog.parse_ident($1) AS p
      """
  }
}

extension Connection {
  /// Runs `body` in a transaction that fails rather than wait for a lock for more than 200 ms.
  ///
  /// - Throws: what `transaction` throws; `PostgresError` of kind `.lockTimeout`.
  @discardableResult
  package func shortTransaction<R>(_ body: () throws -> R) throws -> R {
    try transaction {
      try execute(SQL.Session.setLocal, "lock_timeout", "200ms")
      return try body()
    }
  }

  /// Runs `body` in a savepoint that fails rather than wait for a lock for more than 200 ms.
  ///
  /// - Throws: what `savepoint` throws; `PostgresError` of kind `.lockTimeout`.
  @discardableResult
  package func shortSavepoint<R>(_ body: () throws -> R) throws -> R {
    try savepoint("short") {
      try execute(SQL.Session.setLocal, "lock_timeout", "200ms")
      return try body()
    }
  }

  /// The number of the open transaction, by which its outcome can be asked for.
  ///
  /// - Throws: `PostgresError`.
  package func currentTransaction() throws(PostgresError) -> String {
    try execute(SQL.Session.currentTransaction).value()
  }
}

/// Every statement of this program, one a name; relations are always qualified.
///
/// Statements over relations whose names the user gives are functions of names that are quoted
/// already.
enum SQL {}

extension SQL {
  /// Statements about the session and the server.
  enum Session {
    static let backendPID = "SELECT pg_catalog.pg_backend_pid()"
    static let setLocal = "SELECT pg_catalog.set_config($1, $2, true)"
    static let currentTransaction = "SELECT pg_catalog.pg_current_xact_id()::text"
    static let transactionStatus =
      "SELECT pg_catalog.pg_xact_status($1::text::pg_catalog.xid8)"

    /// Who holds an advisory lock of 64 bits in this database.
    static let lockHolder = """
      SELECT a.pid, a.application_name, coalesce(a.client_addr::text, 'the same machine') AS place,
        a.backend_start::text AS since
      FROM pg_catalog.pg_locks AS l
      JOIN pg_catalog.pg_database AS d ON d.oid = l.database
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND d.datname = pg_catalog.current_database()
        AND l.classid = (($1::bigint >> 32) & 4294967295)::oid
        AND l.objid = ($1::bigint & 4294967295)::oid
      LIMIT 1
      """

    /// A relation's quoted name, from what the user typed; no row when there is none.
    static let resolveRelation = """
      SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = pg_catalog.to_regclass($1)
      """
    static let parseName = """
      SELECT p[1], p[2], pg_catalog.cardinality(p) FROM pg_catalog.parse_ident($1) AS p
      """
  }
}

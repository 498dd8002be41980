import RunSupport

extension SQL {
  /// Statements that remove users from what is kept.
  enum Forgetting {
    /// Runs of which a table that names users is there, and the type of their ids: $1 job, $2 schema,
    /// $3 what the table's name begins with.
    static let tables = """
      SELECT r.run_id, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
      FROM ncf.runs AS r
      JOIN pg_catalog.pg_namespace AS n ON n.nspname = $2
      JOIN pg_catalog.pg_class AS c
        ON c.relnamespace = n.oid AND c.relname = $3 || r.run_id
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'user_id'
      WHERE r.job = $1
      ORDER BY r.run_id
      """
    static let models = """
      SELECT m.run_id FROM ncf.models AS m JOIN ncf.runs AS r ON r.run_id = m.run_id
      WHERE r.job = $1 ORDER BY m.run_id
      """
    /// Tables of what became of lists that name users as text; each has the job, the run or the backtest.
    static let servedTables = [
      "served_users", "served_shown", "slot_users", "rival_lists", "backtest_users",
    ]
    /// A row's job: the table's own, its run's or its backtest's.
    private static func isOfJob(_ table: String) -> String {
      switch table {
      case "rival_lists": "t.run_id IN (SELECT r.run_id FROM ncf.runs AS r WHERE r.job = $1)"
      case "backtest_users":
        "t.backtest_id IN (SELECT b.backtest_id FROM ncf.backtests AS b WHERE b.job = $1)"
      default: "t.job = $1"
      }
    }
    /// Whom such a table names: $1 job.
    static func servedUsers(of table: String) -> String {
      "SELECT DISTINCT t.user_id FROM ncf.\(table) AS t WHERE \(isOfJob(table))"
    }
    /// Removes users' rows from such a table, and tells whose they were: $1 job, $2 ids.
    static func deleteServed(from table: String) -> String {
      """
      WITH gone AS (
        DELETE FROM ncf.\(table) AS t
        WHERE \(isOfJob(table)) AND t.user_id = ANY ($2::text[])
        RETURNING t.user_id
      )
      SELECT DISTINCT g.user_id FROM gone AS g
      """
    }
    static let record = """
      INSERT INTO ncf.forgotten (job, run_id, users, list_rows, models) VALUES ($1, $2, $3, $4, $5)
      """
  }
}

extension SQL.Output {
  /// What names users in a table for each run.
  var namingUsers: [Parent] { [lists, userVectorRows] }

  /// Whom a run's table names, as text.
  func copyUsers(_ run: Int64, of parent: Parent) -> String {
    """
    COPY (SELECT c.user_id::text FROM \(child(run, of: parent)) AS c WHERE \(parent.measure) = 1)
    TO STDOUT (FORMAT binary)
    """
  }

  /// Removes users' rows, and tells whose they were and how many; $1 ids, an array of text.
  func deleteUsers(_ run: Int64, of parent: Parent, type: String) -> String {
    """
    WITH gone AS (
      DELETE FROM \(child(run, of: parent)) AS c
      WHERE c.run_id = \(run) AND c.user_id = ANY ($1::text[]::\(type)[])
      RETURNING c.user_id
    )
    SELECT g.user_id::text AS user_id, pg_catalog.count(*) AS rows FROM gone AS g GROUP BY g.user_id
    """
  }

  /// Without cutting the file's end, which readers would have to wait for.
  func vacuum(_ run: Int64, of parent: Parent) -> String {
    "VACUUM (SKIP_LOCKED, TRUNCATE FALSE) \(child(run, of: parent))"
  }
}

import RunSupport

extension SQL {
  /// Statements that fill a table of interactions.
  struct Load {
    /// The schema, quoted.
    let schema: String
    /// The table, qualified and quoted.
    let table: String

    /// For a table whose names are quoted already.
    init(schema: String, name: String) {
      self.schema = schema
      table = schema + "." + name
    }

    var createSchema: String { "CREATE SCHEMA \(schema)" }

    var create: String {
      """
      CREATE TABLE \(table) (
        user_id bigint NOT NULL, item_id bigint NOT NULL, event_type text, value real,
        occurred_at timestamptz NOT NULL
      )
      """
    }
    var empty: String { "TRUNCATE TABLE ONLY \(table)" }

    /// Takes binary rows.
    ///
    /// - Parameter freeze: for a table made or emptied in the same transaction.
    /// - Returns: the COPY statement.
    func copy(freeze: Bool) -> String {
      """
      COPY \(table) (user_id, item_id, event_type, value, occurred_at)
      FROM STDIN (FORMAT binary\(freeze ? ", FREEZE" : ""))
      """
    }
  }
}

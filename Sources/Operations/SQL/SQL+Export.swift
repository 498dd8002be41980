import Pipeline
import RunSupport
import Store

/// Statements that hand out what is published.
extension SQL.Output {
  /// What may be exported.
  func published(_ content: Export.Lists) -> Parent {
    switch content {
    case .recommendations: lists
    case .similar: similar
    case .popular: popular
    case .userVectors: userVectorRows
    case .itemVectors: itemVectorRows
    }
  }

  /// The rows of something that is published, of a run or, without one, of the live run.
  private func rows(_ what: Parent, run: Int64?) -> String {
    // A run's own table, not its parent: were it dropped meanwhile, that is an error and not nothing.
    let source =
      run.map { "\(child($0, of: what)) AS e WHERE e.run_id = \($0)" } ?? "\(what.view) AS e"
    return "SELECT \(what.shown("e")) FROM \(source) ORDER BY \(what.order("e"))"
  }

  func copyAsCSV(_ what: Parent, run: Int64?) -> String {
    "COPY (\(rows(what, run: run))) TO STDOUT (FORMAT csv, HEADER true)"
  }

  /// Each row as a JSON object.
  func copyAsJSON(_ what: Parent, run: Int64?) -> String {
    """
    COPY (SELECT pg_catalog.row_to_json(o)::text FROM (\(rows(what, run: run))) AS o)
    TO STDOUT (FORMAT binary)
    """
  }

  /// The run that a slot serves from this schema: $1 slot, $2 schema.
  static let liveInSlot = """
    SELECT l.run_id
    FROM ncf.live AS l
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = $2
    JOIN pg_catalog.pg_class AS c
      ON c.relnamespace = n.oid AND c.relname = 'recommendations_run_' || l.run_id
    WHERE l.slot = $1 AND c.relispartition
    """

  static let relationExists = "SELECT pg_catalog.to_regclass($1) IS NOT NULL AS exists"
}

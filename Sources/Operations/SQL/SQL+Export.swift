import Pipeline
import RunSupport
import Store

/// Statements that hand out what is published.
extension SQL.Output {
  /// Something that is published: a view of what is live, and where a kept run's own is.
  struct Published {
    /// The columns, in order.
    let columns: String
    /// What rows are ordered by.
    let order: String
    /// The view of the live run's.
    let view: String
    /// Where a run's own is.
    let kept: Kept

    /// Where a run's own is.
    enum Kept {
      /// In a table for each run.
      case partitions(Parent)
      /// In one table for all runs.
      case rows(String)
    }
  }

  /// What may be exported.
  func published(_ content: Export.Lists) -> Published {
    switch content {
    case .recommendations:
      Published(
        columns: "e.user_id, e.rank, e.item_id, e.score, e.source, e.run_id",
        order: "e.user_id, e.rank", view: recommendations, kept: .partitions(lists))
    case .similar:
      Published(
        columns: "e.item_id, e.rank, e.similar_item_id, e.score", order: "e.item_id, e.rank",
        view: similarItems, kept: .partitions(similar))
    case .popular:
      Published(
        columns: "e.rank, e.item_id, e.score", order: "e.rank", view: popularItems,
        kept: .rows(popular))
    case .userVectors:
      Published(
        columns: "e.user_id, e.vector, e.run_id", order: "e.user_id", view: userVectors,
        kept: .partitions(userVectorRows))
    case .itemVectors:
      Published(
        columns: "e.item_id, e.vector, e.eligible, e.run_id", order: "e.item_id",
        view: itemVectors, kept: .partitions(itemVectorRows))
    }
  }

  /// The rows of something that is published, of a run or, without one, of the live run.
  private func rows(_ what: Published, run: Int64?) -> String {
    guard let run else {
      return "SELECT \(what.columns) FROM \(what.view) AS e ORDER BY \(what.order)"
    }
    // A run's own table, not its parent: were it dropped meanwhile, that is an error and not nothing.
    let table =
      switch what.kept {
      case .partitions(let parent): child(run, of: parent)
      case .rows(let name): name
      }
    return """
      SELECT \(what.columns) FROM \(table) AS e WHERE e.run_id = \(run) ORDER BY \(what.order)
      """
  }

  func copyAsCSV(_ what: Published, run: Int64?) -> String {
    "COPY (\(rows(what, run: run))) TO STDOUT (FORMAT csv, HEADER true)"
  }

  /// Each row as a JSON object.
  func copyAsJSON(_ what: Published, run: Int64?) -> String {
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

  static let relationExists = "SELECT pg_catalog.to_regclass($1) IS NOT NULL"
}

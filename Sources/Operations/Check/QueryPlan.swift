import FoundationEssentials
import Jobs
import Postgres
import RunSupport

/// How the server would carry out a query, and how many rows it expects.
struct QueryPlan {
  /// One step, with the steps that feed it.
  struct Step: Decodable {
    let kind: String
    let rows: Double
    let schema: String?
    let relation: String?
    let filter: String?
    let inputs: [Step]?

    private enum CodingKeys: String, CodingKey {
      case kind = "Node Type"
      case rows = "Plan Rows"
      case schema = "Schema"
      case relation = "Relation Name"
      case filter = "Filter"
      case inputs = "Plans"
    }

    /// This step and all below.
    var all: [Step] { [self] + (inputs ?? []).flatMap(\.all) }
  }

  private struct Explained: Decodable {
    let plan: Step
    private enum CodingKeys: String, CodingKey { case plan = "Plan" }
  }

  /// The last step.
  let top: Step

  /// Asks the server; nothing is read.
  ///
  /// - Throws: `PostgresError`, also for rights that are missing; `BatchError` (70) for an answer that
  ///   is no plan.
  init(of query: String, on connection: Connection) throws {
    let result = try connection.execute(SQL.Check.explain(query))
    let text = try result.map { try $0.decode(String.self, "QUERY PLAN") }.joined(separator: "\n")
    guard
      let found = try? JSONDecoder().decode([Explained].self, from: Data(text.utf8)).first
    else {
      throw BatchError(.software, "the server's EXPLAIN could not be read: \(text.prefix(200))")
    }
    top = found.plan
  }

  /// Rows that come out.
  var rows: Int { Int(clamping: Int64(min(max(top.rows, 0), 1e18))) }

  /// Steps that read a whole table to throw most of it away: what an index would spare.
  ///
  /// - Parameter size: rows of a table, by its quoted name; nil when unknown.
  /// - Returns: the tables, quoted.
  func wastefulScans(_ size: (_ table: String) throws -> Int?) rethrows -> [String] {
    var tables: [String] = []
    for step in top.all where step.kind == "Seq Scan" && step.filter != nil {
      guard let schema = step.schema, let relation = step.relation else { continue }
      let table = SQL.Check.quoted(schema) + "." + SQL.Check.quoted(relation)
      guard let rows = try size(table), rows >= Self.large,
        step.rows < Double(rows) * Self.worthAnIndex
      else { continue }
      tables.append(table)
    }
    return tables
  }

  /// Smaller tables are read in a moment, index or not.
  private static let large = 100_000
  /// Share of a table up to which an index pays.
  private static let worthAnIndex = 0.2
}

extension SQL.Check {
  /// A name of the catalog as SQL takes it.
  static func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }
}

import Interactions
import Jobs
import Postgres
import RunSupport

/// The query that yields which items were shown to whom: `served.impressions`.
enum ImpressionsQuery {
  private static let key = "served.impressions"

  /// Asks the server what the query's columns are, and checks that they can be used.
  ///
  /// - Parameters:
  ///   - text: the query.
  ///   - plan: knows the types of the source's ids.
  ///   - connection: inside a transaction.
  /// - Throws: `BatchError`, exit code 78, naming what is missing or of a wrong type; `PostgresError`.
  static func verify(_ text: String, _ plan: SourcePlan, on connection: Connection) throws {
    let statement = SQL.Pull.columns(of: SourcePlan.trimmed(text))
    let columns = try BatchError.mapping("read \(key)") { try connection.describe(statement) }
    for (column, kind) in [("user_id", plan.userKind), ("item_id", plan.itemKind)] {
      let type = try columns.type(of: column, in: key, advice: "by AS")
      let given = IdentifierKind(typeOID: type)
      guard given == kind || (given == .integer && kind == .bigint) else {
        throw BatchError(
          .configuration,
          "\(key): the column \(column) is \(given?.rawValue ?? "of type OID \(type)"), "
            + "in the source it is \(kind.rawValue)",
          advice: "cast it to \(kind.rawValue) in \(key)")
      }
    }
    let type = try columns.type(of: "shown_at", in: key, advice: "by AS")
    guard SourcePlan.times.contains(type) else {
      throw BatchError(
        .configuration, "\(key): the column shown_at is no time (type OID \(type))",
        advice: "cast it to timestamptz in \(key)")
    }
  }
}

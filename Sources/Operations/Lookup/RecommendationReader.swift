package import Jobs
package import Postgres
import RunSupport
import Store

/// Reads a user's live list, as any reader of the view would.
package struct RecommendationReader {
  /// One place of a list.
  package struct Entry: Sendable, Equatable {
    /// Place, from 1.
    package let rank: Int
    /// The item's id as text.
    package let item: String
    /// Probability by the model.
    package let score: Double
    /// `model` or `popular`.
    package let source: String
    /// The run that made the list.
    package let runID: Int64
  }

  private let parameters: ConnectionParameters
  private let schema: String

  /// A reader of a job's lists.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - schema: the job's `output.schema`.
  package init(_ parameters: ConnectionParameters, schema: String = "ncf") {
    self.parameters = parameters
    self.schema = schema
  }

  /// Reads a user's list.
  ///
  /// - Parameter user: the id in text form.
  /// - Returns: the list, best first; empty when the user has none.
  /// - Throws: `BatchError`; 65 when the text is no id of the source's type.
  package func list(user: String) throws(BatchError) -> [Entry] {
    try BatchError.mapping("read the list of user \(user)") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/recommend")
      let sql = try SQL.Output(schema: schema, on: connection)
      let rows = try connection.execute(sql.list, [.text(user)])
      return (0..<rows.rowCount).map { row in
        Entry(
          rank: rows[row: row, column: 0].flatMap { Int($0) } ?? 0,
          item: rows[row: row, column: 1] ?? "",
          score: rows[row: row, column: 2].flatMap { Double($0) } ?? 0,
          source: rows[row: row, column: 3] ?? "",
          runID: rows[row: row, column: 4].flatMap { Int64($0) } ?? 0)
      }
    }
  }
}

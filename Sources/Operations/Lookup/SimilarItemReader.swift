package import Jobs
package import Postgres
import RunSupport
import Store

/// Reads what is like an item, as any reader of the view would.
package struct SimilarItemReader {
  /// One place of a list.
  package struct Entry: Sendable, Equatable {
    /// Place, from 1.
    package let rank: Int
    /// The similar item's id as text.
    package let item: String
    /// How alike the two are, above 0 up to 1.
    package let score: Double
  }

  private let parameters: ConnectionParameters
  private let schema: String

  /// A reader of a job's similar items.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - schema: the job's `output.schema`.
  package init(_ parameters: ConnectionParameters, schema: String = "ncf") {
    self.parameters = parameters
    self.schema = schema
  }

  /// Reads an item's list.
  ///
  /// - Parameter item: the id in text form.
  /// - Returns: the list, most alike first; empty when the item has none.
  /// - Throws: `BatchError`; 65 when the text is no id of the source's type.
  package func list(item: String) throws(BatchError) -> [Entry] {
    try BatchError.mapping("read what is like item \(item)") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/similar")
      let sql = try SQL.Output(schema: schema, on: connection)
      let rows = try connection.execute(sql.similarTo, [.text(item)])
      return (0..<rows.rowCount).map { row in
        Entry(
          rank: rows[row: row, column: 0].flatMap { Int($0) } ?? 0,
          item: rows[row: row, column: 1] ?? "",
          score: rows[row: row, column: 2].flatMap { Double($0) } ?? 0)
      }
    }
  }
}

package import Jobs
package import Postgres
import RunSupport
import Store

/// Reads a live list, as any reader of the views would.
package struct ListReader {
  /// Whose list is read.
  package enum Subject: Sendable {
    /// What a user is recommended.
    case user
    /// What is most like an item.
    case item
  }

  /// One place of a list.
  package struct Entry: Sendable, Equatable, Decodable {
    /// Place, from 1.
    package let rank: Int
    /// The listed item's id as text.
    package let itemID: String
    /// Probability by the model; where the source is `popular`, the share of users who have the item; for an
    /// item's list, how alike the two are, above 0 up to 1.
    package let score: Double
    /// `model` or `popular`; nil in an item's list.
    package let source: String?
    /// The run that made the list; nil in an item's list.
    package let runID: Int64?
  }

  private let parameters: ConnectionParameters
  private let schema: String

  /// A reader of a job's lists.
  ///
  /// - Parameters:
  ///   - parameters: where to connect.
  ///   - schema: the job's `output.schema`.
  package init(_ parameters: ConnectionParameters, schema: String = "ncf") {
    (self.parameters, self.schema) = (parameters, schema)
  }

  /// Reads a list.
  ///
  /// - Parameters:
  ///   - subject: whose list it is.
  ///   - id: the user's or item's id in text form.
  /// - Returns: the list, best first; empty when there is none.
  /// - Throws: `BatchError`; 65 when the text is no id of the source's type.
  package func list(_ subject: Subject, _ id: String) throws(BatchError) -> [Entry] {
    let (doing, name) =
      switch subject {
      case .user: ("read the list of user \(id)", "recommend")
      case .item: ("read what is like item \(id)", "similar")
      }
    return try BatchError.mapping(doing) {
      let connection = try Connection(parameters, applicationName: "ncf-batch/\(name)")
      let sql = try SQL.Output(schema: schema, on: connection)
      return try connection.execute(subject == .user ? sql.list : sql.similarTo, id).decode()
    }
  }
}

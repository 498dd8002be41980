package import Jobs
package import Postgres
import RunSupport

/// Looks for logs of events in a database.
package struct SourceSearch {
  /// Columns that somebody has chosen; nil where it is for the search to choose.
  package struct Choice: Sendable, Equatable {
    /// The table, as one would type it in SQL.
    package var table: String?
    /// Its column of users.
    package var user: String?
    /// Its column of items.
    package var item: String?
    /// Its column of times.
    package var time: String?
    /// Its column of event types.
    package var event: String?
    /// Its column of values.
    package var value: String?

    /// Nothing chosen.
    package init() {}

    /// What was chosen for a part.
    package subscript(role: ColumnRole) -> String? {
      switch role {
      case .user: user
      case .item: item
      case .time: time
      case .event: event
      case .value: value
      }
    }
  }

  private let parameters: ConnectionParameters

  /// A search in a database.
  package init(_ parameters: ConnectionParameters) { self.parameters = parameters }

  /// Finds logs, the likeliest first.
  ///
  /// - Parameters:
  ///   - choice: what is settled already.
  ///   - mayLack: whether a chosen table may be one of whose columns some are still to be told.
  /// - Returns: at least one; of a chosen table, exactly one.
  /// - Throws: `BatchError`; 78 when nothing looks like a log, naming what is missing.
  package func run(
    _ choice: Choice = Choice(), mayLack: Bool = false
  ) throws(BatchError) -> [SourceDraft] {
    try BatchError.mapping("look for a log of events") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/init-config")
      try ServerCheck.version(of: connection)
      let tables = try CatalogTable.read(connection.execute(SQL.Search.columns))
      var found: [SourceDraft]
      if let name = choice.table {
        let one = try chosen(name, choice, tables, on: connection)
        if !mayLack { try Self.refuseGaps(one) }
        found = [one]
      } else {
        found = SourceRanking(tables, choice).proposals()
      }
      guard !found.isEmpty else {
        throw BatchError(
          .configuration,
          "none of the \(tables.count) tables and views that this role may read looks like a log of "
            + "events: a user, an item and a time",
          advice: "name one with --table and its columns with --user-column, --item-column, "
            + "--time-column; if yours is missing, the role needs USAGE on its schema and SELECT")
      }
      return found
    }
  }

  /// Adds to a proposal which event types its first rows have.
  ///
  /// - Throws: `BatchError`.
  package func withEventTypes(_ draft: SourceDraft) throws(BatchError) -> SourceProposal {
    var proposal = draft.proposal
    guard let part = proposal.parts.first(where: { $0.role == ColumnRole.event.rawValue })
    else { return proposal }
    return try BatchError.mapping("look at the event types") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/init-config")
      let rows: String
      let column: String
      switch proposal.relation {
      case .query(let query): (rows, column) = (query, ColumnRole.event.rawValue)
      case .table(let name, _):
        let relation = try SourcePlan.resolve(name, on: connection)
        column = try connection.quoteIdentifier(part.column)
        rows = SQL.Pull.query(table: relation, columns: [(column, column)])
      }
      proposal.eventTypes = try connection.execute(SQL.Search.frequent(column, of: rows)).map {
        (try $0.decode("word"), try $0.decode("rows"))
      }
      return proposal
    }
  }

  private func chosen(
    _ name: String, _ choice: Choice, _ tables: [CatalogTable], on connection: Connection
  ) throws -> SourceDraft {
    let relation = try SourcePlan.resolve(name, on: connection)
    guard let table = tables.first(where: { $0.relation == relation }) else {
      throw BatchError(
        .permission, "\(relation) may not be read by this role",
        advice: "GRANT USAGE on its schema and SELECT on it")
    }
    var found = SourceRanking([table], choice).draft(table)
    for role in ColumnRole.allCases {
      if let column = choice[role] { try found.give(role, to: column) }
    }
    return found
  }

  private static func refuseGaps(_ found: SourceDraft) throws(BatchError) {
    guard !found.missing.isEmpty else { return }
    throw BatchError(
      .configuration,
      "it can't be told which columns of \(found.casting.title) are meant: "
        + found.missing.map(\.flag).joined(separator: ", "),
      advice: "name them with these flags; its columns are "
        + found.casting.table.columns.map { "\($0.name) \($0.typeName)" }.joined(separator: ", "))
  }
}

package import Postgres

/// A log of events that was found in a database, ready to be a job's source.
package struct SourceProposal: Sendable, Equatable {
  /// A column that was chosen for a part of an interaction.
  package struct Part: Sendable, Equatable {
    /// What it is for: `user_id`, `item_id`, `occurred_at`, `event_type` or `value`.
    package var role: String
    /// The column, with its table's name before it where there are two.
    package var column: String
    /// Its type.
    package var type: String
    /// The table that it refers to; nil for none.
    package var target: String?

    /// The column in words.
    package var description: String { type + (target.map { ", refers to \($0)" } ?? "") }
  }

  /// Where its rows come from, as a job says it.
  package var relation: Job.Source.Relation
  /// The table, or the tables, in words.
  package var title: String
  /// Rows that the server believes there are; nil when it does not know.
  package var rows: Int?
  /// How much speaks for it; only good for comparison.
  package var points: Double
  /// What each part is read from.
  package var parts: [Part]
  /// The most frequent event types of its first rows, with their counts; empty until asked for.
  package var eventTypes: [(name: String, count: Int)] = []

  /// Whether two proposals read the same.
  package static func == (a: SourceProposal, b: SourceProposal) -> Bool {
    a.relation == b.relation && a.parts == b.parts
  }

  /// One line.
  package var summary: String {
    let read = parts.map { $0.role == $0.column ? $0.column : "\($0.column) as \($0.role)" }
    return "\(title) (\(rows.map { "about \($0) rows" } ?? "rows not counted")): "
      + read.joined(separator: ", ")
  }
}

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

    subscript(role: ColumnRoles.Role) -> String? {
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
  /// - Parameter choice: what is settled already.
  /// - Returns: at least one; of a chosen table, exactly one.
  /// - Throws: `BatchError`; 78 when nothing looks like a log, naming what is missing.
  package func run(_ choice: Choice = Choice()) throws(BatchError) -> [SourceProposal] {
    try BatchError.mapping("look for a log of events") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/init-config")
      try ServerCheck.version(of: connection)
      let tables = CatalogTable.read(try connection.execute(SQL.Search.columns))
      var found: [SourceProposal]
      if let name = choice.table {
        found = [try chosen(name, choice, tables, on: connection)]
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
  package func withEventTypes(_ proposal: SourceProposal) throws(BatchError) -> SourceProposal {
    guard let part = proposal.parts.first(where: { $0.role == ColumnRoles.Role.event.rawValue })
    else { return proposal }
    return try BatchError.mapping("look at the event types") {
      let connection = try Connection(parameters, applicationName: "ncf-batch/init-config")
      let rows: String
      let column: String
      switch proposal.relation {
      case .query(let query): (rows, column) = (query, ColumnRoles.Role.event.rawValue)
      case .table(let name, _):
        let relation = try SourcePlan.resolve(name, on: connection)
        column = try connection.quoteIdentifier(part.column)
        rows = SQL.Pull.query(table: relation, columns: [(column, column)])
      }
      let found = try connection.execute(SQL.Search.frequent(column, of: rows))
      var proposal = proposal
      proposal.eventTypes = (0..<found.rowCount).map { row in
        (found[row: row, column: 0] ?? "", found[row: row, column: 1].flatMap { Int($0) } ?? 0)
      }
      return proposal
    }
  }

  private func chosen(
    _ name: String, _ choice: Choice, _ tables: [CatalogTable], on connection: Connection
  ) throws -> SourceProposal {
    let relation = try SourcePlan.resolve(name, on: connection)
    guard let table = tables.first(where: { $0.relation == relation }) else {
      throw BatchError(
        .permission, "\(relation) may not be read by this role",
        advice: "GRANT USAGE on its schema and SELECT on it")
    }
    for role in ColumnRoles.Role.allCases {
      guard let column = choice[role] else { continue }
      guard table.columns.contains(where: { $0.name == column }) else {
        throw BatchError(
          .configuration, "\(relation) has no column \(column)",
          advice: "its columns are \(table.columns.map(\.name).joined(separator: ", "))")
      }
    }
    guard let proposal = SourceRanking([table], choice).proposals().first else {
      let missing = SourceRanking([table], choice).missing(in: table).map { role in
        "--\(role == .user ? "user" : role == .item ? "item" : "time")-column"
      }
      throw BatchError(
        .configuration,
        "it can't be told which columns of \(relation) are meant: \(missing.joined(separator: ", "))",
        advice: "name them with these flags; its columns are "
          + table.columns.map { "\($0.name) \($0.typeName)" }.joined(separator: ", "))
    }
    return proposal
  }
}

/// A log of events that was found in a database, ready to be a job's source.
package struct SourceProposal: Sendable {
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

    /// A column and what it is for.
    package init(role: String, column: String, type: String, target: String?) {
      (self.role, self.column, self.type, self.target) = (role, column, type, target)
    }
  }

  /// Where its rows come from, as a job says it.
  package let relation: Job.Source.Relation
  /// The table, or the tables, in words.
  package let title: String
  /// Rows that the server believes there are; nil when it does not know.
  package let rows: Int?
  /// What each part is read from.
  package let parts: [Part]
  /// How much speaks for it; only good for comparison.
  package let points: Double
  /// The most frequent event types of its first rows, with their counts; empty until asked for.
  package var eventTypes: [(name: String, count: Int)] = []

  /// A proposal.
  package init(
    relation: Job.Source.Relation, title: String, rows: Int?, parts: [Part], points: Double
  ) {
    (self.relation, self.title, self.rows) = (relation, title, rows)
    (self.parts, self.points) = (parts, points)
  }

  /// One line.
  package var summary: String {
    let read = parts.map { $0.role == $0.column ? $0.column : "\($0.column) as \($0.role)" }
    return "\(title) (\(rows.map { "about \($0) rows" } ?? "rows not counted")): "
      + read.joined(separator: ", ")
  }
}

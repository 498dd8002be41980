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

  /// What plays which part.
  var casting: Casting
  /// How much speaks for it; only good for comparison.
  package var points: Double
  /// The most frequent event types of its first rows, with their counts; empty until asked for.
  package var eventTypes: [(name: String, count: Int)] = []

  /// A proposal.
  init(_ casting: Casting, points: Double) {
    self.casting = casting
    self.points = points
  }

  /// Whether two proposals read the same.
  package static func == (a: SourceProposal, b: SourceProposal) -> Bool {
    a.relation == b.relation && a.parts == b.parts
  }

  /// Where its rows come from, as a job says it.
  package var relation: Job.Source.Relation { casting.relation }
  /// The table, or the tables, in words.
  package var title: String { casting.title }
  /// Rows that the server believes there are; nil when it does not know.
  package var rows: Int? { casting.table.rows }
  /// What each part is read from.
  package var parts: [Part] { casting.parts }
  /// Parts that a log can't do without and that no column plays yet.
  package var missing: [ColumnRole] { casting.missing }

  /// The column that plays a part; nil for none.
  package func column(of role: ColumnRole) -> String? {
    casting.picks[role].map { casting.name(of: $0) }
  }

  /// Every column there is, with its type.
  package var columns: [(name: String, type: String)] {
    casting.all.map { (casting.name(of: $0), $0.column.typeName) }
  }

  /// Gives a part to a column, or to none.
  ///
  /// - Parameters:
  ///   - role: the part.
  ///   - name: the column's; nil leaves the part out.
  /// - Throws: `BatchError`, 78, for a name that no column has, and for a column that can't play it.
  package mutating func give(_ role: ColumnRole, to name: String?) throws(BatchError) {
    if let name { try casting.give(role, to: name) } else { casting.picks[role] = nil }
  }

  /// One line.
  package var summary: String {
    let read = parts.map { $0.role == $0.column ? $0.column : "\($0.column) as \($0.role)" }
    return "\(title) (\(rows.map { "about \($0) rows" } ?? "rows not counted")): "
      + read.joined(separator: ", ")
  }
}

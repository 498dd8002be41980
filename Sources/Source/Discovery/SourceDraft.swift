package import Jobs

/// A log of events that was found in a database, whose columns can still be chosen.
package struct SourceDraft: Sendable {
  /// What plays which part.
  var casting: Casting
  /// How much speaks for it; only good for comparison.
  let points: Double

  /// The log as a job's source.
  package var proposal: SourceProposal {
    SourceProposal(
      relation: casting.relation, title: casting.title, rows: casting.table.rows,
      parts: casting.parts, points: points)
  }

  /// Parts that a log can't do without and that no column plays yet.
  var missing: [ColumnRole] { casting.missing }

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
}

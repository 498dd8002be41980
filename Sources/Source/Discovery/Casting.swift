package import Jobs
import RunSupport

/// Which columns play which part: those of one table, or of lines and of what the lines belong to.
struct Casting: Sendable {
  /// A column that was chosen, and where it stands.
  struct Pick: Sendable {
    /// Whether it is a column of what the lines belong to.
    var isHead: Bool
    /// The column.
    var column: CatalogColumn
  }

  /// The table, or that of the lines.
  var table: CatalogTable
  /// What the lines belong to, and the columns by which, quoted; nil for one table.
  var heads: (table: CatalogTable, key: (line: String, head: String))?
  /// What plays which part.
  var picks: [ColumnRole: Pick] = [:]

  /// The table, or the tables, in words.
  var title: String { table.relation + (heads.map { " with \($0.table.relation)" } ?? "") }

  /// Where the rows come from, as a job says it; parts without a column are as a job's defaults.
  var relation: Job.Source.Relation {
    guard let heads else {
      var columns = Job.Source.Columns()
      if let name = picks[.user]?.column.name { columns.user = name }
      if let name = picks[.item]?.column.name { columns.item = name }
      if let name = picks[.time]?.column.name { columns.time = name }
      columns.event = picks[.event]?.column.name
      columns.value = picks[.value]?.column.name
      return .table(table.relation, columns: columns)
    }
    return .query(
      SQL.Search.join(
        lines: table.relation, heads: heads.table.relation, key: heads.key,
        columns: ColumnRole.allCases.compactMap { role in
          picks[role].map { (role.rawValue, "\($0.isHead ? "h" : "l").\($0.column.quoted)") }
        }))
  }

  /// What each part is read from.
  var parts: [SourceProposal.Part] {
    ColumnRole.allCases.compactMap { role in
      picks[role].map { pick in
        SourceProposal.Part(
          role: role.rawValue, column: name(of: pick), type: pick.column.typeName,
          target: pick.column.target?.relation)
      }
    }
  }

  /// Parts that a log can't do without and that no column plays.
  var missing: [ColumnRole] { ColumnRole.allCases.filter { $0.isNeeded && picks[$0] == nil } }

  /// Every column there is.
  var all: [Pick] {
    table.columns.map { Pick(isHead: false, column: $0) }
      + (heads?.table.columns ?? []).map { Pick(isHead: true, column: $0) }
  }

  /// A column's name, with its table's before it where there are two tables.
  func name(of pick: Pick) -> String {
    guard let heads else { return pick.column.name }
    return (pick.isHead ? heads.table : table).name + "." + pick.column.name
  }

  /// Gives a part to a column, which then plays no other.
  ///
  /// - Parameters:
  ///   - role: the part.
  ///   - name: the column's; with its table's before it where two have one of that name.
  /// - Throws: `BatchError`, 78, for a name that no column has, and for a column that can't play it.
  mutating func give(_ role: ColumnRole, to name: String) throws(BatchError) {
    let found = all.filter { self.name(of: $0) == name || $0.column.name == name }
    guard let pick = found.first else {
      throw BatchError(
        .configuration, "\(title) has no column \(name)",
        advice: "its columns are \(all.map { self.name(of: $0) }.joined(separator: ", "))")
    }
    guard found.count == 1 else {
      throw BatchError(
        .configuration, "\(title) has \(found.count) columns \(name)",
        advice: "say \(found.map { self.name(of: $0) }.joined(separator: " or "))")
    }
    guard role.accepts(pick.column) else {
      throw BatchError(
        .configuration,
        "\(self.name(of: pick)) is \(pick.column.typeName), which can't be read as \(role.plural)",
        advice: "choose a column of \(role.types), or write a source.query that casts it")
    }
    for (other, taken) in picks where self.name(of: taken) == self.name(of: pick) {
      picks[other] = nil
    }
    picks[role] = pick
  }
}

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

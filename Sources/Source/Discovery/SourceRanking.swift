import Glibc
import Interactions

/// Chooses which tables could be a log of events, and which of their columns play which part.
struct SourceRanking {
  private let tables: [CatalogTable]
  private let choice: SourceSearch.Choice

  init(_ tables: [CatalogTable], _ choice: SourceSearch.Choice = .init()) {
    (self.tables, self.choice) = (tables, choice)
  }

  /// What could be a log, the likeliest first; of equals the one that stands first.
  func proposals() -> [SourceDraft] {
    let all = tables.compactMap(single) + tables.compactMap(joined)
    return all.enumerated().sorted { a, b in
      a.element.points != b.element.points
        ? a.element.points > b.element.points : a.offset < b.offset
    }.map(\.element)
  }

  /// A table with what looks like the parts of a log, which may not be all that one needs.
  func draft(_ table: CatalogTable) -> SourceDraft {
    let cast = between(cast(table), table)
    return SourceDraft(
      casting: Casting(
        table: table,
        picks: cast.mapValues { Casting.Pick(isHead: false, column: $0.column) }),
      points: ColumnRole.allCases.filter(\.isNeeded).compactMap { cast[$0]?.points }.reduce(0, +)
        + size(table.rows) + ColumnRoles.logPoints(table.name))
  }

  private typealias Cast = [ColumnRole: (column: CatalogColumn, points: Double)]

  /// The best column for each part; no column plays two.
  private func cast(_ table: CatalogTable) -> Cast {
    var cast: Cast = [:]
    var taken: Set<String> = []
    for role in ColumnRole.allCases {
      if let name = choice[role], let column = table.columns.first(where: { $0.name == name }) {
        cast[role] = (column, 10)
        taken.insert(name)
      }
    }
    // The part that is clearest first, so that user_item_id goes where it fits better.
    var open = ColumnRole.allCases.filter { cast[$0] == nil }
    while true {
      var best: (role: ColumnRole, column: CatalogColumn, points: Double)?
      for role in open {
        for column in table.columns where !taken.contains(column.name) {
          let points = ColumnRoles.points(column, as: role)
          if points > 0, points > best?.points ?? 0 { best = (role, column, points) }
        }
      }
      guard let best else { break }
      cast[best.role] = (best.column, best.points)
      taken.insert(best.column.name)
      open.removeAll { $0 == best.role }
    }
    return cast
  }

  /// The parts of a table between two others, which is a log of one's doings with the other, whatever
  /// they are called: what no word names is what the other key leads to.
  private func between(_ cast: Cast, _ table: CatalogTable) -> Cast {
    var cast = cast
    for (known, unknown) in [(ColumnRole.user, ColumnRole.item), (.item, .user)] {
      guard let one = cast[known], cast[unknown] == nil else { continue }
      let taken = cast.values.map(\.column.name)
      let other = table.columns.first { column in
        column.target != nil && !taken.contains(column.name) && !column.isUnique
          && column.target?.relation != one.column.target?.relation
          && IdentifierKind(typeOID: column.type) != nil
      }
      if let other { cast[unknown] = (other, 3) }
    }
    return cast
  }

  private func single(_ table: CatalogTable) -> SourceDraft? {
    let draft = draft(table)
    return draft.missing.isEmpty ? draft : nil
  }

  /// Lines of something that a user did, such as those of orders: the item stands in the line, user
  /// and time in what it belongs to.
  private func joined(_ lines: CatalogTable) -> SourceDraft? {
    guard choice.table == nil else { return nil }
    let own = cast(lines)
    guard let item = own[.item], own[.user] == nil || own[.time] == nil else { return nil }
    for key in lines.columns where key != item.column {
      guard let target = key.target,
        let heads = tables.first(where: { $0.relation == target.relation })
      else { continue }
      let above = cast(heads)
      guard let user = own[.user].map({ ("l", $0) }) ?? above[.user].map({ ("h", $0) }),
        let time = own[.time].map({ ("l", $0) }) ?? above[.time].map({ ("h", $0) }),
        user.0 == "h" || time.0 == "h"
      else { continue }
      var picks: [ColumnRole: Casting.Pick] = [
        .user: .init(isHead: user.0 == "h", column: user.1.column),
        .item: .init(isHead: false, column: item.column),
        .time: .init(isHead: time.0 == "h", column: time.1.column),
      ]
      for role in [ColumnRole.event, .value] {
        if let found = own[role] { picks[role] = .init(isHead: false, column: found.column) }
      }
      return SourceDraft(
        casting: Casting(table: lines, heads: (heads, (key.quoted, target.column)), picks: picks),
        points: user.1.points + item.points + time.1.points + size(lines.rows)
          + ColumnRoles.logPoints(lines.name) - 1)
    }
    return nil
  }

  /// A log has many rows; a table of unknown size gains nothing.
  private func size(_ rows: Int?) -> Double {
    guard let rows else { return 0 }
    return log10(Double(max(0, rows) + 1))
  }
}

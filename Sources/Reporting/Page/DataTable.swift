/// A table that holds what a picture shows.
struct DataTable {
  /// Names of the columns.
  var header: [String]
  /// Cells, row by row.
  var rows: [[String]]
  /// What it holds, for those who can't see the picture above it.
  var caption: String

  /// Folded in, below a picture.
  var folded: Markup {
    guard !rows.isEmpty else { return .none }
    return """
      <details><summary>The figures as a table</summary>
      \(table)</details>

      """
  }

  /// The table itself, in a box that scrolls when it is wider than the page.
  var table: Markup {
    let names: [Markup] = header.map { "<th scope=\"col\">\($0)</th>" }
    let body: [Markup] = rows.map { row in
      let cells: [Markup] = row.enumerated().map { index, cell in
        index == 0
          ? "<th scope=\"row\"><bdi>\(cell)</bdi></th>"
          : Self.isFigure(cell) ? "<td class=\"n\">\(cell)</td>" : "<td><bdi>\(cell)</bdi></td>"
      }
      return "<tr>\(cells)</tr>\n"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table>
      <caption>\(caption)</caption>
      <thead><tr>\(names)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>

      """
  }

  private static func isFigure(_ cell: String) -> Bool {
    cell.contains { $0.isNumber } && cell.allSatisfy { $0.isNumber || "+-.,% –".contains($0) }
  }
}

/// Rows in columns, two spaces apart, numbers to the right.
package struct TextTable {
  private let header: [String]
  private let rows: [[String]]

  /// A table under a header.
  package init(_ header: [String], rows: [[String]]) {
    self.header = header
    self.rows = rows.map { $0.map(Self.harmless) }
  }

  /// Control characters, which could command a terminal, become visible.
  package static func harmless(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return cell
    }
    return cell.unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control
        ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
  }

  /// The table, a line's end after each row; a header alone when there are no rows.
  package var text: String {
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    let numeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { Self.isNumber($0[column]) }
    }
    var text = ""
    for row in [header] + rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (numeric[column] ? space + cell : cell + space)
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }

  private static func isNumber(_ cell: String) -> Bool {
    cell.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.,".utf8.contains($0) }
  }
}

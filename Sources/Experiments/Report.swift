/// What an experiment found, as readable tables.
package struct Report: Sendable, Equatable {
  /// A table with what is to be said about it.
  package struct Section: Sendable, Equatable {
    /// What the table shows.
    package let heading: String
    /// Column names.
    package let header: [String]
    /// Cells, as many in a row as there are columns.
    package let rows: [[String]]
    /// Sentences below the table.
    package var notes: [String] = []
  }

  /// The experiment's name and what it is about.
  package let title: String
  /// On what and how it was made: data, seeds, settings.
  package let circumstances: [String]
  /// Its tables.
  package let sections: [Section]

  /// The report as Markdown.
  package var markdown: String {
    var lines = ["# \(title)", ""]
    lines += circumstances.flatMap { ["- \($0)"] }
    for section in sections {
      lines += ["", "## \(section.heading)", ""]
      lines += Self.table(section)
      for note in section.notes { lines += ["", note] }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table whose columns stand below each other in the text, too.
  private static func table(_ section: Section) -> [String] {
    let all = [section.header] + section.rows
    let widths = section.header.indices.map { column in
      all.map { $0[column].count }.max() ?? 0
    }
    func line(_ row: [String]) -> String {
      "| "
        + row.indices.map { column in
          row[column] + String(repeating: " ", count: widths[column] - row[column].count)
        }.joined(separator: " | ") + " |"
    }
    let rule =
      "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|")
      + "|"
    return [line(section.header), rule] + section.rows.map(line)
  }
}

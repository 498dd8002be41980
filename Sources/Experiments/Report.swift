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
    package let notes: [String]

    /// Names the parts.
    package init(heading: String, header: [String], rows: [[String]], notes: [String] = []) {
      self.heading = heading
      self.header = header
      self.rows = rows
      self.notes = notes
    }
  }

  /// The experiment's name and what it is about.
  package let title: String
  /// On what and how it was made: data, seeds, settings.
  package let circumstances: [String]
  /// Its tables.
  package let sections: [Section]

  /// Names the parts.
  package init(title: String, circumstances: [String], sections: [Section]) {
    self.title = title
    self.circumstances = circumstances
    self.sections = sections
  }

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

/// Numbers as tables show them.
enum Cell {
  /// A number with so many decimals.
  static func fixed(_ value: Double, _ decimals: Int = 3) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((abs(value) * scale).rounded())
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(units) }
    let fraction = String(units % Int(scale))
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(units / Int(scale)).\(zeros)\(fraction)"
  }

  /// A probability: two digits, or less than a thousandth.
  static func probability(_ value: Double) -> String {
    value < 0.001 ? "< .001" : fixed(value, 3)
  }

  /// Seconds, to a tenth when they are few.
  static func seconds(_ value: Double) -> String {
    value < 10 ? fixed(value, 2) : fixed(value, value < 100 ? 1 : 0)
  }
}

/// Bars, as SVG.
enum BarChart {
  /// A bar that lies, with its name at the left and a figure after its end.
  struct Bar {
    /// What it is of.
    var name: String
    /// How long it is, in any unit.
    var value: Double
    /// What stands after it.
    var figure: String
  }

  /// Lying bars, one below the other.
  ///
  /// - Parameters:
  ///   - id: of the figure on the page.
  ///   - title: what it shows.
  ///   - bars: from top to bottom; none gives an empty figure.
  /// - Returns: the figure.
  static func lying(id: String, title: String, _ bars: [Bar]) -> Markup {
    let (width, left, right, step) = (420.0, 72.0, 132.0, 30.0)
    let longest = max(bars.map(\.value).max() ?? 0, 1e-9)
    let drawn: [Markup] = bars.enumerated().map { index, bar in
      let top = Double(index) * step + 6
      let length = max(1, bar.value / longest * (width - left - right))
      return """
        <text class="label" x="\(left - 8)" y="\(top + 14)" text-anchor="end">\(bar.name)</text>\
        <rect class="bar s-own" x="\(left)" y="\(top + 2)" width="\(length)" height="16" rx="1.5" />\
        <text class="tick" x="\(left + length + 6)" y="\(top + 14)">\(bar.figure)</text>

        """
    }
    let said = bars.map { "\($0.name) \($0.figure)" }.joined(separator: "; ")
    guard !bars.isEmpty else { return .emptyFigure(title) }
    return .figure(
      id: id, caption: "\(title)", description: said, width: width,
      height: Double(bars.count) * step + 8, Markup(drawn))
  }

  /// Standing bars in pairs.
  ///
  /// - Parameters:
  ///   - id: of the figure on the page.
  ///   - title: what it shows.
  ///   - along: what the x axis is.
  ///   - names: of the first and the second bar of a pair, and their classes.
  ///   - pairs: from left to right, shares of 1, each with the word below it.
  /// - Returns: the figure.
  static func pairs(
    id: String, title: String, along: String, names: (ModelLook, ModelLook),
    _ pairs: [(word: String, first: Double, second: Double)]
  ) -> Markup {
    let (width, height, left, top, bottom) = (420.0, 240.0, 46.0, 10.0, 38.0)
    let floor = height - bottom
    let y = Axis(
      of: pairs.flatMap { [$0.first * 100, $0.second * 100] }, fromZero: true, from: floor, to: top)
    let step = (width - left - 8) / Double(max(pairs.count, 1))
    let half = step * 0.38
    let grid = y.grid(from: left, to: width, unit: " %")
    let drawn: [Markup] = pairs.enumerated().map { index, pair in
      let middle = left + 4 + (Double(index) + 0.5) * step
      let (first, second) = (y(pair.first * 100), y(pair.second * 100))
      return """
        <rect class="bar s-\(names.0.style)" x="\(middle - half)" y="\(first)" width="\(half - 1)" \
        height="\(floor - first)" />\
        <rect class="bar s-\(names.1.style)" x="\(middle + 1)" y="\(second)" width="\(half - 1)" \
        height="\(floor - second)" />\
        <text class="tick" x="\(middle)" y="\(floor + 16)" text-anchor="middle">\(pair.word)</text>

        """
    }
    return .figure(
      id: id,
      caption: """
        \(title): <span class="key s-\(names.0.style)">\(names.0.name)</span> and \
        <span class="key s-\(names.1.style)">\(names.1.name)</span>
        """, description: "The figures are in the table.", width: width, height: height,
      """
      \(grid)\(drawn)<line class="axis" x1="\(left)" x2="\(width)" y1="\(floor)" y2="\(floor)" />
      <text class="tick" x="\((left + width) / 2)" y="\(floor + 32)" text-anchor="middle">\(along)</text>

      """)
  }
}

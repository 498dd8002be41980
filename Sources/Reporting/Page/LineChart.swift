import Formatting

/// Lines over an axis, each named at its end, as SVG.
struct LineChart {
  /// A point of a line.
  struct Point: Sendable, Equatable {
    /// Along.
    var x: Double
    /// Up.
    var y: Double
    /// Confidence bounds around it, where there are any.
    var bounds: ClosedRange<Double>?
  }

  /// One line.
  struct Series {
    /// Its name and colour.
    var look: ModelLook
    /// From left to right.
    var points: [Point]
    /// A point that is marked and why, such as the best.
    var mark: Point?
  }

  /// A place that something went wrong at: a cross, or a stroke on the axis where there is no figure.
  struct Fault {
    /// Along.
    var x: Double
    /// Up; nil on the axis.
    var y: Double?
    /// A word beside it.
    var word: String?
  }

  /// Sizes of a picture, in units of about a pixel.
  struct Size {
    /// Whole width.
    var width: Double
    /// Whole height.
    var height: Double
    /// Room for names at the right.
    var names: Double

    /// Two beside each other.
    static let half = Size(width: 420, height: 240, names: 78)
    /// Three beside each other.
    static let third = Size(width: 290, height: 210, names: 62)
  }

  /// Its id on the page.
  var id: String
  /// What it shows, in a line.
  var title: String
  /// What the x axis is.
  var along: String
  /// Lines, the most important last: it is drawn on top.
  var series: [Series]
  /// Ticks of the x axis and their words.
  var ticks: [(at: Double, word: String)]
  /// Whether the y axis begins at 0.
  var fromZero = false
  /// What went wrong where.
  var faults: [Fault] = []
  /// How large it is.
  var size = Size.half

  private static let (left, top, bottom): (Double, Double, Double) = (46, 10, 38)

  /// The figure, with its caption.
  var figure: Markup {
    guard let drawing else { return .emptyFigure(title) }
    return .figure(
      id: id, caption: "\(title)", description: description, width: size.width,
      height: size.height, drawing)
  }

  /// What is in the picture; nil without a point.
  var drawing: Markup? {
    let points = series.flatMap(\.points)
    guard !points.isEmpty else { return nil }
    let right = size.width - size.names
    let floor = size.height - Self.bottom
    let values =
      points.map(\.y) + points.flatMap { $0.bounds.map { [$0.lowerBound, $0.upperBound] } ?? [] }
      + faults.compactMap(\.y)
    let y = Axis(
      of: values, fromZero: fromZero, from: floor, to: Self.top)
    let across = points.map(\.x) + faults.map(\.x)
    var (low, high) = (across.min() ?? 0, across.max() ?? 1)
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    let x = Axis(low...high, ticks: ticks.map(\.at), from: Self.left + 8, to: right - 4)
    return """
      \(y.grid(from: Self.left, to: right))\(footing(x, floor, right))\(series.map { band($0, x, y) })\
      \(series.map { line($0, x, y) })\(faults.map { fault($0, x, y, floor) })\(names(x, y, right))
      """
  }

  /// What someone hears who can't see it: each line's last figure.
  var description: String {
    let parts = series.compactMap { series in
      series.points.last.map { "\(series.look.name) \(Figures.fixed($0.y, 4))" }
    }
    let many = faults.isEmpty ? "" : "; \(faults.count) marked as refused or failed"
    return
      "At the right end: \(parts.joined(separator: ", "))\(many). The figures are in the table."
  }

  private func footing(_ x: Axis, _ floor: Double, _ right: Double) -> Markup {
    let words: [Markup] = ticks.filter { x.range.contains($0.at) }.map { tick in
      """
      <text class="tick" x="\(x(tick.at))" y="\(floor + 16)" text-anchor="middle">\(tick.word)</text>

      """
    }
    return """
      <line class="axis" x1="\(Self.left)" x2="\(right)" y1="\(floor)" y2="\(floor)" />
      \(words)<text class="tick" x="\((Self.left + right) / 2)" y="\(floor + 32)" \
      text-anchor="middle">\(along)</text>

      """
  }

  private func path(_ points: [(Double, Double)]) -> String {
    points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Figures.fixed(point.0, 1)) \(Figures.fixed(point.1, 1))"
    }.joined()
  }

  private func band(_ series: Series, _ x: Axis, _ y: Axis) -> Markup {
    let bounded = series.points.compactMap { point in point.bounds.map { (point.x, $0) } }
    guard bounded.count > 1 else { return .none }
    let outline =
      bounded.map { (x($0.0), y($0.1.upperBound)) }
      + bounded.reversed().map { (x($0.0), y($0.1.lowerBound)) }
    return """
      <path class="band s-\(series.look.style)" d="\(path(outline))Z" />

      """
  }

  private func line(_ series: Series, _ x: Axis, _ y: Axis) -> Markup {
    let points = series.points.map { (x($0.x), y($0.y)) }
    var drawn: Markup = """
      <path class="line s-\(series.look.style)" d="\(path(points))" />

      """
    // A short line is seen by its points.
    if points.count <= 3 {
      drawn += Markup(points.map { dot($0, series.look, radius: 2.6) })
    }
    if let mark = series.mark { drawn += dot((x(mark.x), y(mark.y)), series.look, radius: 3.6) }
    return drawn
  }

  private func dot(_ place: (Double, Double), _ look: ModelLook, radius: Double) -> Markup {
    """
    <circle class="dot s-\(look.style)" cx="\(place.0)" cy="\(place.1)" r="\(radius)" />

    """
  }

  private func fault(_ fault: Fault, _ x: Axis, _ y: Axis, _ floor: Double) -> Markup {
    let across = x(fault.x)
    guard let value = fault.y else {
      return """
        <path class="fault" d="M\(across) \(floor - 4)V\(floor + 4)" />

        """
    }
    let up = y(value)
    var drawn: Markup = """
      <path class="fault" d="M\(across - 4) \(up - 4)L\(across + 4) \(up + 4)M\(across - 4) \(up + 4)\
      L\(across + 4) \(up - 4)" />

      """
    if let word = fault.word {
      let below = up + 18 < floor - 2
      // Near an edge the word turns inward.
      let anchor = across > size.width - size.names - 34 ? "end" : across < 80 ? "start" : "middle"
      drawn += """
        <text class="word" x="\(across)" y="\(below ? up + 18 : up - 9)" text-anchor="\(anchor)">\(word)</text>

        """
    }
    return drawn
  }

  /// Names beside the lines' ends, moved apart where they would lie on each other.
  private func names(_ x: Axis, _ y: Axis, _ right: Double) -> [Markup] {
    let ends = series.compactMap { series in series.points.last.map { (series.look, $0) } }
    let sorted = ends.sorted { y($0.1.y) < y($1.1.y) }
    let heights = Self.spread(
      sorted.map { y($0.1.y) }, apart: 14, within: (Self.top + 4)...(size.height - Self.bottom))
    return zip(sorted, heights).map { end, height in
      let (look, point) = end
      let from = (x(point.x) + 4, y(point.y))
      return """
        <path class="leader s-\(look.style)" d="M\(from.0) \(from.1)L\(right + 3) \(height)" />\
        <text class="name s-\(look.style)" x="\(right + 6)" y="\(height + 4)">\(look.name)</text>

        """
    }
  }

  /// Moves heights apart, as little as will do, keeping their order.
  static func spread(
    _ heights: [Double], apart: Double, within range: ClosedRange<Double>
  ) -> [Double] {
    guard heights.count > 1 else {
      return heights.map { min(max($0, range.lowerBound), range.upperBound) }
    }
    var placed = heights
    for _ in 0..<50 {
      for index in 1..<placed.count {
        let lacking = apart - (placed[index] - placed[index - 1])
        if lacking > 0 {
          placed[index - 1] -= lacking / 2
          placed[index] += lacking / 2
        }
      }
      placed = placed.map { min(max($0, range.lowerBound), range.upperBound) }
    }
    return placed
  }
}

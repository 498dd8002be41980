/// Courses of a figure over time as a picture of its own, in SVG.
package struct CoursePicture {
  /// One course.
  package struct Line {
    /// Its name.
    let name: String
    /// Moments, ascending, and figures.
    let points: [(moment: Double, value: Double)]
    /// Moments that were refused, and the figures there; nil for none.
    let refused: [(moment: Double, value: Double?)]
    /// Whether the others are held against it.
    let isReference: Bool

    /// A course.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - points: moments, ascending, and figures.
    ///   - refused: moments that were refused, and the figures there.
    ///   - isReference: whether the others are held against it.
    package init(
      name: String, points: [(moment: Double, value: Double)],
      refused: [(moment: Double, value: Double?)] = [], isReference: Bool = false
    ) {
      (self.name, self.points) = (name, points)
      (self.refused, self.isReference) = (refused, isReference)
    }
  }

  /// Classes of lines that are no reference, in the order of their use.
  private static let styles = ["own", "live", "gmf", "mlp"]
  private static let size = LineChart.Size(width: 720, height: 340, names: 150)

  private let title: String
  private let chart: LineChart

  /// A picture.
  ///
  /// - Parameters:
  ///   - title: what it shows, in a line.
  ///   - along: what the axis of time is called.
  ///   - lines: the courses.
  ///   - ticks: words at moments.
  package init(
    title: String, along: String, lines: [Line], ticks: [(at: Double, word: String)]
  ) {
    self.title = title
    let others = lines.filter { !$0.isReference }
    func series(_ line: Line, _ style: String) -> LineChart.Series {
      LineChart.Series(
        look: ModelLook(name: line.name, style: style),
        points: line.points.map { LineChart.Point(x: $0.moment, y: $0.value) })
    }
    let references = lines.filter { $0.isReference && !$0.points.isEmpty }
    chart = LineChart(
      id: "course", title: title, along: along,
      series: references.map { series($0, "itempop") }
        + others.enumerated().filter { !$0.element.points.isEmpty }.map {
          series($0.element, Self.styles[$0.offset % Self.styles.count])
        },
      ticks: ticks, fromZero: true,
      faults: others.flatMap(\.refused).map { LineChart.Fault(x: $0.moment, y: $0.value) },
      size: Self.size)
  }

  /// Words at about six of some moments.
  ///
  /// - Parameters:
  ///   - moments: ascending.
  ///   - word: of a moment.
  /// - Returns: the ticks.
  package static func ticks(
    _ moments: [Double], _ word: (Double) -> String
  ) -> [(at: Double, word: String)] {
    let step = max(1, (moments.count + 5) / 6)
    return stride(from: 0, to: moments.count, by: step).map { (moments[$0], word(moments[$0])) }
  }

  /// The picture, a file of its own.
  package var svg: String {
    let (width, height) = (Self.size.width, Self.size.height)
    let picture: Markup = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -30 \(width) \(height + 30)" \
      width="\(width)" height="\(height + 30)" role="img">
      <title>\(title)</title>
      <desc>\(chart.description)</desc>
      <style>
      \(PageStyle.picture)</style>
      <rect class="paper" x="0" y="-30" width="\(width)" height="\(height + 30)" />
      <text class="title" x="8" y="-11">\(title)</text>
      \(chart.drawing ?? "<text class=\"tick\" x=\"8\" y=\"30\">Nothing was recorded.</text>")</svg>

      """
    return picture.text
  }
}

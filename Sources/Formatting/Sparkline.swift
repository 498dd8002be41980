/// The course of a figure in one line of text.
package struct Sparkline {
  /// A character for each night: eight heights, `\u{D7}` where the gate refused, a gap where nothing was
  /// measured.
  package let text: String
  /// Lowest and highest figure; nil when there is none.
  package let range: ClosedRange<Double>?
  /// The last figure that was published.
  package let last: Double?

  private static let heights = Array(
    "\u{2581}\u{2582}\u{2583}\u{2584}\u{2585}\u{2586}\u{2587}\u{2588}")

  /// A place on the line.
  package enum Point {
    /// A figure; nil where nothing was measured.
    case figure(Double?)
    /// A night that was refused.
    case refused
  }

  /// A line through points.
  ///
  /// - Parameters:
  ///   - points: oldest first.
  ///   - paint: what is done to the cross of a refused night, such as to colour it.
  package init(_ points: [Point], paint: (String) -> String = { $0 }) {
    let known = points.compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
    last = known.last
    range = known.min().flatMap { low in known.max().map { low...$0 } }
    text = points.map { [range] point in
      guard case .figure(let figure) = point else { return paint("\u{D7}") }
      guard let figure, let range else { return " " }
      let (low, high) = (range.lowerBound, range.upperBound)
      let share = high > low ? (figure - low) / (high - low) : 1
      return String(Self.heights[Int((share * 7).rounded())])
    }.joined()
  }
}

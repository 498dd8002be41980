package import Pipeline

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

  /// A line through nights.
  ///
  /// - Parameters:
  ///   - course: the nights, oldest first.
  ///   - paint: what is done to the cross of a refused night, such as to colour it.
  package init(_ course: RunHistory.Course, paint: (String) -> String = { $0 }) {
    // A night without news repeats the lists before it, and one that is under way says nothing yet.
    let nights = course.nights.filter { $0.status != .skipped && $0.status != .running }
    let known = nights.filter { $0.status != .refused }.compactMap(\.ndcg)
    last = known.last
    guard let low = known.min(), let high = known.max() else {
      range = nil
      text = nights.map { $0.status == .refused ? paint("\u{D7}") : " " }.joined()
      return
    }
    range = low...high
    text = nights.map { night in
      guard night.status != .refused else { return paint("\u{D7}") }
      guard let ndcg = night.ndcg else { return " " }
      let share = high > low ? (ndcg - low) / (high - low) : 1
      return String(Self.heights[Int((share * 7).rounded())])
    }.joined()
  }
}

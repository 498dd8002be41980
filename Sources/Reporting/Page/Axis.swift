import Formatting

/// A scale from figures to a stretch of the picture, with round figures marked on it.
struct Axis: Sendable {
  /// The figures at its ends.
  let range: ClosedRange<Double>
  /// Where those lie in the picture.
  let place: (from: Double, to: Double)
  /// Round figures within.
  let ticks: [Double]
  /// Decimals that tell one tick from the next.
  let decimals: Int

  /// An axis that holds all the values.
  ///
  /// - Parameters:
  ///   - values: what it holds; those that are not finite don't matter.
  ///   - fromZero: whether it begins at 0.
  ///   - from: where its lower end lies in the picture.
  ///   - to: where its upper end lies.
  ///   - count: about how many ticks it has.
  init(
    of values: [Double], fromZero: Bool, from: Double, to: Double, count: Int = 4
  ) {
    let values = values.filter(\.isFinite)
    var low = fromZero ? 0 : values.min() ?? 0
    var high = max(values.max() ?? 1, low)
    if high - low < 1e-12 {
      let room = max(abs(high) * 0.1, 1e-6)
      (low, high) = (fromZero ? 0 : low - room, high + room)
    }
    let step = Self.roundStep((high - low) / Double(count))
    low = (low / step + 1e-9).rounded(.down) * step
    high = (high / step - 1e-9).rounded(.up) * step
    range = low...high
    place = (from, to)
    let steps = Int(((high - low) / step).rounded())
    ticks = (0...max(1, steps)).map { low + Double($0) * step }
    decimals = Self.decimals(of: step)
  }

  /// An axis with ends and ticks that are given.
  init(_ range: ClosedRange<Double>, ticks: [Double], from: Double, to: Double) {
    (self.range, self.ticks) = (range, ticks)
    place = (from, to)
    decimals = 0
  }

  /// Where a figure lies.
  func callAsFunction(_ value: Double) -> Double {
    let width = range.upperBound - range.lowerBound
    let share = width > 0 ? (value - range.lowerBound) / width : 0.5
    return place.from + share * (place.to - place.from)
  }

  /// A tick's figure.
  func label(_ tick: Double) -> String { Figures.fixed(tick, decimals) }

  /// A line across the chart at each tick, with its label at the left.
  func grid(from left: Double, to right: Double, unit: String = "") -> [Markup] {
    ticks.map { tick in
      """
      <line class="grid" x1="\(left)" x2="\(right)" y1="\(self(tick))" y2="\(self(tick))" />\
      <text class="tick" x="\(left - 6)" y="\(self(tick) + 4)" text-anchor="end">\(label(tick))\(unit)</text>

      """
    }
  }

  /// 1, 2 or 5 times a power of ten, not below the step wanted.
  static func roundStep(_ wanted: Double) -> Double {
    guard wanted.isFinite, wanted > 0 else { return 1 }
    var power = 1.0
    while power > wanted { power /= 10 }
    while power * 10 <= wanted { power *= 10 }
    for factor in [1.0, 2, 5] where power * factor >= wanted * 0.999 { return power * factor }
    return power * 10
  }

  private static func decimals(of step: Double) -> Int {
    var (decimals, step) = (0, step)
    while decimals < 6, abs(step - step.rounded()) > 1e-6 {
      step *= 10
      decimals += 1
    }
    return decimals
  }
}

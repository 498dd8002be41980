import Foundation
import Parallelism

/// One measured thing: what was run, how often, and the rates that came out.
struct Figure: Codable {
  /// The group: kernels, training, scoring, copy, night, peers.
  let section: String
  /// What was run, with its size.
  let name: String
  /// What the values count.
  let unit: String
  /// One value a repetition, in the order of running.
  let values: [Double]

  /// The middle value, the one to quote.
  var median: Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// Everything that a sitting measured, printed as it comes and written as JSON at the end.
final class Figures {
  private(set) var all: [Figure] = []
  private let clock = ContinuousClock()

  /// Times a piece of work several times over and records its rate.
  ///
  /// `work` returns how many units it did. It is run once before, uncounted, when `warms`.
  func rate(
    _ section: String, _ name: String, unit: String, repeats: Int, warms: Bool = true,
    _ work: () throws -> Double
  ) rethrows {
    if warms { _ = try work() }
    var values: [Double] = []
    for _ in 0..<repeats {
      var units = 0.0
      let elapsed = try clock.measure { units = try work() }
      values.append(units / (elapsed / .seconds(1)))
    }
    add(section, name, values, unit: unit)
  }

  /// Measures the same with each pool, the fewest threads first, and adds how many times as fast the
  /// most threads are; `measure` adds one figure.
  func scaling(over pools: [WorkerPool], _ measure: (WorkerPool) throws -> Void) rethrows {
    let before = all.count
    for pool in pools { try measure(pool) }
    guard pools.count > 1, all.count == before + pools.count, let many = all.last else { return }
    add(
      "ratios", "\(many.name) against \(pools[0].threads)", [many.median / all[before].median],
      unit: "times")
  }

  /// Records and prints a figure.
  func add(_ section: String, _ name: String, _ values: [Double], unit: String) {
    let figure = Figure(section: section, name: name, unit: unit, values: values)
    if all.last?.section != figure.section {
      FileHandle.standardOutput.write(Data("\n\(figure.section)\n".utf8))
    }
    all.append(figure)
    let range =
      figure.values.count > 1
      ? "  (\(Self.text(figure.values.min() ?? 0)) to \(Self.text(figure.values.max() ?? 0)))" : ""
    let name = figure.name.padding(toLength: 58, withPad: " ", startingAt: 0)
    let line = "  \(name) \(Self.text(figure.median)) \(figure.unit)\(range)\n"
    FileHandle.standardOutput.write(Data(line.utf8))
  }

  /// The median of a figure that was measured, by section and name.
  func median(_ section: String, _ name: String) -> Double? {
    all.last { $0.section == section && $0.name == name }?.median
  }

  /// Writes all figures to a file, whole or not at all.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(all).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  /// A number with a suffix for thousands, millions and billions.
  static func text(_ value: Double) -> String {
    switch abs(value) {
    case 1e9...: String(format: "%.2f G", value / 1e9)
    case 1e6...: String(format: "%.2f M", value / 1e6)
    case 1e4...: String(format: "%.0f k", value / 1e3)
    case 100...: String(format: "%.0f", value)
    default: String(format: "%.2f", value)
    }
  }
}

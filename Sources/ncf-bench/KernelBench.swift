import Foundation
import NCF

/// Times the kernels on one thread, each checked against its plain twin first.
struct KernelBench {
  private let figures: Figures
  private let repeats: Int

  init(_ figures: Figures, repeats: Int) {
    self.figures = figures
    self.repeats = repeats
  }

  func run() {
    for probe in KernelProbe.all {
      let deviation = probe.deviation()
      precondition(deviation < 1e-5, "\(probe.name) is \(deviation) off its plain twin")
      figures.rate("kernels", probe.name, unit: probe.unit, repeats: repeats) { probe.work() }
    }
  }
}

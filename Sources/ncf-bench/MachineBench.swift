import Kernels
import Lanes

/// What one core can do at most: what kernels are held against.
struct MachineBench {
  let figures: Figures
  let repeats: Int

  /// The peak of fused multiply-adds and the bandwidth of memory, of one core.
  func run() {
    let result = Storage<Float>(count: 64)
    let kernels = unsafe Kernels.active.pointee
    figures.rate(
      "machine", "fused multiply-adds at \(Kernels.bits) bits", unit: "FLOP/s", repeats: repeats
    ) {
      Double(kernels.peak(20_000_000, result.buffer))
    }
    // Four times the largest caches of one core: what is read and written comes from memory.
    let count = 32 << 20
    let (a, b) = (Storage<Float>(count: count), Storage<Float>(count: count))
    figures.rate(
      "machine", "memory, two streams read and one written", unit: "B/s", repeats: repeats
    ) {
      kernels.add(a.buffer, 0.5, b.buffer, count)
      return Double(3 * MemoryLayout<Float>.stride * count)
    }
  }

  /// Adds the share of the peak that a kernel reached, where it counts operations.
  func share(of name: String) {
    guard let own = figures.all.last(where: { $0.name == name }), own.unit == "FLOP/s",
      let peak = figures.all.last(where: { $0.section == "machine" && $0.unit == "FLOP/s" })
    else { return }
    figures.add("ratios", name, [own.median / peak.median], unit: "of the peak")
  }
}

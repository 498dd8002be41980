private import Elementary
import Kernels
import Lanes

/// The logarithm of a sum of exponentials, `log sum exp(scale s)`, of scores that come run by run.
///
/// A run is summed in single precision relative to its own best score, in sixteen lanes; the runs are
/// joined in double precision in the order in which they come. So the result depends on the runs
/// and their order alone.
struct SoftmaxSum {
  private let scale: Float
  private var peak = -Float.infinity
  private var sum = 0.0

  /// Starts an empty sum.
  ///
  /// - Parameter scale: what scores are multiplied by; above 0.
  init(scale: Float) { self.scale = scale }

  /// The logarithm; minus infinity when no score has been added.
  var logarithm: Float {
    sum > 0 ? Float(Elementary.log(sum) + Double(scale) * Double(peak)) : -.infinity
  }

  /// Forgets all scores.
  mutating func reset() { (peak, sum) = (-.infinity, 0) }

  /// Adds a run of scores; minus infinity and NaN count for nothing.
  mutating func add(_ scores: [Float], in range: Range<Int>) {
    let scores = scores.span.extracting(range)
    let best = Self.best(of: scores)
    guard best > -.infinity, best < .infinity else { return }
    var own = Self.sum(scores, scale: scale, relativeTo: best)
    if !(own < .infinity) { own = Self.slowSum(scores, scale: scale, relativeTo: best) }
    if best > peak {
      sum = own + sum * Elementary.exp(Double(scale) * (Double(peak) - Double(best)))
      peak = best
    } else {
      sum += own * Elementary.exp(Double(scale) * (Double(best) - Double(peak)))
    }
  }

  /// The best score; each lane goes its own way, so that no step waits for the one before.
  private static func best(of scores: Span<Float>) -> Float {
    var lanes = SIMD8<Float>(repeating: -.infinity)
    var index = 0
    let vectors = scores.count & ~7
    while index < vectors {
      // Safe: index + 7 is below vectors, which is at most scores.count.
      for lane in 0..<8 {
        let score = unsafe scores[unchecked: index + lane]
        lanes[lane] = score > lanes[lane] ? score : lanes[lane]
      }
      index += 8
    }
    var best = lanes.max()
    while index < scores.count {
      best = scores[index] > best ? scores[index] : best
      index += 1
    }
    return best
  }

  private static func sum(_ scores: Span<Float>, scale: Float, relativeTo best: Float) -> Double {
    unsafe withKernel(scores) { kernels, scores, scratch in
      unsafe Double(kernels.pointee.softmaxSum(scores, scores.count, scale, best, scratch))
    }
  }

  /// The same one by one, where a NaN or an infinity is among the scores.
  private static func slowSum(
    _ scores: Span<Float>, scale: Float, relativeTo best: Float
  ) -> Double {
    var sum = 0.0
    for index in scores.indices where scores[index] <= best {
      sum += Elementary.exp(Double(scale) * (Double(scores[index]) - Double(best)))
    }
    return sum
  }
}

/// Calls a kernel on scores, which it only reads, with room for 16 numbers.
func withKernel<Result>(
  _ scores: Span<Float>,
  _ body: (
    _ kernels: UnsafePointer<KernelTable>, _ scores: Buffer<Float>, _ scratch: Buffer<Float>
  ) -> Result
) -> Result {
  // Safe: the kernels write to the scratch alone, and both last as long as the call.
  unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) { scratch in
    unsafe scores.withUnsafeBufferPointer { scores in
      guard let base = scores.baseAddress, let room = scratch.baseAddress else {
        return unsafe body(
          Kernels.active, Storage<Float>(count: 0).buffer, Storage<Float>(count: 16).buffer)
      }
      return unsafe body(
        Kernels.active,
        Buffer(base: UnsafeMutablePointer(mutating: base), count: scores.count),
        Buffer(base: room, count: 16))
    }
  }
}

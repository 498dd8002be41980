import Lanes

@testable import NCF

/// Steps on parameters and moments that tests keep apart.
extension OptimizerKernels {
  /// One step of Adam.
  static func adam(
    _ p: Buffer<Float>, _ m: Buffer<Float>, _ v: Buffer<Float>, gradient: Buffer<Float>,
    count: Int, step: AdamStep
  ) {
    together([p, m, v], count) {
      move($0, width: count, gradient: gradient, count: count, step: .adam(step))
    }
  }

  /// One step of Adagrad.
  static func adagrad(
    _ p: Buffer<Float>, _ s: Buffer<Float>, gradient: Buffer<Float>, count: Int,
    learningRate: Float
  ) {
    together([p, s], count) {
      move(
        $0, width: count, gradient: gradient, count: count,
        step: .adagrad(learningRate: learningRate))
    }
  }

  private static func together(
    _ parts: [Buffer<Float>], _ count: Int, _ step: (Buffer<Float>) -> Void
  ) {
    let memory = Storage<Float>(count: parts.count * count)
    for (index, part) in parts.enumerated() {
      memory.buffer.from(index * count).copy(from: part, count: count)
    }
    step(memory.buffer)
    for (index, part) in parts.enumerated() {
      part.copy(from: memory.buffer.from(index * count), count: count)
    }
  }
}

private import Interactions
import Kernels
import Lanes

/// One thread's memory for what a tile leaves out: a factor for each number of the tower.
///
/// A factor is 0 with the probability of dropout, else one over what is left. It follows from seed,
/// epoch, position of the sample and place in the tower alone, whichever thread asks.
final class DropoutMasks: @unchecked Sendable {
  /// Users' embeddings under the tower times their factors, a row for each group.
  let users: Buffer<Float>
  /// Items' likewise, a row for each sample.
  let items: Buffer<Float>
  /// The factors of both, laid out alike.
  let userFactors: Buffer<Float>
  let itemFactors: Buffer<Float>
  /// For each layer, the factors of its outputs.
  let hidden: [Buffer<Float>]
  /// The share that is left.
  let kept: Float

  private let layout: ParameterLayout
  private let groupSize: Int
  private let threshold: UInt32
  private let memory: Memory

  init(layout: ParameterLayout, groupSize: Int, capacity: Int, dropout: Float) {
    (self.layout, self.groupSize) = (layout, groupSize)
    kept = 1 - dropout
    threshold = UInt32(Double(dropout) * 0x1p32)
    let samples = capacity * groupSize
    let memory = Memory()
    self.memory = memory
    users = memory.make(capacity * layout.mlpStride)
    items = memory.make(samples * layout.mlpStride)
    userFactors = memory.make(capacity * layout.mlpStride)
    itemFactors = memory.make(samples * layout.mlpStride)
    hidden = layout.layers.map { memory.make(samples * $0.paddedOutput) }
  }

  /// Draws the factors of some groups of a batch.
  func draw(groups: Range<Int>, of plan: BatchPlan) {
    for (row, group) in groups.enumerated() {
      for place in 0..<groupSize {
        let sample = row * groupSize + place
        var random = CounterRandom(
          seed: mixed(plan.seed &+ 0x64726F70) &+ UInt64(place),
          stream: plan.firstStream &+ UInt64(group))
        if place == 0 { fill(userFactors, row, layout.mlpStride, &random) }
        fill(itemFactors, sample, layout.mlpStride, &random)
        for (index, layer) in layout.layers.enumerated() {
          fill(hidden[index], sample, layer.paddedOutput, &random)
        }
      }
    }
  }

  /// Writes the tower's input: embeddings times factors.
  func gather(users rows: Buffer<Float>, items: Buffer<Float>, stride: Int, groups: Int) {
    Self.multiply(
      rows, stride, by: userFactors, into: users, layout.mlpStride, rows: groups,
      width: layout.mlpStride)
    Self.multiply(
      items, stride, by: itemFactors, into: self.items, layout.mlpStride,
      rows: groups * groupSize, width: layout.mlpStride)
  }

  /// Multiplies rows of a matrix by factors: `target = source * factors`, whose rows are adjacent.
  static func multiply(
    _ source: Buffer<Float>, _ sourceStride: Int, by factors: Buffer<Float>,
    into target: Buffer<Float>, _ targetStride: Int, rows: Int, width: Int
  ) {
    precondition(width % 8 == 0 && factors.count >= rows * width)
    precondition(source.count >= (rows - 1) * sourceStride + width)
    precondition(target.count >= (rows - 1) * targetStride + width)
    unsafe Kernels.active.pointee.multiplyRows(
      source, sourceStride, factors, target, targetStride, rows, width)
  }

  private func fill(
    _ factors: Buffer<Float>, _ row: Int, _ width: Int, _ random: inout CounterRandom
  ) {
    let scale = 1 / kept
    for column in stride(from: row * width, to: (row + 1) * width, by: 2) {
      let bits = random.next()
      factors[column] = UInt32(truncatingIfNeeded: bits) < threshold ? 0 : scale
      factors[column + 1] = UInt32(truncatingIfNeeded: bits >> 32) < threshold ? 0 : scale
    }
  }
}

import Foundation
import Interactions

@testable import Baselines

/// The history block and its objective as the equations say, in double precision.
struct PlainHistory {
  let shape: HistoryShape
  let itemCount: Int
  var shared: [Double]
  var inputs: [Double]
  var outputs: [Double]

  init(_ block: HistoryBlock) {
    (shape, itemCount) = (block.shape, block.itemCount)
    shared = block.shared.map(Double.init)
    inputs = block.inputs.map(Double.init)
    outputs = block.outputs.map(Double.init)
  }

  /// The states after some items, from states before them.
  func states(_ items: [UInt32], from start: [Double]? = nil) -> [Double] {
    var h = start ?? [Double](repeating: 0, count: shape.stateWidth)
    for item in items {
      for state in 0..<shape.states {
        for column in 0..<shape.width {
          let place = state * shape.width + column
          let kept = 1 / (1 + exp(-shared[shape.logits + place]))
          let y = inputs[Int(item) * shape.width + column]
          h[place] = kept * h[place] + (1 - kept * kept).squareRoot() * y
        }
      }
    }
    return h
  }

  /// The user's vector; factors of what dropout leaves multiply z.
  func vector(_ h: [Double], _ factors: [Double]? = nil) -> [Double] {
    let width = shape.stateWidth
    let mean = h.reduce(0, +) / Double(width)
    let variance = h.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
    let z = (0..<width).map { place in
      let x = (h[place] - mean) / (variance + 1e-5).squareRoot()
      return (x * shared[shape.gain + place] + shared[shape.bias + place])
        * (factors?[place] ?? 1)
    }
    func map(_ x: [Double], _ first: Int, _ columns: Int) -> [Double] {
      (0..<columns).map { column in
        x.indices.reduce(0) { $0 + x[$1] * shared[first + $1 * columns + column] }
      }
    }
    var r = map(z, shape.linear, shape.width)
    if shape.hidden > 0 {
      let a = map(z, shape.hiddenWeights, shape.hidden).enumerated().map {
        max(0, $1 + shared[shape.hiddenBias + $0])
      }
      for (place, value) in map(a, shape.hiddenOutput, shape.width).enumerated() {
        r[place] += value
      }
    }
    return r
  }

  /// The score of an item.
  func score(_ r: [Double], _ item: UInt32) -> Double {
    let first = Int(item) * shape.outputWidth
    return r.indices.reduce(outputs[first + shape.width]) { $0 + r[$1] * outputs[first + $1] }
  }

  /// The mean loss of all targets of some chunks.
  ///
  /// - Parameters:
  ///   - chunks: what is trained on.
  ///   - sequences: what the chunks are of.
  ///   - negatives: what all targets share.
  ///   - frozen: what the states before a chunk follow from.
  ///   - factors: of what dropout leaves, for a position; nil leaves all.
  /// - Returns: the mean by weight.
  func loss(
    _ chunks: [HistoryChunk], of sequences: HistorySequences, negatives: [UInt32],
    frozen: PlainHistory, factors: ((Int) -> [Double])? = nil
  ) -> Double {
    var (sum, total) = (0.0, 0.0)
    for chunk in chunks {
      var h = frozen.states(Array(sequences.items[chunk.userStart..<chunk.start]))
      for position in chunk.start..<chunk.start + chunk.count {
        h = states([sequences.items[position]], from: h)
        let (target, weight) = (sequences.items[position + 1], sequences.weights[position + 1])
        if weight == 0 { continue }
        let r = vector(h, factors?(position))
        let others = negatives.filter { $0 != target }
        let correction = Double(itemCount - 1) / Double(others.count)
        let own = score(r, target)
        let rest = others.reduce(0) { $0 + exp(score(r, $1)) * correction }
        sum += Double(weight) * (log(exp(own) + rest) - own)
        total += Double(weight)
      }
    }
    return sum / total
  }
}

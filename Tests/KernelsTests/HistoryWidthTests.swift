import Elementary
import Interactions
import Kernels
import Lanes
import Testing

/// The kernels of the history block with every set of lanes: near a plain twin in double precision, and the
/// same bits with all sets.
struct HistoryWidthTests {
  /// Widths and numbers of states that end in whole vectors of sixteen, and in half ones.
  static let shapes: [(width: Int, states: Int)] = [(8, 1), (16, 2), (24, 3), (40, 2), (64, 4)]

  private let widths = WidthTests()

  /// Decays and the vectors of some positions.
  private struct Positions {
    let (width, states, count): (Int, Int, Int)
    let (kept, taken): (Storage<Float>, Storage<Float>)
    let (y, start): (Storage<Float>, Storage<Float>)

    init(_ shape: (width: Int, states: Int), count: Int = 11) {
      (width, states, self.count) = (shape.width, shape.states, count)
      let all = width * states
      let decays = WidthTests.numbers(all, 1).map { 0.55 + 0.2 * max(-2, min(2, $0)) }
      kept = Storage(decays)
      taken = Storage(decays.map { (1 - $0 * $0).squareRoot() })
      y = Storage(WidthTests.numbers(count * width, 2))
      start = Storage(WidthTests.numbers(all, 3))
    }

    var all: Int { width * states }

    var decays: HistoryDecays {
      HistoryDecays(kept: kept.buffer, taken: taken.buffer, width: width, states: states)
    }

    /// The states after each position.
    var plainStates: [[Double]] {
      var state = start.array.map(Double.init)
      return (0..<count).map { index in
        for place in 0..<all {
          state[place] =
            Double(kept.buffer[place]) * state[place]
            + Double(taken.buffer[place]) * Double(y.buffer[index * width + place % width])
        }
        return state
      }
    }
  }

  @Test("Decays are sigmoids and what they leave, and their gradient goes back to logits")
  func decays() {
    let logits = Storage(WidthTests.numbers(48, 4))
    let plain = logits.array.map { 1 / (1 + Elementary.exp(-Double($0))) }
    widths.compare([Float](repeating: 0, count: 96), "decays") { kernels, memory in
      let decays = HistoryDecays(kept: memory, taken: memory.from(48), width: 24, states: 2)
      kernels.historyDecays(logits.buffer, decays)
    } expected: {
      $0 < 48 ? plain[$0] : (1 - plain[$0 - 48] * plain[$0 - 48]).squareRoot()
    }
    let positions = Positions((24, 2))
    let start = WidthTests.numbers(48, 5)
    widths.compare(start, "gradient by logits") { kernels, memory in
      kernels.historyDecaysBackward(memory, positions.decays)
    } expected: {
      let kept = Double(positions.kept.buffer[$0])
      return Double(start[$0]) * kept * (1 - kept)
    }
  }

  @Test("States are decayed sums, over positions and over rows of a table", arguments: shapes)
  func states(width: Int, states: Int) {
    let positions = Positions((width, states))
    let plain = positions.plainStates
    let all = positions.all
    let empty = [Float](repeating: 0, count: positions.count * all)
    widths.compare(empty, "states \(width) x \(states)") { kernels, memory in
      kernels.historyScan(
        positions.decays, positions.y.buffer, positions.count, positions.start.buffer, memory)
    } expected: {
      plain[$0 / all][$0 % all]
    }
    let rows = Storage((0..<positions.count).map { UInt32($0) })
    widths.compare(positions.start.array, "advance \(width) x \(states)") { kernels, memory in
      kernels.historyAdvance(
        positions.decays, rows.buffer, positions.count, positions.y.buffer, width, memory)
    } expected: {
      plain[positions.count - 1][$0]
    }
  }

  @Test("Gradients go back through decayed sums", arguments: shapes)
  func statesBackward(width: Int, states: Int) {
    let positions = Positions((width, states))
    let (all, count) = (positions.all, positions.count)
    let plain = positions.plainStates
    let h = Storage(plain.joined().map(Float.init))
    let given = WidthTests.numbers(count * all, 6)
    let before = WidthTests.numbers(all, 7)
    // Memory: the gradient by the items' vectors, by the decays, by the states.
    let (ofDecays, ofStates) = (count * width, count * width + all)
    var expected = [Double](repeating: 0, count: ofDecays) + before.map(Double.init)
    expected += given.map(Double.init)
    for index in (0..<count).reversed() {
      for place in 0..<all {
        let kept = Double(positions.kept.buffer[place])
        let taken = Double(positions.taken.buffer[place])
        let d = expected[ofStates + index * all + place]
        let item = Double(positions.y.buffer[index * width + place % width])
        let last =
          index == 0 ? Double(positions.start.buffer[place]) : plain[index - 1][place]
        expected[index * width + place % width] += d * taken
        expected[ofDecays + place] += d * (last - kept / taken * item)
        if index > 0 { expected[ofStates + (index - 1) * all + place] += d * kept }
      }
    }
    let start = [Float](repeating: 9, count: ofDecays) + before + given
    widths.compare(start, "gradients \(width) x \(states)", bound: 4e-6) { kernels, memory in
      kernels.historyScanBackward(
        positions.decays, positions.y.buffer, h.buffer, count, positions.start.buffer,
        memory.from(ofStates), memory, memory.from(ofDecays))
    } expected: {
      expected[$0]
    }
  }

  @Test("Rows are brought to mean 0 and deviation 1, and gradients go back", arguments: shapes)
  func normalize(width: Int, states: Int) {
    let rows = 5
    let h = Storage(WidthTests.numbers(rows * width, 8))
    let (gain, bias) = (WidthTests.numbers(width, 9), WidthTests.numbers(width, 10))
    let (gains, biases) = (Storage(gain), Storage(bias))
    var (x, scales): ([Double], [Double]) = ([], [])
    for row in 0..<rows {
      let own = (0..<width).map { Double(h.buffer[row * width + $0]) }
      let mean = own.reduce(0, +) / Double(width)
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let scale = 1 / (variance + 1e-5).squareRoot()
      scales.append(scale)
      x += own.map { ($0 - mean) * scale }
    }
    let all = rows * width
    let z = x.indices.map { x[$0] * Double(gain[$0 % width]) + Double(bias[$0 % width]) }
    let forward = x + z + scales
    widths.compare([Float](repeating: 0, count: forward.count), "norm of \(width)") {
      kernels, memory in
      kernels.normalize(
        h.buffer, rows, width, gains.buffer, biases.buffer, memory, memory.from(2 * all),
        memory.from(all))
    } expected: {
      forward[$0]
    }

    let d = WidthTests.numbers(all, 11)
    let before = WidthTests.numbers(2 * width, 12)
    var backward = [Double](repeating: 0, count: all) + before.map(Double.init)
    for row in 0..<rows {
      let slopes = (0..<width).map { Double(d[row * width + $0]) * Double(gain[$0]) }
      let own = (0..<width).map { x[row * width + $0] }
      let mean = slopes.reduce(0, +) / Double(width)
      let along = zip(slopes, own).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
      for place in 0..<width {
        backward[row * width + place] = (slopes[place] - mean - along * own[place]) * scales[row]
        backward[all + place] += Double(d[row * width + place]) * own[place]
        backward[all + width + place] += Double(d[row * width + place])
      }
    }
    let (values, deviations) = (Storage(x.map(Float.init)), Storage(scales.map(Float.init)))
    widths.compare(d + before, "norm of \(width), back", bound: 4e-6) { kernels, memory in
      kernels.normalizeBackward(
        memory, values.buffer, deviations.buffer, rows, width, gains.buffer, memory.from(all),
        memory.from(all + width))
    } expected: {
      backward[$0]
    }
  }

  @Test("Dot products of pairs of rows, and their gradients", arguments: [8, 16, 24, 64])
  func dots(width: Int) {
    let rows = 7
    let all = rows * width
    let (a, b) = (WidthTests.numbers(all, 13), WidthTests.numbers(all, 14))
    let (first, second) = (Storage(a), Storage(b))
    widths.compare([Float](repeating: 0, count: rows), "dots of \(width)") { kernels, memory in
      kernels.pairDots(first.buffer, second.buffer, rows, width, memory)
    } expected: { row in
      (0..<width).reduce(0) { $0 + Double(a[row * width + $1]) * Double(b[row * width + $1]) }
    }
    let d = Storage(WidthTests.numbers(rows, 15))
    let before = WidthTests.numbers(all, 16)
    widths.compare(before + b, "dots of \(width), back") { kernels, memory in
      kernels.pairDotsBackward(
        d.buffer, first.buffer, memory.from(all), rows, width, memory)
    } expected: { place in
      let slope = Double(d.buffer[place % all / width])
      return place < all
        ? Double(before[place]) + slope * Double(b[place]) : slope * Double(a[place - all])
    }
  }

  @Test(
    "A sampled softmax gives the gradient of the log of the target's share",
    arguments: [1, 15, 16, 17, 40])
  func sampledSoftmax(negatives: Int) {
    let rows = 6
    let stride = (negatives + 15) / 16 * 16
    let softmax = SampledSoftmax(
      negatives: negatives, stride: stride, correction: 1.5, correctionWithout: 2)
    let (logits, targets) = (
      WidthTests.numbers(rows * stride, 17).map { 4 * $0 }, WidthTests.numbers(rows, 18)
    )
    let weights = Storage((0..<rows).map { 0.5 + Float($0) })
    let hits = Storage((0..<rows).map { Int32($0 % 3 == 0 ? min($0, negatives - 1) : -1) })
    // Memory: gradients by the negatives' logits, by the targets', leads, totals, scratch.
    var expected = [Double?](repeating: 0, count: rows * stride + 3 * rows)
    for row in 0..<rows {
      let hit = Int(hits.buffer[row])
      let own = (0..<negatives).filter { $0 != hit }
      let values = own.map { Double(logits[row * stride + $0]) + (hit >= 0 ? 2 : 1.5) }
      let best = max(values.max() ?? -.infinity, Double(targets[row]))
      let powers = values.map { Elementary.exp($0 - best) }
      let others = powers.reduce(0, +)
      let lead = Double(targets[row]) - best
      let total = Elementary.exp(lead) + others
      let weight = Double(weights.buffer[row])
      for (place, power) in zip(own, powers) {
        expected[row * stride + place] = weight * power / total
      }
      expected[rows * stride + row] = -weight * others / total
      expected[rows * stride + rows + row] = lead
      expected[rows * stride + 2 * rows + row] = total
    }
    expected += [Double?](repeating: nil, count: 16)
    let start = logits + targets + [Float](repeating: 0, count: 2 * rows + 16)
    widths.compare(start, "softmax among \(negatives)") { kernels, memory in
      let after = memory.from(rows * stride)
      kernels.sampledSoftmax(
        softmax, memory, after, hits.buffer, weights.buffer, rows, after.from(rows),
        after.from(2 * rows), after.from(3 * rows))
    } expected: {
      expected[$0]
    }
  }
}

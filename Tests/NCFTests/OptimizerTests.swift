import Foundation
import Lanes
import Testing

@testable import NCF

/// Steps of the optimisers against PyTorch's, recorded by `Recorded/record_adam.py`.
@Suite struct OptimizerTests {
  struct Recording: Decodable {
    struct Dense: Decodable {
      struct Step: Decodable {
        let gradient: [Float]
        let after: [Float]
      }
      let start: [Float]
      let steps: [Step]
    }
    struct Sparse: Decodable {
      struct Step: Decodable {
        let rows: [Int]
        let gradient: [Float]
        let after: [Float]
      }
      let start: [Float]
      let steps: [Step]
    }
    let rate: Float
    let rows: Int
    let width: Int
    let dense: Dense
    let sparse: Sparse
  }

  let recording: Recording
  let memory = Memory()

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "adam", withExtension: "json", subdirectory: "Recorded"))
    recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: url))
  }

  @Test func denseAdamTakesTheStepsOfPyTorch() {
    let parameters = memory.floats(recording.dense.start)
    let first = memory.floats(count: parameters.count)
    let second = memory.floats(count: parameters.count)
    for (index, step) in recording.dense.steps.enumerated() {
      OptimizerKernels.adam(
        parameters, first, second, gradient: memory.floats(step.gradient),
        count: parameters.count,
        step: AdamStep(step: index + 1, learningRate: recording.rate))
      expectEqual(memory.array(of: parameters), step.after, "step \(index + 1)")
    }
  }

  @Test func adamOnTouchedRowsTakesTheStepsOfPyTorchsSparseAdam() {
    let width = recording.width
    let table = memory.floats(recording.sparse.start)
    let first = memory.floats(count: table.count)
    let second = memory.floats(count: table.count)
    let touched = TouchedRows(capacity: 16)
    for (index, step) in recording.sparse.steps.enumerated() {
      let gradient = memory.floats(step.gradient)
      touched.collect(memory.words(step.rows.map { UInt32($0) }), count: step.rows.count)
      for slot in 0..<touched.count {
        let sum = memory.floats(count: width)
        var reference = touched.first[slot]
        while reference >= 0 {
          for column in 0..<width {
            sum[column] += gradient[Int(reference) * width + column]
          }
          reference = touched.next[Int(reference)]
        }
        let place = Int(touched.rows[slot]) * width
        OptimizerKernels.adam(
          table.from(place), first.from(place), second.from(place),
          gradient: sum, count: width,
          step: AdamStep(step: index + 1, learningRate: recording.rate))
      }
      expectEqual(memory.array(of: table), step.after, "step \(index + 1)")
    }
  }

  @Test(arguments: [8, 16, 24, 40, 64, 328])
  func vectorStepsEqualPlainOnes(count: Int) {
    let gradient = (0..<count).map { Float(sin(Double($0))) }
    let start = (0..<count).map { Float(cos(Double($0))) }
    let moved = memory.floats(start)
    OptimizerKernels.move(
      moved, width: count, gradient: memory.floats(gradient), count: count,
      step: .sgd(learningRate: 0.1))
    expectEqual(memory.array(of: moved), zip(start, gradient).map { $0 - 0.1 * $1 }, "descent")

    let adam = memory.floats(start)
    let first = memory.floats(count: count)
    let second = memory.floats(count: count)
    var plain = start.map(Double.init)
    var m = [Double](repeating: 0, count: count)
    var v = m
    for step in 1...5 {
      OptimizerKernels.adam(
        adam, first, second, gradient: memory.floats(gradient), count: count,
        step: AdamStep(step: step, learningRate: 0.01))
      for index in 0..<count {
        let g = Double(gradient[index])
        m[index] = 0.9 * m[index] + 0.1 * g
        v[index] = 0.999 * v[index] + 0.001 * g * g
        let corrected = v[index] / (1 - pow(0.999, Double(step)))
        plain[index] -=
          0.01 * m[index] / (1 - pow(0.9, Double(step))) / (corrected.squareRoot() + 1e-8)
      }
    }
    expectEqual(memory.array(of: adam), plain.map(Float.init), "Adam")
  }

  private func expectEqual(_ actual: [Float], _ expected: [Float], _ what: Comment) {
    #expect(actual.count == expected.count, what)
    for (a, e) in zip(actual, expected) { #expect(abs(a - e) <= 2e-6 * max(1, abs(e)), what) }
  }
}

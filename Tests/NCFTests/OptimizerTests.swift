import Foundation
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

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "adam", withExtension: "json", subdirectory: "Recorded"))
    recording = try JSONDecoder().decode(Recording.self, from: Data(contentsOf: url))
  }

  @Test func denseAdamTakesTheStepsOfPyTorch() {
    let parameters = Storage(recording.dense.start)
    let first = Storage<Float>(count: parameters.buffer.count)
    let second = Storage<Float>(count: parameters.buffer.count)
    for (index, step) in recording.dense.steps.enumerated() {
      OptimizerKernels.adam(
        parameters.buffer, first.buffer, second.buffer, gradient: Storage(step.gradient).buffer,
        count: parameters.buffer.count,
        step: AdamStep(step: index + 1, learningRate: recording.rate))
      expectEqual(parameters.array, step.after, "step \(index + 1)")
    }
  }

  @Test func adamOnTouchedRowsTakesTheStepsOfPyTorchsSparseAdam() {
    let width = recording.width
    let table = Storage(recording.sparse.start)
    let first = Storage<Float>(count: table.buffer.count)
    let second = Storage<Float>(count: table.buffer.count)
    let touched = TouchedRows(capacity: 16)
    for (index, step) in recording.sparse.steps.enumerated() {
      let gradient = Storage(step.gradient)
      touched.collect(Storage(step.rows.map { UInt32($0) }).buffer, count: step.rows.count)
      for slot in 0..<touched.count {
        let sum = Storage<Float>(count: width)
        var reference = touched.first[slot]
        while reference >= 0 {
          for column in 0..<width {
            sum.buffer[column] += gradient.buffer[Int(reference) * width + column]
          }
          reference = touched.next[Int(reference)]
        }
        let place = Int(touched.rows[slot]) * width
        OptimizerKernels.adam(
          table.buffer.from(place), first.buffer.from(place), second.buffer.from(place),
          gradient: sum.buffer, count: width,
          step: AdamStep(step: index + 1, learningRate: recording.rate))
      }
      expectEqual(table.array, step.after, "step \(index + 1)")
    }
  }

  @Test(arguments: [8, 16, 24, 40, 64, 328])
  func vectorStepsEqualPlainOnes(count: Int) {
    let gradient = (0..<count).map { Float(sin(Double($0))) }
    let start = (0..<count).map { Float(cos(Double($0))) }
    let moved = Storage(start)
    OptimizerKernels.descend(
      moved.buffer, gradient: Storage(gradient).buffer, count: count, learningRate: 0.1)
    expectEqual(moved.array, zip(start, gradient).map { $0 - 0.1 * $1 }, "descent")

    let adam = Storage(start)
    let first = Storage<Float>(count: count)
    let second = Storage<Float>(count: count)
    var plain = start.map(Double.init)
    var m = [Double](repeating: 0, count: count)
    var v = m
    for step in 1...5 {
      OptimizerKernels.adam(
        adam.buffer, first.buffer, second.buffer, gradient: Storage(gradient).buffer, count: count,
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
    expectEqual(adam.array, plain.map(Float.init), "Adam")
  }

  private func expectEqual(_ actual: [Float], _ expected: [Float], _ what: Comment) {
    #expect(actual.count == expected.count, what)
    for (a, e) in zip(actual, expected) { #expect(abs(a - e) <= 2e-6 * max(1, abs(e)), what) }
  }
}

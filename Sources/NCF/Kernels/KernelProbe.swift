private import Interactions

/// A kernel at one size, ready to be checked against its plain twin and to be timed.
package struct KernelProbe {
  /// The kernel and its size.
  package let name: String
  /// What `work` counts.
  package let unit: String
  /// The largest difference from the plain twin, relative to the largest result.
  package let deviation: () -> Double
  /// Runs the kernel some times; returns how many units that was.
  package let work: () -> Double

  /// The kernels that training and scoring spend their time in, at the sizes of NeuMF-8 and -64.
  package static var all: [KernelProbe] {
    let shapes = [(26, 32, 32), (130, 32, 32), (130, 16, 32), (130, 8, 16), (512, 128, 256)]
    return MatrixProduct.Way.allCases.flatMap { way in
      shapes.flatMap {
        [product($0.0, $0.1, $0.2, by: way), weightGradient($0.0, $0.1, $0.2, by: way)]
      }
    }
      + [panel(inputs: 32, outputs: 16), panel(inputs: 256, outputs: 128)]
      + [adam(40), adam(320), activation(32), logLoss()]
  }

  /// The ways to compute products of matrices, by name; training takes `best`.
  package static let ways = MatrixProduct.Way.allCases.map { "\($0)" }

  /// The way that training takes on this processor.
  package static let bestWay = "\(MatrixProduct.Way.best)"

  /// `c = a b` with a of rows x inner, b of inner x columns, at the smallest strides.
  ///
  /// - Parameters:
  ///   - rows: 1 or more.
  ///   - columns: 1 or more.
  ///   - inner: 1 or more.
  ///   - way: one of `ways`.
  /// - Returns: both the product and the weight gradient at that size, with random numbers in them.
  package static func products(
    rows: Int, columns: Int, inner: Int, way: String
  ) -> [KernelProbe] {
    MatrixProduct.Way.allCases.filter { "\($0)" == way }.flatMap {
      [product(rows, columns, inner, by: $0), weightGradient(rows, columns, inner, by: $0)]
    }
  }

  /// `c = a b` with a of rows x inner, b of inner x columns.
  private static func product(
    _ rows: Int, _ columns: Int, _ inner: Int, by way: MatrixProduct.Way
  ) -> KernelProbe {
    let matrices = MatrixProduct(way)
    let a = numbers(rows * inner, 1)
    let b = numbers(inner * columns, 2)
    let c = Storage<Float>(count: rows * columns)
    let run = {
      matrices.multiply(
        Matrix(a.buffer, stride: inner), Matrix(b.buffer, stride: columns),
        into: Matrix(c.buffer, stride: columns), rows: rows, inner: inner, columns: columns)
    }
    return KernelProbe(
      name: "product \(rows) x \(inner) x \(columns), \(way)", unit: "FLOP/s",
      deviation: {
        run()
        let expected = (0..<rows * columns).map { place in
          (0..<inner).reduce(0.0) { sum, k in
            sum + Double(a.buffer[place / columns * inner + k])
              * Double(b.buffer[k * columns + place % columns])
          }
        }
        return Self.deviation(c.array, expected)
      },
      work: { repeating(operations: 2 * rows * columns * inner, run) })
  }

  /// `c += transpose(a) b`, the gradient of a layer's weights.
  private static func weightGradient(
    _ samples: Int, _ outputs: Int, _ inputs: Int, by way: MatrixProduct.Way
  ) -> KernelProbe {
    let matrices = MatrixProduct(way)
    let a = numbers(samples * inputs, 3)
    let b = numbers(samples * outputs, 4)
    let c = Storage<Float>(count: inputs * outputs)
    let run = {
      matrices.accumulateTransposed(
        Matrix(a.buffer, stride: inputs), Matrix(b.buffer, stride: outputs),
        into: Matrix(c.buffer, stride: outputs), rows: inputs, inner: samples, columns: outputs)
    }
    return KernelProbe(
      name: "weight gradient \(samples) x \(inputs) x \(outputs), \(way)", unit: "FLOP/s",
      deviation: {
        c.buffer.clear(count: c.buffer.count)
        run()
        let expected = (0..<inputs * outputs).map { place in
          (0..<samples).reduce(0.0) { sum, k in
            sum + Double(a.buffer[k * inputs + place / outputs])
              * Double(b.buffer[k * outputs + place % outputs])
          }
        }
        return Self.deviation(c.array, expected)
      },
      work: { repeating(operations: 2 * samples * inputs * outputs, run) })
  }

  /// A layer of a tower on a panel of items, as scoring runs it.
  ///
  /// - Parameters:
  ///   - inputs: rows of the panel, 1 or more.
  ///   - outputs: outputs of the layer, 1 or more.
  ///   - activation: what the outputs go through.
  /// - Returns: the kernel with random numbers in it.
  package static func panel(
    inputs: Int, outputs: Int, activation: Activation = .relu
  ) -> KernelProbe {
    let width = PanelKernels.width
    let matrix = numbers(inputs * outputs, 10)
    let x = numbers(inputs * width, 11)
    let bias = Storage<Float>(count: padded(outputs))
    bias.buffer.copy(from: numbers(outputs, 12).array[...], at: 0)
    let memory = Storage<Float>(
      count: PanelKernels.Weights.count(inputs: inputs, outputs: outputs))
    let weights = PanelKernels.Weights(
      Matrix(matrix.buffer, stride: outputs), inputs: inputs, outputs: outputs, in: memory.buffer)
    let y = Storage<Float>(count: padded(outputs) * width)
    let run = {
      withExtendedLifetime((memory, x, bias)) {
        PanelKernels.multiply(
          weights, x.buffer, bias: bias.buffer, into: y.buffer, outputs: outputs,
          activation: activation)
      }
    }
    return KernelProbe(
      name: "layer \(inputs) x \(outputs) on a panel of \(width)", unit: "FLOP/s",
      deviation: {
        run()
        let expected = (0..<outputs * width).map { place -> Double in
          let (output, column) = (place / width, place % width)
          var sum = Double(bias.buffer[output])
          for input in 0..<inputs {
            let weight = Double(matrix.buffer[input * outputs + output])
            sum += weight * Double(x.buffer[input * width + column])
          }
          return PlainModel.activate(sum, activation)
        }
        return Self.deviation(Array(y.array.prefix(outputs * width)), expected)
      },
      work: { repeating(operations: 2 * inputs * outputs * width, run) })
  }

  /// One step of Adam on a row.
  private static func adam(_ width: Int) -> KernelProbe {
    let start = numbers(width, 5)
    let gradient = numbers(width, 6)
    let moved = Storage<Float>(count: width)
    let first = Storage<Float>(count: width)
    let second = Storage<Float>(count: width)
    let step = AdamStep(step: 1, learningRate: 0.001)
    let run = {
      OptimizerKernels.adam(
        moved.buffer, first.buffer, second.buffer, gradient: gradient.buffer, count: width,
        step: step)
    }
    return KernelProbe(
      name: "Adam on a row of \(width)", unit: "parameters/s",
      deviation: {
        moved.buffer.copy(from: start.buffer, count: width)
        first.buffer.clear(count: width)
        second.buffer.clear(count: width)
        run()
        // The first step is the learning rate against the sign of the gradient.
        let expected = (0..<width).map { place in
          let g = Double(gradient.buffer[place])
          return Double(start.buffer[place]) - 0.001 * g / (g.magnitude + 1e-8)
        }
        return Self.deviation(moved.array, expected)
      },
      work: { repeating(operations: width, run) })
  }

  /// Adding a group's row and ReLU on 130 rows in groups of 5.
  private static func activation(_ width: Int) -> KernelProbe {
    let z = numbers(130 * width, 7)
    let shared = numbers(26 * width, 8)
    let target = Storage<Float>(count: 130 * width)
    let run = {
      LayerKernels.addGroups(
        shared.buffer, stride: width, to: target.buffer, groups: 26, size: 5, width: width,
        activation: .relu)
    }
    return KernelProbe(
      name: "group bias and ReLU, 130 rows of \(width)", unit: "numbers/s",
      deviation: {
        target.buffer.copy(from: z.buffer, count: 130 * width)
        run()
        let expected = (0..<130 * width).map { place in
          let group = place / (5 * width)
          return max(
            0, Double(z.buffer[place]) + Double(shared.buffer[group * width + place % width]))
        }
        return Self.deviation(target.array, expected)
      },
      work: { repeating(operations: 130 * width, run) })
  }

  /// Log loss and its gradient of 130 samples in groups of 5.
  private static func logLoss() -> KernelProbe {
    let logits = numbers(130, 9)
    let weights = Storage<Float>([Float](repeating: 1, count: 130))
    let target = Storage<Float>(count: 130)
    let run = {
      target.buffer.copy(from: logits.buffer, count: 130)
      _ = OutputKernels.logLoss(
        target.buffer, weights: weights.buffer, groups: 26, size: 5, scale: 1)
    }
    return KernelProbe(
      name: "log loss and gradient, 130 samples", unit: "samples/s",
      deviation: {
        run()
        let expected = (0..<130).map { place in
          let x = Double(logits.buffer[place])
          return PlainModel.sigmoid(x) - (place % 5 == 0 ? 1 : 0)
        }
        return Self.deviation(target.array, expected)
      },
      work: { repeating(operations: 130, run) })
  }

  private static func numbers(_ count: Int, _ stream: UInt64) -> Storage<Float> {
    var random = CounterRandom(seed: 1, stream: stream)
    return Storage((0..<count).map { _ in Float(random.gaussian()) })
  }

  private static func deviation(_ actual: [Float], _ expected: [Double]) -> Double {
    let scale = expected.reduce(1e-30) { max($0, $1.magnitude) }
    return zip(actual, expected).reduce(0) { max($0, (Double($1.0) - $1.1).magnitude) } / scale
  }

  /// Runs until about 20 million operations are done.
  private static func repeating(operations: Int, _ run: () -> Void) -> Double {
    let times = max(1, 20_000_000 / operations)
    for _ in 0..<times { run() }
    return Double(times * operations)
  }
}

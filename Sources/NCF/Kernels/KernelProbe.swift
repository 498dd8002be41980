private import Interactions
import Kernels
import Lanes

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

  /// A kernel whose results are compared place by place.
  ///
  /// - Parameters:
  ///   - name: the kernel and its size.
  ///   - unit: what `operations` are.
  ///   - operations: how many of them a run is.
  ///   - result: where a run leaves its results, the compared ones first.
  ///   - count: how many are compared.
  ///   - before: readies memory for the run whose results are compared.
  ///   - run: runs the kernel once.
  ///   - expected: the plain twin's result at a place.
  private init(
    _ name: String, unit: String, operations: Int, result: Storage<Float>, count: Int,
    before: @escaping () -> Void = {}, run: @escaping () -> Void,
    expected: @escaping (_ place: Int) -> Double
  ) {
    (self.name, self.unit) = (name, unit)
    deviation = {
      before()
      run()
      let expected = (0..<count).map(expected)
      let scale = expected.reduce(1e-30) { max($0, $1.magnitude) }
      return zip(result.array, expected).reduce(0) { max($0, (Double($1.0) - $1.1).magnitude) }
        / scale
    }
    let times = max(1, 20_000_000 / operations)
    work = {
      for _ in 0..<times { run() }
      return Double(times * operations)
    }
  }

  /// The kernels that training and scoring spend their time in, at the sizes of NeuMF-8 and -64.
  package static var all: [KernelProbe] {
    let shapes = [(26, 32, 32), (130, 32, 32), (130, 16, 32), (130, 8, 16), (512, 128, 256)]
    return shapes.flatMap {
      products(rows: $0.0, columns: $0.1, inner: $0.2, bits: Kernels.bits)
    }
      + [panel(inputs: 32, outputs: 16), panel(inputs: 256, outputs: 128)]
      + [adam(40), adam(320), activation(32), logLoss()]
  }

  /// `c = a b` with a of rows x inner, b of inner x columns, at the smallest strides.
  ///
  /// - Parameters:
  ///   - rows: 1 or more.
  ///   - columns: 1 or more.
  ///   - inner: 1 or more.
  ///   - bits: of the registers, one of `Kernels.supported`.
  /// - Returns: both the product and the weight gradient at that size, with random numbers in them.
  package static func products(
    rows: Int, columns: Int, inner: Int, bits: Int
  ) -> [KernelProbe] {
    [
      product(rows, columns, inner, bits),
      product(inner, columns, rows, bits, transposed: true),
    ]
  }

  /// `c = a b` with a of rows x inner and b of inner x columns, or, as for the gradient of a layer's
  /// weights, `c += transpose(a) b` with a of inner x rows.
  private static func product(
    _ rows: Int, _ columns: Int, _ inner: Int, _ bits: Int, transposed: Bool = false
  ) -> KernelProbe {
    let matrices = unsafe MatrixProduct(Kernels.table(bits: bits))
    let a = numbers(rows * inner, transposed ? 3 : 1)
    let b = numbers(inner * columns, transposed ? 4 : 2)
    let c = Storage<Float>(count: rows * columns)
    let shape = transposed ? "\(inner) x \(rows)" : "\(rows) x \(inner)"
    let (perRow, perInner) = transposed ? (1, rows) : (inner, 1)
    return KernelProbe(
      "\(transposed ? "weight gradient" : "product") \(shape) x \(columns)",
      unit: "FLOP/s", operations: 2 * rows * columns * inner, result: c, count: rows * columns,
      before: { c.buffer.clear(count: c.buffer.count) },
      run: {
        let b = Matrix(b.buffer, stride: columns)
        let c = Matrix(c.buffer, stride: columns)
        if transposed {
          let a = Matrix(a.buffer, stride: rows)
          matrices.accumulateTransposed(a, b, into: c, rows: rows, inner: inner, columns: columns)
        } else {
          let a = Matrix(a.buffer, stride: inner)
          matrices.multiply(a, b, into: c, rows: rows, inner: inner, columns: columns)
        }
      },
      expected: { place in
        (0..<inner).reduce(0.0) { sum, k in
          sum + Double(a.buffer[place / columns * perRow + k * perInner])
            * Double(b.buffer[k * columns + place % columns])
        }
      })
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
      count: PanelWeights.count(inputs: inputs, outputs: outputs))
    let weights = PanelWeights(
      Matrix(matrix.buffer, stride: outputs), inputs: inputs, outputs: outputs, in: memory.buffer)
    let y = Storage<Float>(count: padded(outputs) * width)
    return KernelProbe(
      "layer \(inputs) x \(outputs) on a panel of \(width)", unit: "FLOP/s",
      operations: 2 * inputs * outputs * width, result: y, count: outputs * width,
      run: {
        withExtendedLifetime((memory, x, bias)) {
          PanelKernels.multiply(
            weights, x.buffer, bias: bias.buffer, into: y.buffer, outputs: outputs,
            activation: activation)
        }
      },
      expected: { place in
        let (output, column) = (place / width, place % width)
        var sum = Double(bias.buffer[output])
        for input in 0..<inputs {
          let weight = Double(matrix.buffer[input * outputs + output])
          sum += weight * Double(x.buffer[input * width + column])
        }
        return PlainModel.activate(sum, activation)
      })
  }

  /// One step of Adam on a row.
  private static func adam(_ width: Int) -> KernelProbe {
    let start = numbers(width, 5)
    let gradient = numbers(width, 6)
    // Parameters and then their two moments.
    let memory = Storage<Float>(count: 3 * width)
    let step = AdamStep(step: 1, learningRate: 0.001)
    return KernelProbe(
      "Adam on a row of \(width)", unit: "parameters/s", operations: width, result: memory,
      count: width,
      before: {
        memory.buffer.copy(from: start.buffer, count: width)
        memory.buffer.clear(width, count: 2 * width)
      },
      run: {
        OptimizerKernels.move(
          memory.buffer, width: width, gradient: gradient.buffer, count: width, step: .adam(step))
      },
      expected: { place in
        // The first step is the learning rate against the sign of the gradient.
        let g = Double(gradient.buffer[place])
        return Double(start.buffer[place]) - 0.001 * g / (g.magnitude + 1e-8)
      })
  }

  /// Adding a group's row and ReLU on 130 rows in groups of 5.
  private static func activation(_ width: Int) -> KernelProbe {
    let z = numbers(130 * width, 7)
    let shared = numbers(26 * width, 8)
    let target = Storage<Float>(count: 130 * width)
    return KernelProbe(
      "group bias and ReLU, 130 rows of \(width)", unit: "numbers/s", operations: 130 * width,
      result: target, count: 130 * width,
      before: { target.buffer.copy(from: z.buffer, count: 130 * width) },
      run: {
        LayerKernels.addGroups(
          shared.buffer, stride: width, to: target.buffer, groups: 26, size: 5, width: width,
          activation: .relu)
      },
      expected: { place in
        let group = place / (5 * width)
        return max(
          0, Double(z.buffer[place]) + Double(shared.buffer[group * width + place % width]))
      })
  }

  /// Log loss and its gradient of 130 samples in groups of 5.
  private static func logLoss() -> KernelProbe {
    let logits = numbers(130, 9)
    let weights = Storage<Float>([Float](repeating: 1, count: 130))
    let target = Storage<Float>(count: 130)
    let scratch = Storage<Float>(count: 32)
    return KernelProbe(
      "log loss and gradient, 130 samples", unit: "samples/s", operations: 130, result: target,
      count: 130,
      run: {
        target.buffer.copy(from: logits.buffer, count: 130)
        _ = OutputKernels.logLoss(
          target.buffer, weights: weights.buffer, groups: 26, size: 5, scale: 1,
          scratch: scratch.buffer)
      },
      expected: { place in
        PlainModel.sigmoid(Double(logits.buffer[place])) - (place % 5 == 0 ? 1 : 0)
      })
  }

  private static func numbers(_ count: Int, _ stream: UInt64) -> Storage<Float> {
    var random = CounterRandom(seed: 1, stream: stream)
    return Storage((0..<count).map { _ in Float(random.gaussian()) })
  }
}

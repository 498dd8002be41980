private import Glibc

/// Layers on panels: 16 columns (items, as scoring has them) side by side in two registers.
///
/// A panel of `height` rows holds the number of row r and column c at `16 r + c`. Four outputs for 16
/// columns are eight registers of sums, enough to hide the latency of a multiply-add, and with their
/// factors AVX2 has room for them; no sum is ever across a register. Each column's sum goes over the
/// inputs in ascending order, whatever is beside it.
enum PanelKernels {
  /// Columns of a panel.
  static let width = 16

  /// Weights in the order in which `multiply` reads them: a view, like `Buffer`.
  ///
  /// Four outputs at a time, for each input their four weights; the last four are filled with zeros.
  struct Weights {
    let buffer: Buffer<Float>
    let inputs: Int
    let outputs: Int

    /// How many numbers they take.
    static func count(inputs: Int, outputs: Int) -> Int { (outputs + 3) / 4 * 4 * inputs }

    /// Reorders a row-major matrix, inputs x outputs, into memory that is all zero.
    init(_ matrix: Matrix, inputs: Int, outputs: Int, in memory: Buffer<Float>) {
      self.init(memory, inputs: inputs, outputs: outputs)
      for output in 0..<outputs {
        for input in 0..<inputs {
          buffer[place(input, output)] = matrix.buffer[input * matrix.stride + output]
        }
      }
    }

    /// Sees memory as weights.
    init(_ memory: Buffer<Float>, inputs: Int, outputs: Int) {
      precondition(memory.count >= Self.count(inputs: inputs, outputs: outputs))
      buffer = memory
      (self.inputs, self.outputs) = (inputs, outputs)
    }

    /// Where the weight of an input for an output is.
    @inline(__always)
    func place(_ input: Int, _ output: Int) -> Int {
      (output / 4 * inputs + input) * 4 + output % 4
    }
  }

  /// Computes `y = f(b + transpose(w) x)` for a panel x of `weights.inputs` rows.
  ///
  /// y gets a whole number of times four rows, and `bias` holds as many numbers.
  static func multiply(
    _ weights: Weights, _ x: Buffer<Float>, bias: Buffer<Float>, into y: Buffer<Float>,
    outputs: Int, activation: Activation
  ) {
    let rows = (outputs + 3) / 4 * 4
    precondition(outputs <= weights.outputs && x.count >= weights.inputs * width)
    precondition(y.count >= rows * width && bias.count >= rows)
    if activation == .relu {
      multiply(weights, x, bias, y, rows) { $0.rectified }
    } else {
      multiply(weights, x, bias, y, rows) { $0 }
      activate(y, count: rows * width, activation)
    }
  }

  @inline(__always)
  private static func multiply(
    _ weights: Weights, _ x: Buffer<Float>, _ bias: Buffer<Float>, _ y: Buffer<Float>, _ rows: Int,
    _ activate: (Vector) -> Vector
  ) {
    let inputs = weights.inputs
    var output = 0
    while output < rows {
      let w = weights.buffer.from(output * inputs)
      var (a0, a1) = spread(bias[output])
      var (b0, b1) = spread(bias[output + 1])
      var (c0, c1) = spread(bias[output + 2])
      var (d0, d1) = spread(bias[output + 3])
      var input = 0
      while input < inputs {
        let (x0, x1) = row(input, of: x)
        let a = Vector(repeating: w[4 * input])
        a0 = a0.addingProduct(a, x0)
        a1 = a1.addingProduct(a, x1)
        let b = Vector(repeating: w[4 * input + 1])
        b0 = b0.addingProduct(b, x0)
        b1 = b1.addingProduct(b, x1)
        let c = Vector(repeating: w[4 * input + 2])
        c0 = c0.addingProduct(c, x0)
        c1 = c1.addingProduct(c, x1)
        let d = Vector(repeating: w[4 * input + 3])
        d0 = d0.addingProduct(d, x0)
        d1 = d1.addingProduct(d, x1)
        input += 1
      }
      set(output, of: y, (activate(a0), activate(a1)))
      set(output + 1, of: y, (activate(b0), activate(b1)))
      set(output + 2, of: y, (activate(c0), activate(c1)))
      set(output + 3, of: y, (activate(d0), activate(d1)))
      output += 4
    }
  }

  /// Computes `y = f(x + b)` with one number of b for each row: a first layer from its two halves.
  static func addRows(
    _ b: Buffer<Float>, to x: Buffer<Float>, into y: Buffer<Float>, rows: Int,
    activation: Activation
  ) {
    precondition(b.count >= rows && x.count >= rows * width && y.count >= rows * width)
    if activation == .relu {
      addRows(b, x, y, rows) { $0.rectified }
    } else {
      addRows(b, x, y, rows) { $0 }
      activate(y, count: rows * width, activation)
    }
  }

  @inline(__always)
  private static func addRows(
    _ b: Buffer<Float>, _ x: Buffer<Float>, _ y: Buffer<Float>, _ rows: Int,
    _ activate: (Vector) -> Vector
  ) {
    for index in 0..<rows {
      let addend = Vector(repeating: b[index])
      let (x0, x1) = row(index, of: x)
      set(index, of: y, (activate(x0 + addend), activate(x1 + addend)))
    }
  }

  /// Adds `a * x` to y, with one number of a for each row of both panels.
  static func addProducts(
    _ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int
  ) {
    precondition(a.count >= rows && x.count >= rows * width && y.count >= rows * width)
    for index in 0..<rows {
      let factor = Vector(repeating: a[index])
      let (x0, x1) = row(index, of: x)
      let (y0, y1) = row(index, of: y)
      set(
        index, of: y,
        (y0.addingProduct(factor, x0), y1.addingProduct(factor, x1)))
    }
  }

  /// Adds to each column of the one row y its sum over `a * x`.
  static func addDots(_ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int) {
    precondition(a.count >= rows && x.count >= rows * width && y.count >= width)
    var (y0, y1) = row(0, of: y)
    for index in 0..<rows {
      let factor = Vector(repeating: a[index])
      let (x0, x1) = row(index, of: x)
      y0 = y0.addingProduct(factor, x0)
      y1 = y1.addingProduct(factor, x1)
    }
    set(0, of: y, (y0, y1))
  }

  /// Adds a number to each column of the one row y.
  static func add(_ number: Float, to y: Buffer<Float>) {
    let (y0, y1) = row(0, of: y)
    set(0, of: y, (y0 + number, y1 + number))
  }

  /// Applies an activation to numbers in place.
  static func activate(_ y: Buffer<Float>, count: Int, _ activation: Activation) {
    switch activation {
    case .relu: for place in 0..<count { y[place] = max(y[place], 0) }
    case .identity: return
    case .tanh: for place in 0..<count { y[place] = tanhf(y[place]) }
    case .sigmoid: for place in 0..<count { y[place] = 1 / (1 + expf(-y[place])) }
    }
  }

  @inline(__always)
  private static func spread(_ number: Float) -> (Vector, Vector) {
    let vector = Vector(repeating: number)
    return (vector, vector)
  }

  @inline(__always)
  private static func row(_ index: Int, of panel: Buffer<Float>) -> (Vector, Vector) {
    let place = index * width
    return (panel.vector(place), panel.vector(place + 8))
  }

  @inline(__always)
  private static func set(
    _ index: Int, of panel: Buffer<Float>, _ values: (Vector, Vector)
  ) {
    let place = index * width
    panel.set(place, values.0)
    panel.set(place + 8, values.1)
  }
}

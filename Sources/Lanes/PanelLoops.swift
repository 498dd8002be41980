/// What scoring's panels share: 32 columns (items) side by side.
///
/// A panel of some rows holds the number of row r and column c at `32 r + c`.
package enum Panel {
  /// Columns of a panel.
  @inlinable @inline(__always)
  package static var width: Int { 32 }
}

/// Weights in the order in which panels read them: a view, like `Buffer`.
///
/// Four outputs at a time, for each input their four weights; the last four are filled with zeros.
package struct PanelWeights {
  /// The numbers, in the order above.
  package let buffer: Buffer<Float>
  /// Inputs of the layer.
  package let inputs: Int
  /// Outputs of the layer.
  package let outputs: Int

  /// How many numbers they take.
  package static func count(inputs: Int, outputs: Int) -> Int { (outputs + 3) / 4 * 4 * inputs }

  /// Reorders a row-major matrix, inputs x outputs, into memory that is all zero.
  package init(_ matrix: Matrix, inputs: Int, outputs: Int, in memory: Buffer<Float>) {
    self.init(memory, inputs: inputs, outputs: outputs)
    for output in 0..<outputs {
      for input in 0..<inputs {
        buffer[place(input, output)] = matrix.buffer[input * matrix.stride + output]
      }
    }
  }

  /// Sees memory as weights.
  package init(_ memory: Buffer<Float>, inputs: Int, outputs: Int) {
    precondition(memory.count >= Self.count(inputs: inputs, outputs: outputs))
    buffer = memory
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// Where the weight of an input for an output is.
  @inlinable @inline(__always)
  package func place(_ input: Int, _ output: Int) -> Int {
    (output / 4 * inputs + input) * 4 + output % 4
  }
}

/// Layers on panels.
///
/// No sum is ever across lanes: each column's goes over the inputs as an element of a product does,
/// whatever is beside it.
package enum PanelLoops<S: LaneSet> {
  /// Computes `y = f(transpose(w) x + b)` for a panel x of `weights.inputs` rows.
  ///
  /// - Parameters:
  ///   - weights: inputs x outputs.
  ///   - x: inputs x 32.
  ///   - bias: one for each output, and up to three more.
  ///   - y: outputs x 32, in a whole number of times four rows.
  ///   - outputs: how many are computed, at most the weights'.
  ///   - function: what the sums go through.
  @inlinable
  package static func multiply(
    _ weights: PanelWeights, _ x: Buffer<Float>, bias: Buffer<Float>, into y: Buffer<Float>,
    outputs: Int, function: LaneFunction
  ) {
    switch function {
    case .identity: multiply(weights, x, bias, y, outputs, .identity)
    case .rectified: multiply(weights, x, bias, y, outputs, .rectified)
    case .tanh: multiply(weights, x, bias, y, outputs, .tanh)
    case .sigmoid: multiply(weights, x, bias, y, outputs, .sigmoid)
    }
  }

  /// The same with a function that the compiler knows.
  @inlinable @inline(__always)
  package static func multiply(
    _ weights: PanelWeights, _ x: Buffer<Float>, _ bias: Buffer<Float>, _ y: Buffer<Float>,
    _ outputs: Int, _ function: LaneFunction
  ) {
    let inputs = weights.inputs
    var column = 0
    while column < Panel.width {
      var output = 0
      while output < outputs {
        let w = weights.buffer.from(output &* inputs)
        let isTall = S.registers >= 32 && output &+ 4 < outputs
        var first = 0
        repeat {
          let end = min(first &+ ProductLoops<S>.depth, inputs)
          let isLast = end == inputs
          if isTall {
            block8(
              w, 4 &* inputs, x.from(column), first, end, bias.from(output),
              y.from(output &* Panel.width &+ column), isLast, function)
          } else {
            block4(
              w, x.from(column), first, end, bias.from(output),
              y.from(output &* Panel.width &+ column), isLast, function)
          }
          first = end
        } while first < inputs
        output &+= isTall ? 8 : 4
      }
      column &+= S.Broad.count
    }
  }

  /// Four outputs, over some of the inputs.
  @inlinable @inline(__always)
  package static func block4(
    _ w: Buffer<Float>, _ x: Buffer<Float>, _ first: Int, _ end: Int, _ bias: Buffer<Float>,
    _ y: Buffer<Float>, _ isLast: Bool, _ function: LaneFunction
  ) {
    var sums = PanelSums<S.Broad>()
    var input = first
    while input < end {
      sums.add(w, 4 &* input, S.Broad(x, Panel.width &* input))
      input &+= 1
    }
    sums.store(y, bias, 0, first > 0, isLast, function)
  }

  /// Eight outputs: the weights of the second four are `next` numbers behind.
  @inlinable @inline(__always)
  package static func block8(
    _ w: Buffer<Float>, _ next: Int, _ x: Buffer<Float>, _ first: Int, _ end: Int,
    _ bias: Buffer<Float>, _ y: Buffer<Float>, _ isLast: Bool, _ function: LaneFunction
  ) {
    var (upper, lower) = (PanelSums<S.Broad>(), PanelSums<S.Broad>())
    var input = first
    while input < end {
      let numbers = S.Broad(x, Panel.width &* input)
      upper.add(w, 4 &* input, numbers)
      lower.add(w, next &+ 4 &* input, numbers)
      input &+= 1
    }
    upper.store(y, bias, 0, first > 0, isLast, function)
    lower.store(y, bias, 4, first > 0, isLast, function)
  }

  /// Computes `y = f(x + b)` with one number of b for each row: a first layer from its two halves.
  @inlinable
  package static func addRows(
    _ b: Buffer<Float>, to x: Buffer<Float>, into y: Buffer<Float>, rows: Int,
    function: LaneFunction
  ) {
    switch function {
    case .identity: addRows(b, x, y, rows, .identity)
    case .rectified: addRows(b, x, y, rows, .rectified)
    case .tanh: addRows(b, x, y, rows, .tanh)
    case .sigmoid: addRows(b, x, y, rows, .sigmoid)
    }
  }

  /// The same with a function that the compiler knows.
  @inlinable @inline(__always)
  package static func addRows(
    _ b: Buffer<Float>, _ x: Buffer<Float>, _ y: Buffer<Float>, _ rows: Int,
    _ function: LaneFunction
  ) {
    var row = 0
    while row < rows {
      let addend = S.Sixteen(b[row])
      let place = row &* Panel.width
      (S.Sixteen(x, place) + addend).applying(function).store(y, place)
      (S.Sixteen(x, place &+ 16) + addend).applying(function).store(y, place &+ 16)
      row &+= 1
    }
  }

  /// Adds `a * x` to y, with one number of a for each row of both panels.
  @inlinable
  package static func addProducts(
    _ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int
  ) {
    var row = 0
    while row < rows {
      S.add(x.from(row &* Panel.width), times: a[row], to: y.from(row &* Panel.width), Panel.width)
      row &+= 1
    }
  }

  /// Adds to each column of the one row y its sum over `a * x`.
  @inlinable
  package static func addDots(
    _ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int
  ) {
    var (y0, y1) = (S.Sixteen(y, 0), S.Sixteen(y, 16))
    var row = 0
    while row < rows {
      let factor = S.Sixteen(a[row])
      y0 = y0.addingProduct(factor, S.Sixteen(x, row &* Panel.width))
      y1 = y1.addingProduct(factor, S.Sixteen(x, row &* Panel.width &+ 16))
      row &+= 1
    }
    y0.store(y, 0)
    y1.store(y, 16)
  }

  /// Applies a function to numbers in place; the count is a multiple of 32.
  @inlinable
  package static func apply(_ function: LaneFunction, to y: Buffer<Float>, count: Int) {
    var place = 0
    while place < count {
      S.Sixteen(y, place).applying(function).store(y, place)
      place &+= 16
    }
  }
}

/// The sums of four outputs of a layer.
package struct PanelSums<V: LaneVector> {
  /// The sum of one output.
  package var s0 = V.zero
  /// The sum of one output.
  package var s1 = V.zero
  /// The sum of one output.
  package var s2 = V.zero
  /// The sum of one output.
  package var s3 = V.zero

  /// Sums of nothing.
  @inlinable @inline(__always)
  package init() {}

  /// Adds the product of each output's weight with an input's numbers.
  @inlinable @inline(__always)
  package mutating func add(_ w: Buffer<Float>, _ place: Int, _ x: V) {
    s0 = s0.addingProduct(V(w[place]), x)
    s1 = s1.addingProduct(V(w[place &+ 1]), x)
    s2 = s2.addingProduct(V(w[place &+ 2]), x)
    s3 = s3.addingProduct(V(w[place &+ 3]), x)
  }

  /// Writes four rows of a panel.
  @inlinable @inline(__always)
  package func store(
    _ y: Buffer<Float>, _ bias: Buffer<Float>, _ row: Int, _ isAdding: Bool, _ isLast: Bool,
    _ function: LaneFunction
  ) {
    store(s0, y, bias, row, isAdding, isLast, function)
    store(s1, y, bias, row &+ 1, isAdding, isLast, function)
    store(s2, y, bias, row &+ 2, isAdding, isLast, function)
    store(s3, y, bias, row &+ 3, isAdding, isLast, function)
  }

  /// Writes a row: what is there is added to, and the last inputs bring bias and function.
  @inlinable @inline(__always)
  package func store(
    _ sum: V, _ y: Buffer<Float>, _ bias: Buffer<Float>, _ row: Int, _ isAdding: Bool,
    _ isLast: Bool, _ function: LaneFunction
  ) {
    let place = row &* Panel.width
    var value = sum
    if isAdding { value = V(y, place) + value }
    if isLast { value = (value + V(bias[row])).applying(function) }
    value.store(y, place)
  }
}

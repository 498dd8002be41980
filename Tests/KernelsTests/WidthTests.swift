import Elementary
import Interactions
import Kernels
import Lanes
import Testing

/// Every kernel with every set of lanes that the processor can run: near a plain twin in double
/// precision, and the same bits with all sets.
struct WidthTests {
  /// Some numbers that follow from a stream.
  static func numbers(_ count: Int, _ stream: UInt64) -> [Float] {
    var random = CounterRandom(seed: 5, stream: stream)
    return (0..<count).map { _ in Float(random.gaussian()) }
  }

  /// Runs a kernel with each set on memory of its own and compares.
  ///
  /// - Parameters:
  ///   - start: what the memory holds at first; what the kernel changes is compared.
  ///   - what: the kernel, for people.
  ///   - bound: the largest difference, relative to the largest number.
  ///   - run: calls a kernel of a table.
  ///   - expected: the plain twin's result for each place; nil for any.
  func compare(
    _ start: [Float], _ what: Comment, bound: Double = 2e-6,
    run: (KernelTable, Buffer<Float>) -> Void, expected: (Int) -> Double?
  ) {
    var first: [UInt32]?
    for bits in Kernels.supported {
      let memory = Storage(start)
      unsafe run(Kernels.table(bits: bits).pointee, memory.buffer)
      let result = memory.array
      let patterns = result.map(\.bitPattern)
      #expect(first == nil || first == patterns, "\(what), \(bits) bits")
      first = patterns
      let plain = result.indices.map(expected)
      let scale = plain.reduce(1e-20) { max($0, $1?.magnitude ?? 0) }
      for (own, plain) in zip(result, plain) {
        guard let plain else { continue }
        #expect((Double(own) - plain).magnitude <= bound * scale, "\(what), \(bits) bits")
      }
    }
  }

  @Test("There are kernels for this processor, and a width that it lacks is refused")
  func choice() throws {
    #expect(!Kernels.supported.isEmpty)
    for bits in Kernels.supported {
      try Kernels.use(bits: bits)
      #expect(Kernels.bits == bits)
    }
    let error = #expect(throws: KernelsError.self) { try Kernels.use(bits: 1_024) }
    #expect(error?.description.contains("1024 bits") == true)
    try Kernels.use()
    #expect(Kernels.bits == Kernels.supported.last)
  }

  static let shapes: [(rows: Int, inner: Int, columns: Int)] =
    (1...14).map { ($0, 3, 7) } + (1...40).map { (5, 4, $0) } + (1...9).map { (13, $0, 33) }
    + [(26, 32, 32), (130, 16, 8), (3, 255, 9), (3, 256, 9), (7, 257, 16), (2, 600, 70)]

  @Test("A product is the sum of products", arguments: shapes)
  func product(rows: Int, inner: Int, columns: Int) {
    let (a, b) = (Storage(Self.numbers(rows * inner, 1)), Storage(Self.numbers(inner * columns, 2)))
    let start = Self.numbers(rows * columns, 3)
    let scratch = Storage<Float>(count: ProductScratch.count)
    for accumulating in [false, true] {
      let expected = { (place: Int) -> Double in
        (0..<inner).reduce(accumulating ? Double(start[place]) : 0) { sum, k in
          sum + Double(a.buffer[place / columns * inner + k])
            * Double(b.buffer[k * columns + place % columns])
        }
      }
      compare(start, "product \(rows) x \(inner) x \(columns)") { kernels, c in
        kernels.product(
          Matrix(a.buffer, stride: inner), Matrix(b.buffer, stride: columns),
          Matrix(c, stride: columns), rows, inner, columns, accumulating, scratch.buffer)
      } expected: {
        expected($0)
      }
      let turned = Storage<Float>(count: rows * inner)
      for row in 0..<rows {
        for k in 0..<inner { turned.buffer[k * rows + row] = a.buffer[row * inner + k] }
      }
      for isLower in [false, true] {
        compare(start, "transposed product \(rows) x \(inner) x \(columns)") { kernels, c in
          let product = isLower ? kernels.lowerTransposedProduct : kernels.transposedProduct
          product(
            Matrix(turned.buffer, stride: rows), Matrix(b.buffer, stride: columns),
            Matrix(c, stride: columns), rows, inner, min(columns, isLower ? rows : columns),
            accumulating, scratch.buffer)
        } expected: {
          let (row, column) = ($0 / columns, $0 % columns)
          return isLower && column > row ? nil : expected($0)
        }
      }
    }
  }

  @Test("An element of a product doesn't depend on what is computed with it")
  func elements() {
    let (rows, inner, columns) = (29, 300, 71)
    let (a, b) = (Storage(Self.numbers(rows * inner, 4)), Storage(Self.numbers(inner * columns, 5)))
    let scratch = Storage<Float>(count: ProductScratch.count)
    let whole = Storage<Float>(count: rows * columns)
    let one = Storage<Float>(count: 1)
    for bits in Kernels.supported {
      let kernels = unsafe Kernels.table(bits: bits).pointee
      kernels.product(
        Matrix(a.buffer, stride: inner), Matrix(b.buffer, stride: columns),
        Matrix(whole.buffer, stride: columns), rows, inner, columns, false, scratch.buffer)
      for row in 0..<rows {
        for column in 0..<columns {
          kernels.product(
            Matrix(a.buffer.from(row * inner), stride: inner),
            Matrix(b.buffer.from(column), stride: columns), Matrix(one.buffer, stride: 1), 1,
            inner, 1, false, scratch.buffer)
          #expect(one.buffer[0] == whole.buffer[row * columns + column])
        }
      }
    }
  }

  static let widths = Array(stride(from: 8, through: 88, by: 8))

  @Test("Loops over rows do what their plain twins do", arguments: widths, LaneFunction.allCases)
  func rows(width: Int, function: LaneFunction) {
    let (groups, size) = (3, 4)
    let shared = Storage(Self.numbers(groups * width, 6))
    let z = Self.numbers(groups * size * width, 7)
    func plain(_ x: Double) -> Double {
      switch function {
      case .identity: x
      case .rectified: max(x, 0)
      case .tanh: Elementary.tanh(x)
      case .sigmoid: Elementary.sigmoid(x)
      }
    }
    compare(z, "group bias, \(width)") { kernels, z in
      kernels.addGroups(shared.buffer, width, z, groups, size, width, function)
    } expected: {
      plain(Double(z[$0]) + Double(shared.buffer[$0 / (size * width) * width + $0 % width]))
    }
    let outputs = Storage(z.map { Float(plain(Double($0))) })
    compare(z, "derivative, \(width)") { kernels, d in
      kernels.functionBackward(d, outputs.buffer, d.count, function)
    } expected: {
      let a = Double(outputs.buffer[$0])
      let slope =
        switch function {
        case .identity: 1.0
        case .rectified: a > 0 ? 1.0 : 0.0
        case .tanh: 1 - a * a
        case .sigmoid: a * (1 - a)
        }
      return Double(z[$0]) * slope
    }
    let d = Storage(z)
    let sums = Self.numbers(groups * width, 8)
    compare(sums, "sums of columns, \(width)") { kernels, sums in
      kernels.addColumnSums(d.buffer, groups * size, width, sums)
    } expected: { place in
      place >= width
        ? Double(sums[place])
        : (0..<groups * size).reduce(Double(sums[place])) { $0 + Double(z[$1 * width + place]) }
    }
    compare(sums, "sums of groups, \(width)") { kernels, sums in
      kernels.sumGroups(d.buffer, groups, size, width, sums)
    } expected: { place in
      (0..<size).reduce(0) {
        $0 + Double(z[(place / width * size + $1) * width + place % width])
      }
    }
    compare(sums, "weighted addition, \(width)") { kernels, sums in
      kernels.add(d.buffer, 0.3, sums, sums.count)
    } expected: {
      Double(sums[$0]) + Double(Float(0.3)) * Double(z[$0])
    }
  }

  @Test("Rows of a table are added up with their weights", arguments: Array(1...80))
  func addedRows(width: Int) {
    let table = Storage(Self.numbers(9 * (width + 3), 9))
    let rows = Storage<UInt32>([4, 0, 8, 4, 2])
    let start = Self.numbers(width, 10)
    for weights in [[], Self.numbers(5, 11)] {
      let own = Storage(weights)
      compare(start, "added rows, \(width)") { kernels, sum in
        kernels.addRows(rows.buffer, own.buffer, 5, table.buffer, width + 3, width, sum)
      } expected: { place in
        (0..<5).reduce(Double(start[place])) { sum, index in
          sum + (weights.isEmpty ? 1 : Double(weights[index]))
            * Double(table.buffer[Int(rows.buffer[index]) * (width + 3) + place])
        }
      }
    }
  }

  @Test("Output layers do what their plain twins do, there and back", arguments: widths)
  func outputs(width: Int) {
    let (groups, size, stride) = (3, 5, width + 8)
    let samples = groups * size
    let users = Storage(Self.numbers(groups * stride, 12))
    let items = Storage(Self.numbers(samples * stride, 13))
    let h = Storage(Self.numbers(width, 14))
    let logits = Self.numbers(samples, 15)
    compare(logits, "GMF, \(width)") { kernels, logits in
      kernels.addOutputProducts(
        users.buffer, items.buffer, h.buffer, stride, width, groups, size, logits)
    } expected: { sample in
      (0..<width).reduce(Double(logits[sample])) {
        $0 + Double(users.buffer[sample / size * stride + $1])
          * Double(items.buffer[sample * stride + $1]) * Double(h.buffer[$1])
      }
    }
    compare(logits, "dots, \(width)") { kernels, logits in
      kernels.addDots(items.buffer, h.buffer, samples, stride, width, logits)
    } expected: { sample in
      (0..<width).reduce(Double(logits[sample])) {
        $0 + Double(items.buffer[sample * stride + $1]) * Double(h.buffer[$1])
      }
    }
    let deltas = Storage(logits)
    let memory = [Float](repeating: 0, count: (groups + samples + 1) * stride)
    compare(memory, "GMF backward, \(width)") { kernels, memory in
      kernels.addOutputProductsBackward(
        deltas.buffer, users.buffer, items.buffer, h.buffer, stride, width, groups, size, memory,
        memory.from(groups * stride), memory.from((groups + samples) * stride))
    } expected: { place in
      let (row, column) = (place / stride, place % stride)
      if column >= width { return 0 }
      let h = Double(h.buffer[column])
      func user(_ group: Int) -> Double { Double(users.buffer[group * stride + column]) }
      func item(_ sample: Int) -> Double { Double(items.buffer[sample * stride + column]) }
      func delta(_ sample: Int) -> Double { Double(deltas.buffer[sample]) }
      if row < groups {
        return (row * size..<(row + 1) * size).reduce(0) { $0 + delta($1) * item($1) * h }
      }
      if row < groups + samples { return delta(row - groups) * user((row - groups) / size) * h }
      return (0..<samples).reduce(0) { $0 + delta($1) * item($1) * user($1 / size) }
    }
    compare(memory, "dots backward, \(width)") { kernels, memory in
      kernels.addDotsBackward(
        deltas.buffer, items.buffer, h.buffer, samples, stride, width, memory, stride,
        memory.from(samples * stride))
    } expected: { place in
      let (row, column) = (place / stride, place % stride)
      if column >= width || row > samples { return 0 }
      if row < samples { return Double(deltas.buffer[row]) * Double(h.buffer[column]) }
      return (0..<samples).reduce(0) {
        $0 + Double(deltas.buffer[$1]) * Double(items.buffer[$1 * stride + column])
      }
    }
  }

  @Test("The log loss and its gradient are right", arguments: Array(1...40))
  func logLoss(groups: Int) {
    let size = 1 + groups % 4
    let count = groups * size
    let logits = Self.numbers(count, 16).map { 6 * $0 }
    let weights = Storage((0..<count).map { Float($0 % 3 == 0 ? 0.5 : 1) })
    let scratch = Storage<Float>(count: 32)
    var losses: Set<Double> = []
    compare(logits, "log loss of \(count)") { kernels, logits in
      losses.insert(
        kernels.logLoss(logits, weights.buffer, groups, size, 0.25, scratch.buffer))
    } expected: { sample in
      let label: Double = sample % size == 0 ? 1 : 0
      return 0.25 * Double(weights.buffer[sample])
        * (Elementary.sigmoid(Double(logits[sample])) - label)
    }
    let expected = (0..<count).reduce(0) { sum, sample in
      let x = Double(logits[sample]) * (sample % size == 0 ? -1 : 1)
      return sum + Double(weights.buffer[sample])
        * (max(x, 0) + Elementary.log1p(Elementary.exp(-x.magnitude)))
    }
    #expect(losses.count == 1)
    #expect(((losses.first ?? 0) - expected).magnitude < 1e-6 * max(1, expected))
  }

  @Test("Optimisers move rows as their formulas say", arguments: widths)
  func optimizers(width: Int) {
    let steps: [(OptimizerStep, Int)] = [
      (.adam(AdamStep(rate: 0.01, correction: 1.5)), 3), (.adagrad(learningRate: 0.1), 2),
      (.sgd(learningRate: 0.1), 1),
    ]
    // Slot 0 has gradients 0 and 2, slot 1 gradient 1, slot 2 gradient 3 and stays.
    let (rows, first) = (Storage<UInt32>([3, 1, 0]), Storage<Int32>([0, 1, 3]))
    let next = Storage<Int32>([2, -1, -1, -1])
    let (slots, dropped) = (Storage<Int32>([1, 0, 2]), Storage<Bool>([false, false, true]))
    let moves = RowMoves(
      slots: slots.buffer, count: 3, rows: rows.buffer, first: first.buffer, next: next.buffer,
      dropped: dropped.buffer)
    let gradients = Self.numbers(4 * width, 17)
    for (step, parts) in steps {
      let pitch = parts * width + 8
      let table = Self.numbers(4 * pitch, 18).map(\.magnitude)
      compare(table, "optimiser, \(width)") { kernels, table in
        let sums = Storage(gradients)
        kernels.moveRows(moves, table, pitch, width, sums.buffer, step)
      } expected: { place in
        let (row, column) = (place / pitch, place % pitch)
        guard row == 1 || row == 3, column < parts * width else { return Double(table[place]) }
        func old(_ part: Int) -> Double {
          Double(table[row * pitch + part * width + column % width])
        }
        let own = column % width
        let g =
          row == 1
          ? Double(gradients[width + own])
          : Double(gradients[own]) + Double(gradients[2 * width + own])
        switch step {
        case .sgd(let rate): return old(0) - Double(rate) * g
        case .adagrad(let rate):
          let sum = old(1) + g * g
          return column < width ? old(0) - Double(rate) * g / (sum.squareRoot() + 1e-10) : sum
        case .adam(let step):
          let first = 0.1 * g + 0.9 * old(1)
          let second = 0.001 * g * g + 0.999 * old(2)
          let divisor = 1e-8 + second.squareRoot() * Double(step.correction)
          return [old(0) - Double(step.rate) * first / divisor, first, second][column / width]
        }
      }
    }
  }

  @Test(
    "A layer on a panel is a layer", arguments: [1, 2, 5, 8, 32, 255, 256, 300],
    [1, 3, 4, 8, 9, 16])
  func panels(inputs: Int, outputs: Int) {
    let width = Panel.width
    let matrix = Storage(Self.numbers(inputs * outputs, 19))
    let memory = Storage<Float>(count: PanelWeights.count(inputs: inputs, outputs: outputs))
    let weights = PanelWeights(
      Matrix(matrix.buffer, stride: outputs), inputs: inputs, outputs: outputs, in: memory.buffer)
    let x = Storage(Self.numbers(inputs * width, 20))
    let bias = Storage(Self.numbers(outputs + 4, 21))
    let y = [Float](repeating: 0, count: (outputs + 3) / 4 * 4 * width)
    compare(y, "panel \(inputs) x \(outputs)", bound: 5e-6) { kernels, y in
      kernels.panelProduct(weights, x.buffer, bias.buffer, y, outputs, .rectified)
    } expected: { place in
      let (output, column) = (place / width, place % width)
      if output >= outputs { return nil }
      return max(
        0,
        (0..<inputs).reduce(Double(bias.buffer[output])) {
          $0 + Double(matrix.buffer[$1 * outputs + output]) * Double(x.buffer[$1 * width + column])
        })
    }
  }

  @Test("Softmax sums are right, whatever counts for nothing", arguments: Array(1...50))
  func softmax(count: Int) {
    var scores = Self.numbers(count, 22)
    if count > 3 { scores[count / 2] = -.infinity }
    let (own, best) = (Storage(scores), scores.max() ?? 0)
    let scratch = Storage<Float>(count: 16)
    let plain = scores.filter { $0 > -.infinity }.map { score in
      (Elementary.exp(1.5 * (Double(score) - Double(best))), Double(score) - Double(best))
    }
    compare([0, 0, 0, 0], "softmax of \(count)") { kernels, result in
      result[0] = kernels.softmaxSum(own.buffer, count, 1.5, best, scratch.buffer)
      let sums = kernels.softmaxMoments(own.buffer, count, 1.5, best, scratch.buffer)
      (result[1], result[2], result[3]) = sums
    } expected: { place in
      plain.reduce(0) { $0 + [$1.0, $1.0, $1.0 * $1.1, $1.0 * $1.1 * $1.1][place] }
    }
  }

  @Test(
    "Sixteen systems are solved, and one that is not definite gives zeros", arguments: Array(1...21)
  )
  func cholesky(order: Int) {
    var matrices: [[Double]] = []
    let packed = Storage<Float>(count: 16 * order * (order + 1) / 2)
    let right = Self.numbers(16 * order, 23)
    for lane in 0..<16 {
      let a = Self.numbers(order * order, UInt64(100 + lane))
      var matrix = [Float](repeating: 0, count: order * order)
      for row in 0..<order {
        for column in 0..<order {
          var sum: Float = row == column ? 1 : 0
          for k in 0..<order { sum += a[row * order + k] * a[column * order + k] }
          matrix[row * order + column] = lane == 5 && row == column ? -1 : sum
        }
      }
      matrices.append(matrix.map(Double.init))
      let own = Storage(matrix)
      unsafe Kernels.table(bits: 128).pointee.interleave(
        Matrix(own.buffer, stride: order), order, lane, packed.buffer)
    }
    var first: [UInt32]?
    for bits in Kernels.supported {
      let (a, x) = (Storage(packed.array), Storage(right))
      let scratch = Storage<Float>(count: 16 * (order + 1))
      unsafe Kernels.table(bits: bits).pointee.solve(a.buffer, x.buffer, order, scratch.buffer)
      let patterns = x.array.map(\.bitPattern)
      #expect(first == nil || first == patterns)
      first = patterns
      for lane in 0..<16 {
        for row in 0..<order {
          let solution = (0..<order).map { Double(x.buffer[$0 * 16 + lane]) }
          if lane == 5 {
            #expect(solution[row] == 0)
            continue
          }
          let sum = (0..<order).reduce(0) { $0 + matrices[lane][row * order + $1] * solution[$1] }
          let scale = (0..<order).reduce(1) {
            $0 + (matrices[lane][row * order + $1] * solution[$1]).magnitude
          }
          #expect((sum - Double(right[row * 16 + lane])).magnitude < 2e-5 * scale)
        }
      }
    }
  }

  @Test("Dot products of rows and steps of a factorisation are right", arguments: widths)
  func factors(width: Int) {
    let (a, b) = (Storage(Self.numbers(3 * width, 24)), Storage(Self.numbers(6 * width, 25)))
    compare([Float](repeating: 0, count: 18), "dots of rows, \(width)") { kernels, c in
      kernels.rowDots(
        Matrix(a.buffer, stride: width), 3, Matrix(b.buffer, stride: width), 6, width,
        Matrix(c, stride: 6))
    } expected: { place in
      (0..<width).reduce(0) {
        $0 + Double(a.buffer[place / 6 * width + $1]) * Double(b.buffer[place % 6 * width + $1])
      }
    }
    let padded = (width + 15) / 16 * 16
    let list = Storage<UInt32>([2, 0, 2])
    // Users, items, biases of both, the bias of all.
    let start = Self.numbers(5 * padded + 6, 26).map { $0 / 4 }
    var plain = start.map(Double.init)
    for (index, item) in [2, 0, 2].enumerated() {
      let (p, q) = (padded, (2 + item) * padded)
      let (own, other) = (5 * padded + 1, 5 * padded + 2 + item)
      let score =
        (0..<padded).reduce(plain[own] + plain[other] + plain[5 * padded + 5]) {
          $0 + plain[p + $1] * plain[q + $1]
        }
      let pull = 0.1 * 0.5 * ((index == 0 ? 1 : 0) - Elementary.sigmoid(score))
      let keep = 1 - 0.1 * 0.02
      for place in 0..<padded {
        let (u, i) = (plain[p + place], plain[q + place])
        (plain[p + place], plain[q + place]) = (keep * u + pull * i, keep * i + pull * u)
      }
      for place in [own, other, 5 * padded + 5] { plain[place] = keep * plain[place] + pull }
    }
    compare(start, "descent, \(width)") { kernels, memory in
      let model = FactorDescent(
        users: memory, items: memory.from(2 * padded), userBiases: memory.from(5 * padded),
        itemBiases: memory.from(5 * padded + 2), bias: memory.from(5 * padded + 5), width: padded,
        learningRate: 0.1, regularization: 0.02)
      kernels.descend(model, 1, list.buffer, 3, 0.5)
    } expected: {
      plain[$0]
    }
  }
}

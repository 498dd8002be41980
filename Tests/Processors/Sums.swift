// Sums of the bits that kernels give on numbers that follow from a counter: the same program is run on
// several processors and its output compared. It uses nothing but `Lanes`, so that Embedded Swift builds it.

private import CProcessor

/// Sixteen lanes in registers of 128 bits, which every architecture has.
enum PlainSet: LaneSet {
  typealias Eight = Two<Lanes4<PlainSet>>
  typealias Sixteen = Two<Two<Lanes4<PlainSet>>>
  typealias Broad = Two<Lanes4<PlainSet>>
  typealias Register = Lanes4<PlainSet>

  static var bits: Int { 128 }
  static var registers: Int { 16 }

  static func widened(_ numbers: Eight) -> Sixteen { Two(numbers, .zero) }
}

// One thread runs this.
nonisolated(unsafe) private var state: UInt64 = 1

private func number() -> Float {
  state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
  return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-30
}

private func numbers(_ count: Int) -> Buffer<Float> {
  let base = UnsafeMutablePointer<Float>.allocate(capacity: count + 64)
  for place in 0..<count + 64 { base[place] = place < count ? number() : 0 }
  return Buffer(base: base, count: count + 64)
}

private func words<Word: FixedWidthInteger>(_ count: Int, below bound: Int) -> Buffer<Word> {
  let base = UnsafeMutablePointer<Word>.allocate(capacity: count)
  for place in 0..<count {
    _ = number()
    base[place] = Word(truncatingIfNeeded: Int(state >> 40) % bound)
  }
  return Buffer(base: base, count: count)
}

private func hash(_ buffer: Buffer<Float>, _ count: Int) -> UInt64 {
  var hash: UInt64 = 14_695_981_039_346_656_037
  for place in 0..<count {
    hash = (hash ^ UInt64(buffer[place].bitPattern)) &* 1_099_511_628_211
  }
  return hash
}

/// The sum of a group of kernels; `kernel_sum_count` says how many groups there are.
@_cdecl("kernel_sum")
public func kernelSum(_ group: Int32) -> UInt64 {
  processor_flush_denormals()
  state = UInt64(group) &+ 17
  let kernels = KernelTable(PlainSet.self)
  let scratch = numbers(ProductScratch.count)
  switch group {
  case 0, 1, 2:
    var sum: UInt64 = 0
    for (rows, inner, columns) in [(130, 32, 32), (26, 300, 19), (13, 7, 40), (1, 513, 33)] {
      let (a, b) = (numbers(rows * inner), numbers(inner * columns))
      let c = numbers(rows * columns)
      let b0 = Matrix(b, stride: columns)
      let c0 = Matrix(c, stride: columns)
      if group == 0 {
        kernels.product(Matrix(a, stride: inner), b0, c0, rows, inner, columns, true, scratch)
      } else if group == 1 {
        kernels.transposedProduct(
          Matrix(a, stride: rows), b0, c0, rows, inner, columns, true, scratch)
      } else {
        let width = min(rows, columns)
        kernels.lowerTransposedProduct(
          Matrix(a, stride: rows), b0, c0, width, inner, width, false, scratch)
        for row in 0..<width {
          for column in row + 1..<max(columns, row + 1) { c[row * columns + column] = 0 }
        }
      }
      sum ^= hash(c, rows * columns) &* 3 &+ sum
    }
    return sum
  case 3, 4, 5, 6:
    let function = [LaneFunction.identity, .rectified, .tanh, .sigmoid][Int(group) - 3]
    let (z, shared) = (numbers(5 * 3 * 40), numbers(5 * 40))
    kernels.addGroups(shared, 40, z, 5, 3, 40, function)
    let d = numbers(600)
    kernels.functionBackward(d, z, 600, function)
    kernels.addColumnSums(d, 15, 40, shared)
    let sums = numbers(200)
    kernels.sumGroups(d, 5, 3, 40, sums)
    return hash(z, 600) ^ hash(d, 600) &* 3 ^ hash(shared, 40) &* 5 ^ hash(sums, 200) &* 7
  case 7:
    let (users, items, h) = (numbers(9 * 48), numbers(45 * 48), numbers(40))
    let logits = numbers(45)
    kernels.addOutputProducts(users, items, h, 48, 40, 9, 5, logits)
    kernels.addDots(items, h, 45, 48, 40, logits)
    let weights = numbers(45)
    let loss = kernels.logLoss(logits, weights, 9, 5, 0.25, scratch)
    let (u, i, w) = (numbers(9 * 48), numbers(45 * 48), numbers(40))
    kernels.addOutputProductsBackward(logits, users, items, h, 48, 40, 9, 5, u, i, w)
    kernels.addDotsBackward(logits, items, h, 45, 48, 40, i, 48, w)
    return loss.bitPattern ^ hash(logits, 45) &* 3 ^ hash(u, 432) &* 5 ^ hash(i, 2_160) &* 7
      ^ hash(w, 40) &* 11
  case 8:
    var sum: UInt64 = 0
    for step in [
      OptimizerStep.adam(AdamStep(rate: 0.01, correction: 1.5)), .adagrad(learningRate: 0.1),
      .sgd(learningRate: 0.1),
    ] {
      let (run, gradient) = (numbers(120), numbers(40))
      for place in 0..<120 { run[place] = run[place].magnitude }
      kernels.move(run, 40, gradient, 40, step)
      sum = sum &* 3 ^ hash(run, 120)
    }
    return sum
  case 9:
    let memory = numbers(PanelWeights.count(inputs: 300, outputs: 10))
    let weights = PanelWeights(memory, inputs: 300, outputs: 10)
    let (x, bias, y) = (numbers(300 * Panel.width), numbers(12), numbers(12 * Panel.width))
    kernels.panelProduct(weights, x, bias, y, 10, .tanh)
    kernels.panelAddRows(bias, y, y, 12, .sigmoid)
    kernels.panelAddProducts(bias, x, y, 12)
    kernels.panelAddDots(bias, x, y, 12)
    return hash(y, 12 * Panel.width)
  case 10:
    let scores = numbers(77)
    var best = -Float.infinity
    for place in 0..<77 { best = max(best, scores[place]) }
    let moments = kernels.softmaxMoments(scores, 77, 1.5, best, scratch)
    let sum = kernels.softmaxSum(scores, 77, 1.5, best, scratch)
    return UInt64(sum.bitPattern) ^ UInt64(moments.0.bitPattern) << 8
      ^ UInt64(moments.1.bitPattern) << 16 ^ UInt64(moments.2.bitPattern) << 24
  case 11:
    let memory = numbers(6 * 32 + 6)
    for place in 0..<6 * 32 + 6 { memory[place] *= 0.1 }
    let model = FactorDescent(
      users: memory, items: memory.from(64), userBiases: memory.from(192),
      itemBiases: memory.from(194), bias: memory.from(197), width: 32, learningRate: 0.1,
      regularization: 0.02)
    let list: Buffer<UInt32> = words(9, below: 3)
    kernels.descend(model, 1, list, 9, 0.5)
    let dots = numbers(20)
    let rows = Matrix(memory, stride: 32)
    kernels.rowDots(rows, 4, rows, 5, 32, Matrix(dots, stride: 5))
    return hash(memory, 198) ^ hash(dots, 20) &* 3
  default:
    let order = 19
    let packed = numbers(16 * order * (order + 1) / 2)
    for row in 0..<order {
      for lane in 0..<16 { packed[16 * (row * (row + 1) / 2 + row) + lane] += 20 }
    }
    let right = numbers(16 * order)
    kernels.solve(packed, right, order, scratch)
    return hash(right, 16 * order) ^ hash(packed, 16 * order * (order + 1) / 2) &* 3
  }
}

import Elementary
import Interactions
import Kernels
import Lanes

/// What all threads of a history block's training read, and the gradients that they write by tile.
///
/// Safe: within a step, threads write tiles or ranges of their own.
@safe final class HistoryMemory: @unchecked Sendable {
  let shape: HistoryShape
  let itemCount: Int
  private let memory = Memory()
  /// Shared parameters with both moments of Adam behind them.
  let shared: Buffer<Float>
  /// Items' input vectors, each with both moments behind it.
  let inputs: Buffer<Float>
  /// Items' output vectors, biases and zeros, each with both moments behind it.
  let outputs: Buffer<Float>
  /// The log's positions.
  let positions: Buffer<UInt32>
  /// The decays of the step.
  let decays: HistoryDecays
  /// The linear map with rows as columns: width x stateWidth.
  let linearAcross: Buffer<Float>
  /// The hidden layer's weights with rows as columns: hidden x stateWidth.
  let hiddenAcross: Buffer<Float>
  /// The map of the hidden outputs with rows as columns: width x hidden.
  let hiddenOutputAcross: Buffer<Float>
  /// The negatives' output rows: negatives x outputWidth.
  let negatives: Buffer<Float>
  /// The same with rows as columns: outputWidth x the softmax's stride.
  let negativesAcross: Buffer<Float>
  /// The gradient by each row's input vector: rows x width.
  let inputGradients: Buffer<Float>
  /// The gradient by each row's target and behind them by each negative: rows x outputWidth.
  let outputGradients: Buffer<Float>
  /// Each tile's gradient by the shared parameters.
  private(set) var sharedParts: [Buffer<Float>] = []
  /// Each tile's gradient by the negatives' output rows.
  private(set) var negativeParts: [Buffer<Float>] = []
  /// Each tile's loss.
  let losses: Buffer<Double>

  private let negativeCount: Int
  private let capacity: Int

  init(
    _ shape: HistoryShape, itemCount: Int, positions: [UInt32], capacity: Int, negatives: Int
  ) {
    (self.shape, self.itemCount, self.capacity) = (shape, itemCount, capacity)
    negativeCount = negatives
    shared = memory.make(3 * shape.sharedCount)
    inputs = memory.make(3 * itemCount * shape.width)
    outputs = memory.make(3 * itemCount * shape.outputWidth)
    self.positions = memory.keep(Storage(positions))
    decays = HistoryDecays(
      kept: memory.make(shape.stateWidth), taken: memory.make(shape.stateWidth),
      width: shape.width, states: shape.states)
    linearAcross = memory.make(shape.stateWidth * shape.width)
    hiddenAcross = memory.make(shape.stateWidth * shape.hidden)
    hiddenOutputAcross = memory.make(shape.hidden * shape.width)
    self.negatives = memory.make(negatives * shape.outputWidth)
    negativesAcross = memory.make(shape.outputWidth * ((negatives + 15) & ~15))
    inputGradients = memory.make(capacity * shape.width)
    outputGradients = memory.make((capacity + negatives) * shape.outputWidth)
    losses = memory.make(capacity)
  }

  /// Takes memory for as many tiles.
  func makeParts(_ tiles: Int) {
    while sharedParts.count < tiles {
      sharedParts.append(memory.make(shape.sharedCount))
      negativeParts.append(memory.make(negativeCount * shape.outputWidth))
    }
  }

  /// The parameters as they are.
  var block: HistoryBlock {
    func table(_ buffer: Buffer<Float>, _ width: Int) -> [Float] {
      var rows = [Float](repeating: 0, count: itemCount * width)
      for item in 0..<itemCount {
        for column in 0..<width { rows[item * width + column] = buffer[3 * item * width + column] }
      }
      return rows
    }
    return HistoryBlock(
      shape: shape, itemCount: itemCount, shared: (0..<shape.sharedCount).map { shared[$0] },
      inputs: table(inputs, shape.width), outputs: table(outputs, shape.outputWidth))
  }

  /// Replaces the parameters; the moments stay.
  func take(_ block: HistoryBlock) {
    precondition(block.shape == shape && block.itemCount == itemCount, "a block of another shape")
    shared.copy(from: block.shared[...], at: 0)
    let (width, pitch) = (shape.width, shape.outputWidth)
    for item in 0..<itemCount {
      inputs.copy(from: block.inputs[item * width..<(item + 1) * width], at: 3 * item * width)
      outputs.copy(from: block.outputs[item * pitch..<(item + 1) * pitch], at: 3 * item * pitch)
    }
  }
}

/// What is left out of a step, and what that follows from.
struct HistoryDropout {
  /// The probability, a multiple of 1/256.
  let share: Float
  /// Numbers of 8 bits below it are left out.
  private let threshold: UInt64
  private let seed: UInt64

  init(_ share: Float, seed: UInt64) {
    threshold = UInt64((share * 256).rounded())
    self.share = Float(threshold) / 256
    self.seed = mixed(seed &+ 0x6469_7374)
  }

  /// Writes the factors of a position: 0, or one over what is left.
  func fill(_ factors: Buffer<Float>, count: Int, epoch: Int, position: UInt32) {
    var random = CounterRandom(seed: seed, stream: UInt64(epoch) << 40 | UInt64(position))
    let scale = 1 / (1 - share)
    for first in stride(from: 0, to: count, by: 8) {
      var bits = random.next()
      for column in first..<first + 8 {
        factors[column] = bits & 255 < threshold ? 0 : scale
        bits >>= 8
      }
    }
  }
}

/// One thread's memory for a tile of a batch: forward and back.
///
/// Safe: a table of kernels stays where it is.
@safe final class HistoryTile: @unchecked Sendable {
  private let memory = Memory()
  private let kernels: UnsafePointer<KernelTable>
  private let all: HistoryMemory
  private let shape: HistoryShape
  private let dropout: HistoryDropout?
  private let y, starts, h, x, z, dz, factors, scales: Buffer<Float>
  private let hiddenOutputs, dHidden: Buffer<Float>
  private let r, dr, logits, targetLogits, leads, totals, scratch, product: Buffer<Float>

  init(
    _ all: HistoryMemory, kernels: UnsafePointer<KernelTable>, rows: Int, softmax: SampledSoftmax,
    dropout: HistoryDropout?
  ) {
    (self.all, shape, self.dropout) = (all, all.shape, dropout)
    unsafe self.kernels = kernels
    let states = rows * shape.stateWidth
    y = memory.make(rows * shape.width)
    (starts, h, x) = (memory.make(states), memory.make(states), memory.make(states))
    (z, dz) = (memory.make(states), memory.make(states))
    factors = memory.make(dropout == nil ? 0 : states)
    scales = memory.make(rows)
    hiddenOutputs = memory.make(rows * shape.hidden)
    dHidden = memory.make(rows * shape.hidden)
    (r, dr) = (memory.make(rows * shape.outputWidth), memory.make(rows * shape.outputWidth))
    logits = memory.make(rows * softmax.stride)
    (targetLogits, leads, totals) = (memory.make(rows), memory.make(rows), memory.make(rows))
    (scratch, product) = (memory.make(16), memory.make(ProductScratch.count))
    // A row of outputs has the item's bias behind its vector.
    for row in 0..<rows { r[row * shape.outputWidth + shape.width] = 1 }
  }

  /// Computes a tile's loss and gradients.
  ///
  /// - Parameters:
  ///   - number: which tile of the batch.
  ///   - batch: laid out, with its negatives' rows in `HistoryMemory`.
  ///   - epoch: what is left out follows from it.
  func run(_ number: Int, of batch: HistoryBatch, epoch: Int) {
    let tile = batch.tiles[number]
    forward(tile, of: batch, epoch: epoch)
    score(tile, number, of: batch)
    back(tile, number, of: batch)
  }

  // MARK: - Forward

  private func forward(_ tile: HistoryBatch.Tile, of batch: HistoryBatch, epoch: Int) {
    let (rows, first, stateWidth) = (tile.rows.count, tile.rows.lowerBound, shape.stateWidth)
    unsafe kernels.pointee.gather(
      batch.items.from(first), rows, all.inputs, shape.width, 3 * shape.width, y)
    var row = 0
    for (place, chunk) in batch.chunks[tile.chunks].enumerated() {
      let start = starts.from(place * stateWidth)
      start.clear(count: stateWidth)
      unsafe kernels.pointee.historyAdvance(
        all.decays, all.positions.from(chunk.userStart), chunk.start - chunk.userStart,
        all.inputs, 3 * shape.width, start)
      unsafe kernels.pointee.historyScan(
        all.decays, y.from(row * shape.width), chunk.count, start, h.from(row * stateWidth))
      row += chunk.count
    }
    unsafe kernels.pointee.normalize(
      h, rows, stateWidth, all.shared.from(shape.gain), all.shared.from(shape.bias), x, scales, z)
    if let dropout {
      for row in 0..<rows {
        dropout.fill(
          factors.from(row * stateWidth), count: stateWidth, epoch: epoch,
          position: batch.positions[first + row])
      }
      unsafe kernels.pointee.multiplyRows(
        z, stateWidth, factors, z, stateWidth, rows, stateWidth)
    }
    map(rows)
  }

  /// Computes `r` from `z`.
  private func map(_ rows: Int) {
    let (stateWidth, width) = (shape.stateWidth, shape.width)
    let (input, output) = (Matrix(z, stride: stateWidth), Matrix(r, stride: shape.outputWidth))
    unsafe kernels.pointee.product(
      input, Matrix(all.shared.from(shape.linear), stride: width), output, rows, stateWidth,
      width, false, product)
    guard shape.hidden > 0 else { return }
    let a = Matrix(hiddenOutputs, stride: shape.hidden)
    unsafe kernels.pointee.product(
      input, Matrix(all.shared.from(shape.hiddenWeights), stride: shape.hidden), a, rows,
      stateWidth, shape.hidden, false, product)
    unsafe kernels.pointee.addGroups(
      all.shared.from(shape.hiddenBias), 0, hiddenOutputs, 1, rows, shape.hidden, .rectified)
    unsafe kernels.pointee.product(
      a, Matrix(all.shared.from(shape.hiddenOutput), stride: width), output, rows, shape.hidden,
      width, true, product)
  }

  // MARK: - The objective

  /// Computes the loss, and the gradients by `r`, by the targets and by the negatives.
  private func score(_ tile: HistoryBatch.Tile, _ number: Int, of batch: HistoryBatch) {
    let (rows, first, pitch) = (tile.rows.count, tile.rows.lowerBound, shape.outputWidth)
    let softmax = batch.softmax
    let targets = all.outputGradients.from(first * pitch)
    unsafe kernels.pointee.gather(
      batch.targets.from(first), rows, all.outputs, pitch, 3 * pitch, targets)
    unsafe kernels.pointee.pairDots(r, targets, rows, pitch, targetLogits)
    let (states, scores) = (Matrix(r, stride: pitch), Matrix(logits, stride: softmax.stride))
    unsafe kernels.pointee.product(
      states, Matrix(all.negativesAcross, stride: softmax.stride), scores, rows, shape.width + 1,
      softmax.negatives, false, product)
    unsafe kernels.pointee.sampledSoftmax(
      softmax, logits, targetLogits, batch.hits.from(first), batch.weights.from(first), rows,
      leads, totals, scratch)
    var loss = 0.0
    for row in 0..<rows where batch.weights[first + row] > 0 {
      let own = Elementary.log(Double(totals[row])) - Double(leads[row])
      loss += Double(batch.weights[first + row]) * own
    }
    all.losses[number] = loss
    unsafe kernels.pointee.product(
      scores, Matrix(all.negatives, stride: pitch), Matrix(dr, stride: pitch), rows,
      softmax.negatives, pitch, false, product)
    unsafe kernels.pointee.pairDotsBackward(targetLogits, r, targets, rows, pitch, dr)
    unsafe kernels.pointee.transposedProduct(
      scores, states, Matrix(all.negativeParts[number], stride: pitch), softmax.negatives, rows,
      pitch, false, product)
  }

  // MARK: - Back

  private func back(_ tile: HistoryBatch.Tile, _ number: Int, of batch: HistoryBatch) {
    let (rows, stateWidth) = (tile.rows.count, shape.stateWidth)
    let part = all.sharedParts[number]
    part.clear(count: shape.sharedCount)
    mapBackward(rows, part)
    if dropout != nil {
      unsafe kernels.pointee.multiplyRows(
        dz, stateWidth, factors, dz, stateWidth, rows, stateWidth)
    }
    unsafe kernels.pointee.normalizeBackward(
      dz, x, scales, rows, stateWidth, all.shared.from(shape.gain), part.from(shape.gain),
      part.from(shape.bias))
    var row = 0
    for (place, chunk) in batch.chunks[tile.chunks].enumerated() {
      unsafe kernels.pointee.historyScanBackward(
        all.decays, y.from(row * shape.width), h.from(row * stateWidth), chunk.count,
        starts.from(place * stateWidth), dz.from(row * stateWidth),
        all.inputGradients.from((tile.rows.lowerBound + row) * shape.width),
        part.from(shape.logits))
      row += chunk.count
    }
    unsafe kernels.pointee.historyDecaysBackward(part.from(shape.logits), all.decays)
  }

  /// Computes `dz` from `dr`, and the gradients by the maps.
  private func mapBackward(_ rows: Int, _ part: Buffer<Float>) {
    let (stateWidth, width) = (shape.stateWidth, shape.width)
    let (input, slopes) = (Matrix(z, stride: stateWidth), Matrix(dr, stride: shape.outputWidth))
    let result = Matrix(dz, stride: stateWidth)
    unsafe kernels.pointee.product(
      slopes, Matrix(all.linearAcross, stride: stateWidth), result, rows, width, stateWidth, false,
      product)
    unsafe kernels.pointee.transposedProduct(
      input, slopes, Matrix(part.from(shape.linear), stride: width), stateWidth, rows, width,
      false, product)
    guard shape.hidden > 0 else { return }
    let hidden = shape.hidden
    let (a, da) = (Matrix(hiddenOutputs, stride: hidden), Matrix(dHidden, stride: hidden))
    unsafe kernels.pointee.transposedProduct(
      a, slopes, Matrix(part.from(shape.hiddenOutput), stride: width), hidden, rows, width, false,
      product)
    unsafe kernels.pointee.product(
      slopes, Matrix(all.hiddenOutputAcross, stride: hidden), da, rows, width, hidden, false,
      product)
    unsafe kernels.pointee.functionBackward(dHidden, hiddenOutputs, rows * hidden, .rectified)
    unsafe kernels.pointee.addColumnSums(dHidden, rows, hidden, part.from(shape.hiddenBias))
    unsafe kernels.pointee.transposedProduct(
      input, da, Matrix(part.from(shape.hiddenWeights), stride: hidden), stateWidth, rows, hidden,
      false, product)
    unsafe kernels.pointee.product(
      da, Matrix(all.hiddenAcross, stride: stateWidth), result, rows, hidden, stateWidth, true,
      product)
  }
}

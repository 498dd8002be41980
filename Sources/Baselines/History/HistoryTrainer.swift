import Elementary
import Interactions
import Kernels
package import Lanes
package import Parallelism

/// Trains a history block: a step of Adam for each batch of positions.
///
/// The objective is the log of the target's share among itself and uniform negatives that a batch shares.
/// A negative is left out where it is the target itself; `log((items - 1) / kept)` is added to the logits of
/// the others, so that their sum stands for the whole catalogue's. Rows of items move only where a batch
/// names them. The parameters after an epoch have the same bits with any number of threads and any kernels.
///
/// Safe: a table of kernels stays where it is.
@safe package final class HistoryTrainer {
  /// The settings.
  package let options: HistoryOptions
  private let sequences: HistorySequences
  private let pool: WorkerPool
  private let kernels: UnsafePointer<KernelTable>
  private let all: HistoryMemory
  private let batch: HistoryBatch
  private let tiles: [HistoryTile]
  private let batchPositions: Int
  /// Epochs so far.
  package private(set) var epochs = 0
  private var steps = 0

  /// Draws the first parameters, or takes those of a block.
  ///
  /// - Parameters:
  ///   - sequences: each user's positions.
  ///   - itemCount: the size of the catalogue, 2 or more.
  ///   - options: the settings.
  ///   - pool: the threads.
  ///   - start: where training starts; nil draws.
  ///   - kernels: nil: those in use.
  @safe package init(
    _ sequences: HistorySequences, itemCount: Int, options: HistoryOptions, pool: WorkerPool,
    start: HistoryBlock? = nil, kernels: UnsafePointer<KernelTable>? = nil
  ) {
    precondition(itemCount >= 2, "a target has no other item beside it")
    (self.options, self.sequences, self.pool) = (options, sequences, pool)
    let table = unsafe kernels ?? Kernels.active
    unsafe self.kernels = table
    // A small log gets several steps an epoch.
    batchPositions = max(1, min(options.batch, max(256, sequences.inputs / 32)))
    let (capacity, length) = (batchPositions + options.length, options.length)
    let negatives = min(options.negatives, itemCount - 1)
    let (all, batch) = (
      HistoryMemory(
        options.shape, itemCount: itemCount, positions: sequences.items, capacity: capacity,
        negatives: negatives),
      HistoryBatch(capacity: capacity, itemCount: itemCount, negatives: negatives)
    )
    (self.all, self.batch) = (all, batch)
    let dropout =
      options.dropout > 0 ? HistoryDropout(options.dropout, seed: options.seed) : nil
    tiles = (0..<pool.threads).map { _ in
      unsafe HistoryTile(
        all, kernels: table, rows: max(HistoryBatch.tileRows, length), softmax: batch.softmax,
        dropout: dropout)
    }
    all.take(start ?? .drawn(options.shape, itemCount: itemCount, seed: options.seed))
  }

  /// The parameters as they are.
  package var block: HistoryBlock { all.block }

  /// Trains on every target once.
  ///
  /// - Parameter report: called after each batch with the share of the epoch that is done; throws to stop.
  /// - Returns: the mean loss of a target, by its weight.
  /// - Throws: what `report` throws.
  package func epoch(_ report: (_ share: Double) throws -> Void) rethrows -> Double {
    epochs += 1
    let plan = HistoryEpochPlan(
      sequences, length: options.length, batch: batchPositions, seed: options.seed, epoch: epochs)
    var (loss, weight) = (0.0, 0.0)
    for (number, range) in plan.batches.enumerated() {
      let chunks = plan.chunks[range]
      let own = chunks.reduce(0.0) { sum, chunk in
        (chunk.start..<chunk.start + chunk.count).reduce(sum) {
          $0 + Double(sequences.weights[$1 + 1])
        }
      }
      loss += own * step(chunks, batch: number)
      weight += own
      try report(Double(number + 1) / Double(plan.batches.count))
    }
    return weight > 0 ? loss / weight : 0
  }

  /// One step.
  ///
  /// - Returns: the batch's mean loss.
  private func step(_ chunks: ArraySlice<HistoryChunk>, batch number: Int) -> Double {
    prepare(chunks, batch: number)
    let loss = gradients()
    move()
    return loss
  }

  /// Lays a batch out, with the parameters that all tiles read.
  private func prepare(_ chunks: ArraySlice<HistoryChunk>, batch number: Int) {
    batch.fill(
      chunks, of: sequences,
      CounterRandom(
        seed: mixed(options.seed &+ 0x6e65_6761), stream: UInt64(epochs) << 40 | UInt64(number)))
    all.makeParts(batch.tiles.count)
    let (shape, softmax) = (options.shape, batch.softmax)
    unsafe kernels.pointee.historyDecays(all.shared.from(shape.logits), all.decays)
    unsafe kernels.pointee.gather(
      batch.negatives, softmax.negatives, all.outputs, shape.outputWidth, 3 * shape.outputWidth,
      all.negatives)
    transpose(
      all.negatives, rows: softmax.negatives, columns: shape.outputWidth, into: all.negativesAcross,
      stride: softmax.stride)
    transpose(
      all.shared.from(shape.linear), rows: shape.stateWidth, columns: shape.width,
      into: all.linearAcross, stride: shape.stateWidth)
    transpose(
      all.shared.from(shape.hiddenWeights), rows: shape.stateWidth, columns: shape.hidden,
      into: all.hiddenAcross, stride: shape.stateWidth)
    transpose(
      all.shared.from(shape.hiddenOutput), rows: shape.hidden, columns: shape.width,
      into: all.hiddenOutputAcross, stride: shape.hidden)
  }

  /// Writes a matrix, whose rows are adjacent, with rows as columns.
  private func transpose(
    _ source: Buffer<Float>, rows: Int, columns: Int, into target: Buffer<Float>, stride: Int
  ) {
    for row in Swift.stride(from: 0, to: rows, by: 16) {
      unsafe kernels.pointee.transpose(
        Matrix(source, stride: columns), row, 0, min(16, rows - row), columns,
        Matrix(target, stride: stride))
    }
  }

  /// Computes the gradients of a batch that is laid out.
  ///
  /// - Returns: the batch's mean loss.
  private func gradients() -> Double {
    let (batch, tiles, epochs) = (self.batch, self.tiles, self.epochs)
    pool.forEach(batch.tiles.count) { tile, worker in
      tiles[worker].run(tile, of: batch, epoch: epochs)
    }
    reduce()
    return batch.tiles.indices.reduce(0) { $0 + all.losses[$1] }
  }

  /// Adds up the gradients of tiles, in their order, by ranges that threads share out.
  private func reduce() {
    let (all, batch, shape) = (self.all, self.batch, options.shape)
    let (block, count) = (2_048, shape.sharedCount)
    let shared = (count + block - 1) / block
    let pitch = shape.outputWidth
    let negatives = batch.softmax.negatives
    let table = unsafe SharedKernels(kernels)
    pool.forEach(shared + (negatives + 31) / 32) { index, _ in
      if index < shared {
        let (first, size) = (index * block, min(block, count - index * block))
        for tile in batch.tiles.indices.dropFirst() {
          unsafe table.base.pointee.add(
            all.sharedParts[tile].from(first), 1, all.sharedParts[0].from(first), size)
        }
        return
      }
      let first = (index - shared) * 32
      let size = min(32, negatives - first) * pitch
      let target = all.outputGradients.from((batch.rows + first) * pitch)
      target.copy(from: all.negativeParts[0].from(first * pitch), count: size)
      for tile in batch.tiles.indices.dropFirst() {
        unsafe table.base.pointee.add(
          all.negativeParts[tile].from(first * pitch), 1, target, size)
      }
    }
  }

  /// Moves the parameters against the gradients.
  private func move() {
    steps += 1
    let adam = AdamStep(
      rate: options.learningRate / Float(1 - Elementary.pow(0.9, Double(steps))),
      correction: Float(1 / (1 - Elementary.pow(0.999, Double(steps))).squareRoot()))
    let (all, batch, shape) = (self.all, self.batch, options.shape)
    let (block, rows) = (2_048, 128)
    let shared = (shape.sharedCount + block - 1) / block
    let inputs = (batch.inputMoves.count + rows - 1) / rows
    let outputs = (batch.outputMoves.count + rows - 1) / rows
    let table = unsafe SharedKernels(kernels)
    pool.forEach(shared + inputs + outputs) { index, _ in
      if index < shared {
        let first = index * block
        unsafe table.base.pointee.move(
          all.shared.from(first), shape.sharedCount, all.sharedParts[0].from(first),
          min(block, shape.sharedCount - first), .adam(adam))
        return
      }
      let isInput = index < shared + inputs
      let moves = isInput ? batch.inputMoves : batch.outputMoves
      let first = (index - shared - (isInput ? 0 : inputs)) * rows
      let width = isInput ? shape.width : shape.outputWidth
      unsafe table.base.pointee.moveRows(
        moves.moves(first..<min(first + rows, moves.count)), isInput ? all.inputs : all.outputs,
        3 * width, width, isInput ? all.inputGradients : all.outputGradients, .adam(adam))
    }
  }
}

/// A table of kernels that threads read.
@safe private struct SharedKernels: @unchecked Sendable {
  let base: UnsafePointer<KernelTable>
  init(_ base: UnsafePointer<KernelTable>) { unsafe self.base = base }
}

extension HistoryTrainer {
  /// The loss of one batch of all positions, and its gradients, without moving anything.
  ///
  /// - Parameter epoch: what is drawn and left out follows from it.
  /// - Returns: the mean loss, the gradients laid out as the parameters are, and the negatives.
  package func probe(
    epoch: Int
  ) -> (loss: Double, gradient: HistoryBlock, negatives: [UInt32]) {
    epochs = epoch
    let plan = HistoryEpochPlan(
      sequences, length: options.length, batch: batchPositions, seed: options.seed, epoch: epoch)
    prepare(plan.chunks[plan.batches[0]], batch: 0)
    let loss = gradients()
    let shape = options.shape
    var gradient = HistoryBlock(
      shape: shape, itemCount: all.itemCount,
      shared: (0..<shape.sharedCount).map { all.sharedParts[0][$0] },
      inputs: [Float](repeating: 0, count: all.itemCount * shape.width),
      outputs: [Float](repeating: 0, count: all.itemCount * shape.outputWidth))
    for row in 0..<batch.rows {
      for column in 0..<shape.width {
        gradient.inputs[Int(batch.items[row]) * shape.width + column] +=
          all.inputGradients[row * shape.width + column]
      }
    }
    let pitch = shape.outputWidth
    for row in 0..<batch.rows + batch.softmax.negatives {
      let item = row < batch.rows ? batch.targets[row] : batch.negatives[row - batch.rows]
      for column in 0..<pitch {
        gradient.outputs[Int(item) * pitch + column] += all.outputGradients[row * pitch + column]
      }
    }
    return (loss, gradient, (0..<batch.softmax.negatives).map { batch.negatives[$0] })
  }

  /// Replaces the parameters; the moments of Adam stay.
  package func take(_ block: HistoryBlock) { all.take(block) }
}

extension HistoryBlock {
  /// The parameters that training starts from.
  ///
  /// - Parameters:
  ///   - shape: the sizes.
  ///   - itemCount: the size of the catalogue.
  ///   - seed: what they follow from.
  /// - Returns: decays around .3, .7 and .95 or between, vectors and maps drawn, biases 0.
  package static func drawn(_ shape: HistoryShape, itemCount: Int, seed: UInt64) -> HistoryBlock {
    var shared = [Float](repeating: 0, count: shape.sharedCount)
    for state in 0..<shape.states {
      let decay = startingDecay(state, of: shape.states)
      let logit = Float(Elementary.log(decay / (1 - decay)))
      for column in 0..<shape.width { shared[shape.logits + state * shape.width + column] = logit }
    }
    for place in shape.gain..<shape.bias { shared[place] = 1 }
    func fill(_ first: Int, _ rows: Int, _ columns: Int, stream: UInt64) {
      let deviation = 1 / Double(max(rows, 1)).squareRoot()
      let drawn = drawnVectors(
        rows, width: columns, deviation: deviation, seed: seed, stream: stream)
      for (place, value) in drawn.enumerated() { shared[first + place] = value }
    }
    fill(shape.linear, shape.stateWidth, shape.width, stream: 11)
    if shape.hidden > 0 {
      fill(shape.hiddenWeights, shape.stateWidth, shape.hidden, stream: 12)
      fill(shape.hiddenOutput, shape.hidden, shape.width, stream: 13)
    }
    let (width, pitch) = (shape.width, shape.outputWidth)
    let inputs = drawnVectors(itemCount, width: width, deviation: 0.1, seed: seed, stream: 14)
    let vectors = drawnVectors(itemCount, width: width, deviation: 0.02, seed: seed, stream: 15)
    var outputs = [Float](repeating: 0, count: itemCount * pitch)
    for item in 0..<itemCount {
      for column in 0..<width { outputs[item * pitch + column] = vectors[item * width + column] }
    }
    return HistoryBlock(
      shape: shape, itemCount: itemCount, shared: shared, inputs: inputs, outputs: outputs)
  }

  /// The decay that a state starts with: .3, .7 and .95 of three, else evenly between on a log scale.
  private static func startingDecay(_ state: Int, of states: Int) -> Double {
    if states == 3 { return [0.3, 0.7, 0.95][state] }
    if states == 1 { return 0.8 }
    let share = Double(state) / Double(states - 1)
    return 1 - Elementary.exp(Elementary.log(0.7) * (1 - share) + Elementary.log(0.05) * share)
  }
}

package import Interactions
import Kernels
package import Lanes
package import Parallelism

/// A trained history block: what turns a user's positions into a vector that items are scored by.
///
/// With the vectors `y` of a user's positions in order, `h_k = g_k h_k + sqrt(1 - g_k^2) y` for each of the
/// states k, `z = LayerNorm([h_1; ...; h_K])` and 0 without a position, `r = W z + W_2 f(W_1 z + c)` with
/// `f` ReLU, where there is a hidden layer, and the score `r . q_i + b_i`.
package struct HistoryBlock: Sendable, Equatable {
  /// The sizes.
  package let shape: HistoryShape
  /// The size of the catalogue.
  package let itemCount: Int
  /// Decays, layer norm and maps, as `HistoryShape` lays them out.
  package var shared: [Float]
  /// The vectors y of items as input, itemCount x width.
  package var inputs: [Float]
  /// The vectors q of items and their biases, itemCount x `HistoryShape.outputWidth`.
  package var outputs: [Float]

  /// Takes parameters that are laid out already.
  package init(
    shape: HistoryShape, itemCount: Int, shared: [Float], inputs: [Float], outputs: [Float]
  ) {
    precondition(shared.count == shape.sharedCount, "parameters of another shape")
    precondition(inputs.count == itemCount * shape.width, "one input vector for each item")
    precondition(outputs.count == itemCount * shape.outputWidth, "one output row for each item")
    (self.shape, self.itemCount, self.shared) = (shape, itemCount, shared)
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// Users' vectors after all of their positions, and items' vectors with their biases.
  ///
  /// - Parameters:
  ///   - sequences: each user's positions, of the catalogue's items.
  ///   - pool: the threads; the result is the same for any number.
  ///   - kernels: nil: those in use.
  /// - Returns: factors of `shape.width` numbers; a user without a position has the vector 0.
  @safe package func factors(
    _ sequences: HistorySequences, pool: WorkerPool, kernels: UnsafePointer<KernelTable>? = nil
  ) -> MatrixFactors {
    let (width, rows) = (shape.width, 64)
    let (shared, inputs) = (Storage(shared), Storage(inputs))
    let items = Storage(sequences.items)
    let users = Storage<Float>(count: sequences.userCount * width)
    let shape = self.shape
    let readers = (0..<pool.threads).map { _ in
      unsafe HistoryReader(
        shape, shared: shared, inputs: inputs, rows: rows, kernels: kernels ?? Kernels.active)
    }
    forEachBlock(of: sequences.userCount, by: rows, pool) { range, worker in
      for (row, user) in range.enumerated() {
        let own = sequences.offsets[user]..<sequences.offsets[user + 1]
        readers[worker].read(items.buffer.from(own.lowerBound), count: own.count, row: row)
      }
      readers[worker].vectors(range.count, into: users.buffer.from(range.lowerBound * width))
    }
    let pitch = shape.outputWidth
    return MatrixFactors(
      width: width, userCount: sequences.userCount, itemCount: itemCount, users: users.array,
      items: (0..<itemCount).flatMap { outputs[$0 * pitch..<$0 * pitch + width] },
      itemBiases: (0..<itemCount).map { outputs[$0 * pitch + width] })
  }
}

/// One thread's memory for computing users' vectors from their positions.
///
/// Safe: a table of kernels stays where it is; the storages are kept.
@safe private final class HistoryReader: @unchecked Sendable {
  private let shape: HistoryShape
  private let kernels: UnsafePointer<KernelTable>
  private let memory = Memory()
  private let shared: Buffer<Float>
  private let inputs: Buffer<Float>
  private let decays: HistoryDecays
  private let states: Buffer<Float>
  private let z: Buffer<Float>
  private let scales: Buffer<Float>
  private let activations: Buffer<Float>
  private let product: Buffer<Float>
  private var empty: [Bool]

  init(
    _ shape: HistoryShape, shared: Storage<Float>, inputs: Storage<Float>, rows: Int,
    kernels: UnsafePointer<KernelTable>
  ) {
    self.shape = shape
    unsafe self.kernels = kernels
    self.shared = memory.keep(shared)
    self.inputs = memory.keep(inputs)
    decays = HistoryDecays(
      kept: memory.make(shape.stateWidth), taken: memory.make(shape.stateWidth),
      width: shape.width, states: shape.states)
    states = memory.make(rows * shape.stateWidth)
    z = memory.make(rows * shape.stateWidth)
    scales = memory.make(rows)
    activations = memory.make(rows * shape.hidden)
    product = memory.make(ProductScratch.count)
    empty = [Bool](repeating: true, count: rows)
    unsafe kernels.pointee.historyDecays(self.shared.from(shape.logits), decays)
  }

  /// Reads the positions of a user into a row.
  func read(_ items: Buffer<UInt32>, count: Int, row: Int) {
    let state = states.from(row * shape.stateWidth)
    state.clear(count: shape.stateWidth)
    empty[row] = count == 0
    unsafe kernels.pointee.historyAdvance(decays, items, count, inputs, shape.width, state)
  }

  /// Writes the vectors of the first rows.
  func vectors(_ rows: Int, into r: Buffer<Float>) {
    let (stateWidth, width) = (shape.stateWidth, shape.width)
    unsafe kernels.pointee.normalize(
      states, rows, stateWidth, shared.from(shape.gain), shared.from(shape.bias), states, scales,
      z)
    for row in 0..<rows where empty[row] { z.clear(row * stateWidth, count: stateWidth) }
    let x = Matrix(z, stride: stateWidth)
    unsafe kernels.pointee.product(
      x, Matrix(shared.from(shape.linear), stride: width), Matrix(r, stride: width), rows,
      stateWidth, width, false, product)
    if shape.hidden > 0 {
      let a = Matrix(activations, stride: shape.hidden)
      unsafe kernels.pointee.product(
        x, Matrix(shared.from(shape.hiddenWeights), stride: shape.hidden), a, rows, stateWidth,
        shape.hidden, false, product)
      unsafe kernels.pointee.addGroups(
        shared.from(shape.hiddenBias), 0, activations, 1, rows, shape.hidden, .rectified)
      unsafe kernels.pointee.product(
        a, Matrix(shared.from(shape.hiddenOutput), stride: width), Matrix(r, stride: width), rows,
        shape.hidden, width, true, product)
    }
    for row in 0..<rows where empty[row] { r.clear(row * width, count: width) }
  }
}

import Interactions
import Lanes

/// A model's parameters in memory that threads share while it trains, with the optimiser's moments.
final class ParameterStore: @unchecked Sendable {
  /// Parameters in rows and, right behind each, its two moments for Adam or its sum for Adagrad.
  ///
  /// A step reads and writes all three: side by side they are one stretch of memory, one page, and
  /// whole cache lines that no other row shares.
  struct Table {
    let values: Buffer<Float>
    /// Numbers in a row, padding included.
    let width: Int
    /// Numbers from one row to the next.
    let pitch: Int

    fileprivate init(_ storage: Storage<Float>, width: Int, pitch: Int) {
      values = storage.buffer
      (self.width, self.pitch) = (width, pitch)
    }

    /// Asks the caches for a row and its moments.
    @inline(__always)
    func prefetch(row: Int) { values.prefetch(row * pitch, count: pitch) }
  }

  let layout: ParameterLayout
  let users: Table
  let items: Table
  let dense: Table
  /// Rows of content features; the rows of users and items are then their own parts alone.
  let userFeatures: Table
  let itemFeatures: Table
  /// Each layer's weights transposed, at the same offsets as in `dense`.
  let transposed: Buffer<Float>

  private let counts: RowCounts
  private let features: ContentFeatures?
  private let optimizer: Optimizer
  private let storage: [Storage<Float>]

  init(_ model: Model, optimizer: Optimizer, features: ContentFeatures? = nil) {
    var model = model
    if let features { model.add(features, times: -1) }
    self.features = features
    layout = model.layout
    counts = RowCounts(users: model.userCount, items: model.itemCount, features: features)
    self.optimizer = optimizer
    var storage: [Storage<Float>] = []
    func table(_ values: [Float], width: Int) -> Table {
      let pitch =
        switch optimizer {
        case .sgd: width
        case .adagrad: Self.lines(2 * width)
        case .adam, .denseAdam: Self.lines(3 * width)
        }
      let rows = values.count / max(width, 1)
      let new = Storage<Float>(count: rows * pitch)
      for row in 0..<rows {
        new.buffer.copy(from: values[row * width..<(row + 1) * width], at: row * pitch)
      }
      storage.append(new)
      return Table(new, width: width, pitch: pitch)
    }
    users = table(model.users, width: layout.rowStride)
    items = table(model.items, width: layout.rowStride)
    dense = table(model.dense, width: layout.denseCount)
    userFeatures = table(model.userFeatures, width: layout.rowStride)
    itemFeatures = table(model.itemFeatures, width: layout.rowStride)
    let transposedStorage = Storage<Float>(count: model.dense.count)
    transposed = transposedStorage.buffer
    storage.append(transposedStorage)
    self.storage = storage
    for layer in layout.layers { refreshTransposed(layer, blocks: layer.weightRange) }
  }

  /// The parameters as a value.
  var model: Model {
    var model = Model(zeros: layout.spec, counts)
    read(users, to: &model.users)
    read(items, to: &model.items)
    read(dense, to: &model.dense)
    read(userFeatures, to: &model.userFeatures)
    read(itemFeatures, to: &model.itemFeatures)
    if let features { model.add(features, times: 1) }
    return model
  }

  /// Everything that training changes, as it lies in memory: parameters and moments.
  var memory: [[UInt8]] { storage.map(\.bytes) }

  /// Takes back what `memory` gave of a store of the same model and optimiser.
  ///
  /// - Throws: `CheckpointError` when it is of another one; nothing has changed then.
  func restore(_ memory: [[UInt8]]) throws(CheckpointError) {
    guard memory.map(\.count) == storage.map(\.byteCount) else {
      throw CheckpointError("its parameters are not those of this model and optimiser")
    }
    for (storage, bytes) in zip(storage, memory) { storage.load(bytes) }
  }

  private func read(_ table: Table, to values: inout [Float]) {
    for row in 0..<values.count / max(table.width, 1) {
      for column in 0..<table.width {
        values[row * table.width + column] = table.values[row * table.pitch + column]
      }
    }
  }

  /// Rounds a count of numbers up to whole cache lines.
  private static func lines(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  /// What moves parameters in a step of the optimiser.
  func optimizerStep(_ step: AdamStep, learningRate: Float) -> OptimizerStep {
    switch optimizer {
    case .adam, .denseAdam: .adam(step)
    case .adagrad: .adagrad(learningRate: learningRate)
    case .sgd: .sgd(learningRate: learningRate)
    }
  }

  /// Moves a run of a row's parameters against a gradient.
  ///
  /// The run begins at `column` and is `count` long, a multiple of 8.
  func move(
    _ table: Table, row: Int, column: Int = 0, count: Int, gradient: Buffer<Float>,
    step: OptimizerStep
  ) {
    OptimizerKernels.move(
      table.values.from(row * table.pitch + column), width: table.width, gradient: gradient,
      count: count, step: step)
  }

  /// Moves rows, each with its gradients summed in their order.
  func move(_ table: Table, _ moves: RowMoves, gradients: Buffer<Float>, step: OptimizerStep) {
    OptimizerKernels.moveRows(
      moves, of: table.values, pitch: table.pitch, width: table.width, gradients: gradients,
      step: step)
  }

  /// Copies the weights of a layer that lie in a range of dense positions to their transposed places.
  func refreshTransposed(_ layer: ParameterLayout.Layer, blocks: Range<Int>) {
    let range = blocks.clamped(to: layer.weightRange)
    let rows = Matrix(dense.values.from(layer.weights), stride: layer.output)
    let columns = Matrix(transposed.from(layer.weights), stride: layer.input)
    var next = range.lowerBound - layer.weights
    let end = range.upperBound - layer.weights
    while next < end {
      // A range may begin and end within a row; what lies between is whole rows.
      let (row, column) = next.quotientAndRemainder(dividingBy: layer.output)
      let isWhole = column == 0 && end - next >= layer.output
      let height = isWhole ? min(16, (end - next) / layer.output) : 1
      let width = isWhole ? layer.output : min(layer.output - column, end - next)
      LayerKernels.transpose(
        rows, row: row, column: column, rows: height, columns: width, into: columns)
      next += isWhole ? height * layer.output : width
    }
  }
}

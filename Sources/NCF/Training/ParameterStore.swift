/// A model's parameters in memory that threads share while it trains, with the optimiser's moments.
final class ParameterStore: @unchecked Sendable {
  /// A run of parameters and, for Adam, its two moments of the same length.
  struct Table {
    let values: Buffer<Float>
    let first: Buffer<Float>
    let second: Buffer<Float>
  }

  let layout: ParameterLayout
  let users: Table
  let items: Table
  let dense: Table
  /// Each layer's weights transposed, at the same offsets as in `dense`.
  let transposed: Buffer<Float>

  private let userCount: Int
  private let itemCount: Int
  private let optimizer: Optimizer
  private let storage: [Storage<Float>]

  init(_ model: Model, optimizer: Optimizer) {
    layout = model.layout
    userCount = model.userCount
    itemCount = model.itemCount
    self.optimizer = optimizer
    var storage: [Storage<Float>] = []
    func table(_ values: [Float]) -> Table {
      let moments = optimizer == .sgd ? 0 : values.count
      let new = [Storage(values), Storage(count: moments), Storage(count: moments)]
      storage += new
      return Table(values: new[0].buffer, first: new[1].buffer, second: new[2].buffer)
    }
    users = table(model.users)
    items = table(model.items)
    dense = table(model.dense)
    let transposedStorage = Storage<Float>(count: model.dense.count)
    transposed = transposedStorage.buffer
    storage.append(transposedStorage)
    self.storage = storage
    for layer in layout.layers {
      refreshTransposed(layer, blocks: layer.weights..<layer.weights + layer.input * layer.output)
    }
  }

  /// The parameters as a value.
  var model: Model {
    var model = Model(zeros: layout.spec, userCount: userCount, itemCount: itemCount)
    model.users = storage[0].array
    model.items = storage[3].array
    model.dense = storage[6].array
    return model
  }

  /// Moves a run of parameters of a table against a gradient.
  ///
  /// The run begins at `position` and is `count` long, a multiple of 8.
  @inline(__always)
  func move(
    _ table: Table, at position: Int, count: Int, gradient: Buffer<Float>, step: AdamStep,
    learningRate: Float
  ) {
    switch optimizer {
    case .adam, .denseAdam:
      OptimizerKernels.adam(
        table.values.from(position), table.first.from(position), table.second.from(position),
        gradient: gradient, count: count, step: step)
    case .sgd:
      OptimizerKernels.descend(
        table.values.from(position), gradient: gradient, count: count, learningRate: learningRate)
    }
  }

  /// Asks the caches for a run of parameters and its moments.
  @inline(__always)
  func prefetch(_ table: Table, at position: Int, count: Int) {
    table.values.prefetch(position, count: count)
    if optimizer == .sgd { return }
    table.first.prefetch(position, count: count)
    table.second.prefetch(position, count: count)
  }

  /// Copies the weights of a layer that lie in a range of dense positions to their transposed places.
  func refreshTransposed(_ layer: ParameterLayout.Layer, blocks: Range<Int>) {
    let range = blocks.clamped(to: layer.weights..<layer.weights + layer.input * layer.output)
    guard let start = range.first else { return }
    var input = (start - layer.weights) / layer.output
    var output = (start - layer.weights) % layer.output
    let target = transposed.from(layer.weights)
    for position in range {
      target[output * layer.input + input] = dense.values[position]
      output += 1
      if output == layer.output {
        output = 0
        input += 1
      }
    }
  }
}

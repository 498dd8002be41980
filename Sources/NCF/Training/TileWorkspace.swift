/// One thread's memory for a tile: a few groups' activations forward and gradients back.
///
/// A tile is sized to stay in the nearest caches. Shapes are rows x padded width; the row of a sample
/// in every buffer is its place in the tile.
final class TileWorkspace: @unchecked Sendable {
  private let layout: ParameterLayout
  private let groupSize: Int
  /// How many groups fit.
  let capacity: Int

  private let storage: [Storage<Float>]
  private let userRows: Buffer<Float>
  private let itemRows: Buffer<Float>
  private let userHidden: Buffer<Float>
  private let hidden: [Buffer<Float>]
  private let back: [Buffer<Float>]
  private let logits: Buffer<Float>

  init(layout: ParameterLayout, groupSize: Int, capacity: Int) {
    self.layout = layout
    self.groupSize = groupSize
    self.capacity = capacity
    let samples = capacity * groupSize
    var storage: [Storage<Float>] = []
    func make(_ count: Int) -> Buffer<Float> {
      let new = Storage<Float>(count: count)
      storage.append(new)
      return new.buffer
    }
    userRows = make(capacity * layout.rowStride)
    itemRows = make(samples * layout.rowStride)
    userHidden = make(capacity * (layout.layers.first?.paddedOutput ?? 0))
    hidden = layout.layers.map { make(samples * $0.paddedOutput) }
    back = layout.layers.map { make(samples * $0.paddedOutput) }
    logits = make(samples)
    self.storage = storage
  }

  /// The parameters that a tile reads and the places where its gradients go.
  struct Context {
    let users: ParameterStore.Table
    let items: ParameterStore.Table
    let dense: Buffer<Float>
    /// The weights of each layer, transposed, at the same offsets as in `dense`.
    let transposed: Buffer<Float>
    /// A row for each group of the batch.
    let userGradient: Buffer<Float>
    /// A row for each sample of the batch.
    let itemGradient: Buffer<Float>
    /// The shard's sum of gradients of the dense parameters.
    let denseGradient: Buffer<Float>
  }

  /// Runs groups of a batch forward and back.
  ///
  /// - Returns: the sum of the losses of their samples.
  func run(groups: Range<Int>, of plan: BatchPlan, in context: Context, scale: Float) -> Double {
    precondition(groups.count <= capacity)
    let rows = groups.count
    let samples = rows * groupSize
    let stride = layout.rowStride
    let firstSample = groups.lowerBound * groupSize
    LayerKernels.gather(
      plan.users.from(groups.lowerBound), count: rows, from: context.users.values, width: stride,
      pitch: context.users.pitch, into: userRows)
    LayerKernels.gather(
      plan.items.from(firstSample), count: samples, from: context.items.values, width: stride,
      pitch: context.items.pitch, into: itemRows)
    forward(rows: rows, context)
    let loss = OutputKernels.logLoss(
      logits, weights: plan.weights.from(firstSample), groups: rows, size: groupSize, scale: scale)
    backward(
      rows: rows, context, userGradient: context.userGradient.from(groups.lowerBound * stride),
      itemGradient: context.itemGradient.from(firstSample * stride))
    return loss
  }

  private func forward(rows: Int, _ context: Context) {
    let samples = rows * groupSize
    let dense = context.dense
    logits.fill(with: dense[layout.outputBias], count: samples)
    if layout.gmfStride > 0 {
      OutputKernels.addProducts(
        users: userRows, items: itemRows, weights: dense.from(layout.gmfOutput),
        stride: layout.rowStride, width: layout.gmfStride, groups: rows, size: groupSize,
        to: logits)
    }
    if let first = layout.layers.first {
      // The user's half of the first layer is the same for all samples of a group.
      let half = layout.spec.mlpWidth
      let width = first.paddedOutput
      MatrixProduct.multiply(
        Matrix(userRows.from(layout.gmfStride), stride: layout.rowStride),
        Matrix(dense.from(first.weights), stride: first.output),
        into: Matrix(userHidden, stride: width), rows: rows, inner: half, columns: first.output)
      LayerKernels.addBias(
        dense.from(first.bias), to: userHidden, rows: rows, width: width, activation: .identity)
      MatrixProduct.multiply(
        Matrix(itemRows.from(layout.gmfStride), stride: layout.rowStride),
        Matrix(dense.from(first.weights + half * first.output), stride: first.output),
        into: Matrix(hidden[0], stride: width), rows: samples, inner: half, columns: first.output)
      LayerKernels.addGroups(
        userHidden, stride: width, to: hidden[0], groups: rows, size: groupSize, width: width,
        activation: layout.spec.activation)
      clearPadding(of: 0, rows: samples)
      for index in layout.layers.indices.dropFirst() {
        let layer = layout.layers[index]
        MatrixProduct.multiply(
          Matrix(hidden[index - 1], stride: layout.layers[index - 1].paddedOutput),
          Matrix(dense.from(layer.weights), stride: layer.output),
          into: Matrix(hidden[index], stride: layer.paddedOutput),
          rows: samples, inner: layer.input, columns: layer.output)
        LayerKernels.addBias(
          dense.from(layer.bias), to: hidden[index], rows: samples, width: layer.paddedOutput,
          activation: layout.spec.activation)
        clearPadding(of: index, rows: samples)
      }
      let last = layout.layers.count - 1
      let lastWidth = layout.layers[last].paddedOutput
      OutputKernels.addDots(
        hidden[last], dense.from(layout.mlpOutput), rows: samples, stride: lastWidth,
        width: lastWidth, to: logits)
    } else if layout.isLayerless {
      forwardWithoutLayers(rows: rows, dense)
    }
  }

  /// Keeps padding at zero where the activation of zero isn't: it would earn output weights.
  private func clearPadding(of index: Int, rows: Int) {
    let layer = layout.layers[index]
    guard layout.spec.activation == .sigmoid, layer.output < layer.paddedOutput else { return }
    for row in 0..<rows {
      for column in layer.output..<layer.paddedOutput {
        hidden[index][row * layer.paddedOutput + column] = 0
      }
    }
  }

  /// MLP-0: the output weights read the two embeddings themselves.
  private func forwardWithoutLayers(rows: Int, _ dense: Buffer<Float>) {
    let width = layout.mlpStride
    for group in 0..<rows {
      var shared = Vector.zero
      let user = userRows.from(group * layout.rowStride + layout.gmfStride)
      for column in stride(from: 0, to: width, by: 8) {
        shared.addProduct(user.vector(column), dense.vector(layout.mlpOutput + column))
      }
      for place in 0..<groupSize { logits[group * groupSize + place] += shared.sum() }
    }
    OutputKernels.addDots(
      itemRows.from(layout.gmfStride), dense.from(layout.mlpOutput + width),
      rows: rows * groupSize, stride: layout.rowStride, width: width, to: logits)
  }

  private func backward(
    rows: Int, _ context: Context, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    let samples = rows * groupSize
    let dense = context.dense
    let gradient = context.denseGradient
    var biasSum: Float = 0
    for sample in 0..<samples { biasSum += logits[sample] }
    gradient[layout.outputBias] += biasSum
    if layout.gmfStride > 0 {
      OutputKernels.backProducts(
        logits, users: userRows, items: itemRows, weights: dense.from(layout.gmfOutput),
        stride: layout.rowStride, width: layout.gmfStride, groups: rows, size: groupSize,
        userGradient: userGradient, itemGradient: itemGradient,
        weightGradient: gradient.from(layout.gmfOutput))
    }
    if layout.isLayerless {
      backwardWithoutLayers(
        rows: rows, context, userGradient: userGradient, itemGradient: itemGradient)
    }
    guard let first = layout.layers.first else { return }
    let last = layout.layers.count - 1
    let lastWidth = layout.layers[last].paddedOutput
    OutputKernels.backDots(
      logits, hidden[last], dense.from(layout.mlpOutput), rows: samples, stride: lastWidth,
      width: lastWidth, aGradient: back[last], hGradient: gradient.from(layout.mlpOutput))
    for index in layout.layers.indices.dropFirst().reversed() {
      backwardLayer(index, samples: samples, context)
    }
    let width = first.paddedOutput
    LayerKernels.throughActivation(
      back[0], output: hidden[0], count: samples * width, activation: layout.spec.activation)
    // Summed over a group first, the user's half goes back once a group as well.
    LayerKernels.sumGroups(
      back[0], groups: rows, size: groupSize, width: width, into: userHidden)
    LayerKernels.addColumnSums(
      userHidden, rows: rows, width: width, to: gradient.from(first.bias))
    let half = layout.spec.mlpWidth
    let stride = layout.rowStride
    let transposed = context.transposed.from(first.weights)
    MatrixProduct.accumulateTransposed(
      Matrix(userRows.from(layout.gmfStride), stride: stride), Matrix(userHidden, stride: width),
      into: Matrix(gradient.from(first.weights), stride: first.output),
      rows: half, inner: rows, columns: first.output)
    MatrixProduct.accumulateTransposed(
      Matrix(itemRows.from(layout.gmfStride), stride: stride), Matrix(back[0], stride: width),
      into: Matrix(gradient.from(first.weights + half * first.output), stride: first.output),
      rows: half, inner: samples, columns: first.output)
    MatrixProduct.multiply(
      Matrix(userHidden, stride: width), Matrix(transposed, stride: first.input),
      into: Matrix(userGradient.from(layout.gmfStride), stride: stride),
      rows: rows, inner: first.output, columns: half)
    MatrixProduct.multiply(
      Matrix(back[0], stride: width), Matrix(transposed.from(half), stride: first.input),
      into: Matrix(itemGradient.from(layout.gmfStride), stride: stride),
      rows: samples, inner: first.output, columns: half)
  }

  private func backwardLayer(_ index: Int, samples: Int, _ context: Context) {
    let layer = layout.layers[index]
    let width = layer.paddedOutput
    let below = layout.layers[index - 1].paddedOutput
    let gradient = context.denseGradient
    LayerKernels.throughActivation(
      back[index], output: hidden[index], count: samples * width,
      activation: layout.spec.activation)
    LayerKernels.addColumnSums(
      back[index], rows: samples, width: width, to: gradient.from(layer.bias))
    MatrixProduct.accumulateTransposed(
      Matrix(hidden[index - 1], stride: below), Matrix(back[index], stride: width),
      into: Matrix(gradient.from(layer.weights), stride: layer.output),
      rows: layer.input, inner: samples, columns: layer.output)
    MatrixProduct.multiply(
      Matrix(back[index], stride: width),
      Matrix(context.transposed.from(layer.weights), stride: layer.input),
      into: Matrix(back[index - 1], stride: below),
      rows: samples, inner: layer.output, columns: layer.input)
  }

  private func backwardWithoutLayers(
    rows: Int, _ context: Context, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    let width = layout.mlpStride
    let stride = layout.rowStride
    let output = layout.mlpOutput
    OutputKernels.backDots(
      logits, itemRows.from(layout.gmfStride), context.dense.from(output + width),
      rows: rows * groupSize, stride: stride, width: width,
      aGradient: itemGradient.from(layout.gmfStride),
      hGradient: context.denseGradient.from(output + width))
    for group in 0..<rows {
      var delta: Float = 0
      for place in 0..<groupSize { delta += logits[group * groupSize + place] }
      logits[group] = delta
    }
    OutputKernels.backDots(
      logits, userRows.from(layout.gmfStride), context.dense.from(output),
      rows: rows, stride: stride, width: width,
      aGradient: userGradient.from(layout.gmfStride),
      hGradient: context.denseGradient.from(output))
  }
}

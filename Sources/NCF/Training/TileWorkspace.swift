import Lanes

/// One thread's memory for a tile: a few groups' activations forward and gradients back.
///
/// A tile is sized to stay in the nearest caches. Shapes are rows x padded width; the row of a sample
/// in every buffer is its place in the tile.
final class TileWorkspace: @unchecked Sendable {
  private let layout: ParameterLayout
  private let groupSize: Int
  /// How many groups fit.
  let capacity: Int

  private let memory: Memory
  private let userRows: Buffer<Float>
  private let itemRows: Buffer<Float>
  private let userHidden: Buffer<Float>
  private let hidden: [Buffer<Float>]
  private let back: [Buffer<Float>]
  private let logits: Buffer<Float>
  /// Users' share of logits where the tower has no layer.
  private let userLogits: Buffer<Float>
  /// For the loss of the last samples.
  private let lossScratch: Buffer<Float>
  /// Gradients through the products, where the tower's go to the same embeddings.
  private let userProducts: Buffer<Float>
  private let itemProducts: Buffer<Float>
  private let objective: Objective
  private let l2Embeddings: Float
  private let dropout: DropoutMasks?
  private let product = MatrixProduct()

  init(layout: ParameterLayout, groupSize: Int, capacity: Int, options: TrainingOptions) {
    self.layout = layout
    objective = options.objective
    l2Embeddings = options.l2Embeddings
    dropout =
      options.dropout > 0 && layout.mlpStride > 0
      ? DropoutMasks(
        layout: layout, groupSize: groupSize, capacity: capacity, dropout: options.dropout) : nil
    (self.groupSize, self.capacity) = (groupSize, capacity)
    let samples = capacity * groupSize
    let memory = Memory()
    self.memory = memory
    userRows = memory.make(capacity * layout.rowStride)
    itemRows = memory.make(samples * layout.rowStride)
    userHidden = memory.make(capacity * (layout.layers.first?.paddedOutput ?? 0))
    hidden = layout.layers.map { memory.make(samples * $0.paddedOutput) }
    back = layout.layers.map { memory.make(samples * $0.paddedOutput) }
    logits = memory.make(samples)
    userLogits = memory.make(capacity)
    lossScratch = memory.make(32)
    let shares = layout.spec.sharedEmbeddings && layout.outputFactors > 0
    userProducts = memory.make(shares ? capacity * layout.rowStride : 0)
    itemProducts = memory.make(shares ? samples * layout.rowStride : 0)
  }

  /// Where the tower reads its input, and how far apart the rows are.
  private var input: (users: Buffer<Float>, items: Buffer<Float>, stride: Int) {
    if let dropout { return (dropout.users, dropout.items, layout.mlpStride) }
    return (
      userRows.from(layout.mlpColumn), itemRows.from(layout.mlpColumn), layout.rowStride
    )
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
    /// What is summed into the rows of users and of items; nil where they have no features.
    var userFeatures: FeatureRows?
    var itemFeatures: FeatureRows?
  }

  /// Runs groups of a batch forward and back.
  ///
  /// `scale` is one over the number of terms in the batch's mean loss.
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
    context.userFeatures?.compose(
      plan.users.from(groups.lowerBound), count: rows, of: plan, userRows, width: stride)
    context.itemFeatures?.compose(
      plan.items.from(firstSample), count: samples, of: plan, itemRows, width: stride)
    if let dropout {
      dropout.draw(groups: groups, of: plan)
      dropout.gather(
        users: userRows.from(layout.mlpColumn), items: itemRows.from(layout.mlpColumn),
        stride: stride, groups: rows)
    }
    forward(rows: rows, context)
    let loss = LossKernels.run(
      objective, layout.spec.link, logits, weights: plan.weights.from(firstSample), groups: rows,
      size: groupSize, scale: scale, scratch: lossScratch)
    let userGradient = context.userGradient.from(groups.lowerBound * stride)
    let itemGradient = context.itemGradient.from(firstSample * stride)
    backward(rows: rows, context, userGradient: userGradient, itemGradient: itemGradient)
    if l2Embeddings > 0 {
      let times = Float(objective.terms(ofGroup: groupSize))
      LayerKernels.add(
        userRows, times: l2Embeddings * scale * times, to: userGradient, count: rows * stride)
      LayerKernels.add(
        itemRows, times: l2Embeddings * scale, to: itemGradient, count: samples * stride)
    }
    return loss
  }

  private func forward(rows: Int, _ context: Context) {
    let samples = rows * groupSize
    let dense = context.dense
    logits.fill(with: dense[layout.outputBias], count: samples)
    if layout.outputFactors > 0 {
      OutputKernels.addProducts(
        users: userRows, items: itemRows, weights: dense.from(layout.gmfOutput),
        stride: layout.rowStride, width: layout.gmfStride, groups: rows, size: groupSize,
        to: logits)
    }
    if let first = layout.layers.first {
      // The user's half of the first layer is the same for all samples of a group.
      let input = input
      let half = layout.spec.mlpWidth
      let width = first.paddedOutput
      product.multiply(
        Matrix(input.users, stride: input.stride),
        Matrix(dense.from(first.weights), stride: first.output),
        into: Matrix(userHidden, stride: width), rows: rows, inner: half, columns: first.output)
      LayerKernels.addBias(
        dense.from(first.bias), to: userHidden, rows: rows, width: width, activation: .identity)
      product.multiply(
        Matrix(input.items, stride: input.stride),
        Matrix(dense.from(first.weights + half * first.output), stride: first.output),
        into: Matrix(hidden[0], stride: width), rows: samples, inner: half, columns: first.output)
      if layout.spec.fusion == .sum {
        LayerKernels.addProducts(
          userRows, itemRows, groups: rows, size: groupSize, width: width, to: hidden[0])
      }
      LayerKernels.addGroups(
        userHidden, stride: width, to: hidden[0], groups: rows, size: groupSize, width: width,
        activation: layout.spec.activation)
      finish(0, rows: samples)
      for index in layout.layers.indices.dropFirst() {
        let layer = layout.layers[index]
        product.multiply(
          Matrix(hidden[index - 1], stride: layout.layers[index - 1].paddedOutput),
          Matrix(dense.from(layer.weights), stride: layer.output),
          into: Matrix(hidden[index], stride: layer.paddedOutput),
          rows: samples, inner: layer.input, columns: layer.output)
        LayerKernels.addBias(
          dense.from(layer.bias), to: hidden[index], rows: samples, width: layer.paddedOutput,
          activation: layout.spec.activation)
        finish(index, rows: samples)
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

  /// Clears a layer's padding and leaves out what is dropped.
  private func finish(_ index: Int, rows: Int) {
    clearPadding(of: index, rows: rows)
    if let dropout {
      let width = layout.layers[index].paddedOutput
      DropoutMasks.multiply(
        hidden[index], width, by: dropout.hidden[index], into: hidden[index], width, rows: rows,
        width: width)
    }
  }

  /// Takes a gradient by a layer's output to one by its sum.
  private func backThroughActivation(_ index: Int, rows: Int) {
    let width = layout.layers[index].paddedOutput
    if let dropout {
      DropoutMasks.multiply(
        back[index], width, by: dropout.hidden[index], into: back[index], width, rows: rows,
        width: width)
      // The derivative wants the output as it was; what was dropped has no gradient anyhow.
      LayerKernels.add(
        hidden[index], times: dropout.kept - 1, to: hidden[index], count: rows * width)
    }
    LayerKernels.throughActivation(
      back[index], output: hidden[index], count: rows * width,
      activation: layout.spec.activation)
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
    let input = input
    userLogits.clear(count: rows)
    OutputKernels.addDots(
      input.users, dense.from(layout.mlpOutput), rows: rows, stride: input.stride, width: width,
      to: userLogits)
    for sample in 0..<rows * groupSize { logits[sample] += userLogits[sample / groupSize] }
    OutputKernels.addDots(
      input.items, dense.from(layout.mlpOutput + width),
      rows: rows * groupSize, stride: input.stride, width: width, to: logits)
  }

  private func backward(
    rows: Int, _ context: Context, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    let dense = context.dense
    let gradient = context.denseGradient
    var biasSum: Float = 0
    for sample in 0..<rows * groupSize { biasSum += logits[sample] }
    gradient[layout.outputBias] += biasSum
    let shares = layout.spec.sharedEmbeddings
    if layout.outputFactors > 0 {
      OutputKernels.backProducts(
        logits, users: userRows, items: itemRows, weights: dense.from(layout.gmfOutput),
        stride: layout.rowStride, width: layout.gmfStride, groups: rows, size: groupSize,
        userGradient: shares ? userProducts : userGradient,
        itemGradient: shares ? itemProducts : itemGradient,
        weightGradient: gradient.from(layout.gmfOutput))
    }
    if layout.isLayerless {
      backwardWithoutLayers(
        rows: rows, context, userGradient: userGradient, itemGradient: itemGradient)
    } else if !layout.layers.isEmpty {
      backwardTower(rows: rows, context, userGradient: userGradient, itemGradient: itemGradient)
    }
    if let dropout {
      let (users, items) = (
        userGradient.from(layout.mlpColumn), itemGradient.from(layout.mlpColumn)
      )
      let (width, stride) = (layout.mlpStride, layout.rowStride)
      DropoutMasks.multiply(
        users, stride, by: dropout.userFactors, into: users, stride, rows: rows, width: width)
      DropoutMasks.multiply(
        items, stride, by: dropout.itemFactors, into: items, stride, rows: rows * groupSize,
        width: width)
    }
    if shares { addProducts(rows: rows, userGradient, itemGradient) }
    if layout.spec.outputsAreOne {
      gradient.clear(layout.gmfOutput, count: layout.denseCount - layout.gmfOutput)
    }
  }

  /// Adds what comes back through the products to what came back through the tower.
  private func addProducts(
    rows: Int, _ userGradient: Buffer<Float>, _ itemGradient: Buffer<Float>
  ) {
    let width = layout.rowStride
    if layout.spec.fusion == .sum {
      LayerKernels.backProducts(
        back[0], userRows, itemRows, groups: rows, size: groupSize, width: width,
        userGradient: userGradient, itemGradient: itemGradient)
    } else {
      LayerKernels.add(userProducts, times: 1, to: userGradient, count: rows * width)
      LayerKernels.add(
        itemProducts, times: 1, to: itemGradient, count: rows * groupSize * width)
    }
  }

  private func backwardTower(
    rows: Int, _ context: Context, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    let samples = rows * groupSize
    let dense = context.dense
    let gradient = context.denseGradient
    let first = layout.layers[0]
    let last = layout.layers.count - 1
    let lastWidth = layout.layers[last].paddedOutput
    OutputKernels.backDots(
      logits, hidden[last], dense.from(layout.mlpOutput), rows: samples, stride: lastWidth,
      width: lastWidth, aGradient: back[last], hGradient: gradient.from(layout.mlpOutput))
    for index in layout.layers.indices.dropFirst().reversed() {
      backwardLayer(index, samples: samples, context)
    }
    let width = first.paddedOutput
    backThroughActivation(0, rows: samples)
    // Summed over a group first, the user's half goes back once a group as well.
    LayerKernels.sumGroups(
      back[0], groups: rows, size: groupSize, width: width, into: userHidden)
    LayerKernels.addColumnSums(
      userHidden, rows: rows, width: width, to: gradient.from(first.bias))
    let half = layout.spec.mlpWidth
    let stride = layout.rowStride
    let input = input
    let transposed = context.transposed.from(first.weights)
    product.accumulateTransposed(
      Matrix(input.users, stride: input.stride), Matrix(userHidden, stride: width),
      into: Matrix(gradient.from(first.weights), stride: first.output),
      rows: half, inner: rows, columns: first.output)
    product.accumulateTransposed(
      Matrix(input.items, stride: input.stride), Matrix(back[0], stride: width),
      into: Matrix(gradient.from(first.weights + half * first.output), stride: first.output),
      rows: half, inner: samples, columns: first.output)
    product.multiply(
      Matrix(userHidden, stride: width), Matrix(transposed, stride: first.input),
      into: Matrix(userGradient.from(layout.mlpColumn), stride: stride),
      rows: rows, inner: first.output, columns: half)
    product.multiply(
      Matrix(back[0], stride: width), Matrix(transposed.from(half), stride: first.input),
      into: Matrix(itemGradient.from(layout.mlpColumn), stride: stride),
      rows: samples, inner: first.output, columns: half)
  }

  private func backwardLayer(_ index: Int, samples: Int, _ context: Context) {
    let layer = layout.layers[index]
    let width = layer.paddedOutput
    let below = layout.layers[index - 1].paddedOutput
    let gradient = context.denseGradient
    backThroughActivation(index, rows: samples)
    LayerKernels.addColumnSums(
      back[index], rows: samples, width: width, to: gradient.from(layer.bias))
    product.accumulateTransposed(
      Matrix(hidden[index - 1], stride: below), Matrix(back[index], stride: width),
      into: Matrix(gradient.from(layer.weights), stride: layer.output),
      rows: layer.input, inner: samples, columns: layer.output)
    product.multiply(
      Matrix(back[index], stride: width),
      Matrix(context.transposed.from(layer.weights), stride: layer.input),
      into: Matrix(back[index - 1], stride: below),
      rows: samples, inner: layer.output, columns: layer.input)
  }

  private func backwardWithoutLayers(
    rows: Int, _ context: Context, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    let width = layout.mlpStride
    let output = layout.mlpOutput
    let input = input
    OutputKernels.backDots(
      logits, input.items, context.dense.from(output + width),
      rows: rows * groupSize, stride: input.stride, width: width,
      aGradient: itemGradient.from(layout.mlpColumn), gradientStride: layout.rowStride,
      hGradient: context.denseGradient.from(output + width))
    for group in 0..<rows {
      var delta: Float = 0
      for place in 0..<groupSize { delta += logits[group * groupSize + place] }
      logits[group] = delta
    }
    OutputKernels.backDots(
      logits, input.users, context.dense.from(output),
      rows: rows, stride: input.stride, width: width,
      aGradient: userGradient.from(layout.mlpColumn), gradientStride: layout.rowStride,
      hGradient: context.denseGradient.from(output))
  }
}

import Lanes

/// Working memory of one thread that scores: a block of users, and a panel's values in every layer.
///
/// It holds views of all it reads, in memory of its own: a count of references that threads share
/// would be fought over for every panel.
package final class ScoringScratch {
  /// One layer above the first.
  private struct Step {
    let weights: PanelWeights
    let bias: Buffer<Float>
    let input: Buffer<Float>
    let output: Buffer<Float>
  }

  /// Factors times output weights, of the users of a block; for fusion by sum plain factors.
  let userFactors: PanelWeights
  /// Half of the first layer with its bias, or of the output: a row for each user, `hiddenStride` each.
  let userHidden: Buffer<Float>
  /// Numbers between two rows of `userHidden`.
  let hiddenStride: Int
  /// A row of logits for each user of a block.
  let logits: Buffer<Float>
  /// A panel for items that don't lie side by side.
  let gathered: Buffer<Float>

  /// For the users' half of the first layer.
  let product = MatrixProduct()

  private let spec: ModelSpec
  private let hiddenRows: Int
  private let outputBias: Float
  /// The output bias for each user.
  private let biases: Buffer<Float>
  private let first: Buffer<Float>
  private let last: Buffer<Float>
  private let lastWidth: Int
  private let mlpOutput: Buffer<Float>
  private let steps: [Step]
  private let hasLayers: Bool
  /// Keeps what the views show.
  private let memory: Memory

  /// Takes the memory.
  ///
  /// - Parameters:
  ///   - layout: where numbers lie.
  ///   - items: what is to be scored.
  ///   - dense: the dense parameters.
  ///   - weights: reordered weights of the layers above the first.
  init(
    _ layout: ParameterLayout, items: ItemPanels, dense: Storage<Float>, weights: Storage<Float>
  ) {
    let (users, width) = (NeuralScorer.usersAtOnce, PanelKernels.width)
    let memory = Memory()
    let (dense, weights) = (memory.keep(dense), memory.keep(weights))
    spec = layout.spec
    hiddenRows = items.hiddenRows
    hiddenStride = padded(layout.hiddenWidth)
    userFactors = PanelWeights(
      memory.make(PanelWeights.count(inputs: spec.gmfWidth, outputs: users)),
      inputs: spec.gmfWidth, outputs: users)
    userHidden = memory.make(users * hiddenStride)
    logits = memory.make(users * width)
    gathered = memory.make((items.hiddenRows + items.factorRows) * width)
    outputBias = dense[layout.outputBias]
    biases = memory.make(users)
    biases.fill(with: outputBias, count: users)
    var values: [Buffer<Float>] = layout.layers.map { memory.make(padded($0.output) * width) }
    hasLayers = !values.isEmpty
    if values.isEmpty { values = [memory.make(0)] }
    (first, last) = (values[0], values[values.count - 1])
    lastWidth = layout.layers.last?.output ?? 0
    mlpOutput = dense.from(layout.mlpOutput)
    var start = 0
    steps = layout.layers.indices.dropFirst().map { index in
      let layer = layout.layers[index]
      defer { start += PanelWeights.count(inputs: layer.input, outputs: layer.output) }
      return Step(
        weights: PanelWeights(
          weights.from(start), inputs: layer.input, outputs: layer.output),
        bias: dense.from(layer.bias), input: values[index - 1], output: values[index])
    }
    self.memory = memory
  }

  /// Scores a panel of items for the users that were read into this; the result is in `logits`.
  func score(_ panel: Buffer<Float>, users: Int) {
    let width = PanelKernels.width
    let factors = panel.from(hiddenRows * width)
    if spec.gmfWidth > 0 && spec.fusion != .sum {
      PanelKernels.multiply(
        userFactors, factors, bias: biases, into: logits, outputs: users, activation: .identity)
    } else {
      logits.fill(with: outputBias, count: users * width)
    }
    for user in 0..<users {
      let own = logits.from(user * width)
      let hidden = userHidden.from(user * hiddenStride)
      if hasLayers {
        readFirst(panel, factors, hidden: hidden, user: user)
        tower(own)
      } else if hiddenRows > 0 {
        for column in 0..<width { own[column] += panel[column] }
        PanelKernels.add(hidden[0], to: own)
      }
    }
  }

  /// Joins the halves of the first layer.
  private func readFirst(
    _ panel: Buffer<Float>, _ factors: Buffer<Float>, hidden: Buffer<Float>, user: Int
  ) {
    guard spec.fusion == .sum else {
      PanelKernels.addRows(
        hidden, to: panel, into: first, rows: hiddenRows, activation: spec.activation)
      return
    }
    let width = PanelKernels.width
    PanelKernels.addRows(hidden, to: panel, into: first, rows: hiddenRows, activation: .identity)
    for row in 0..<spec.gmfWidth {
      PanelKernels.addProducts(
        userFactors.buffer.from(userFactors.place(row, user)), factors.from(row * width),
        to: first.from(row * width), rows: 1)
    }
    PanelKernels.activate(first, count: hiddenRows * width, spec.activation)
  }

  /// Runs the tower on the first layer's values; adds to the logits.
  private func tower(_ logits: Buffer<Float>) {
    for step in steps {
      PanelKernels.multiply(
        step.weights, step.input, bias: step.bias, into: step.output,
        outputs: step.weights.outputs, activation: spec.activation)
    }
    PanelKernels.addDots(mlpOutput, last, to: logits, rows: lastWidth)
  }
}

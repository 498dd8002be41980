private import Glibc
private import Interactions

/// The parameters of a trained or fresh model, as a value.
///
/// Rows and dense parameters lie as `ParameterLayout` says; the named views of a checkpoint are in
/// `Model+Tensors`.
package struct Model: Sendable, Equatable {
  /// The shape.
  package let spec: ModelSpec
  /// How many users have an embedding.
  package let userCount: Int
  /// How many items have an embedding.
  package let itemCount: Int

  let layout: ParameterLayout
  /// User rows, `userCount` x `rowStride`.
  var users: [Float]
  /// Item rows, `itemCount` x `rowStride`.
  var items: [Float]
  /// Weights and biases.
  var dense: [Float]
  /// Rows of content features, whose sums are in the rows above; empty without any.
  var userFeatures: [Float] = []
  /// Likewise of items.
  var itemFeatures: [Float] = []

  /// Makes a fresh model.
  ///
  /// Embeddings are normal(0, 0.01), hidden layers Glorot-uniform, output weights LeCun-uniform,
  /// biases 0: the authors' code, where the paper's text says Gaussian for all. The numbers depend
  /// on seed and place only.
  ///
  /// - Parameters:
  ///   - spec: must have no `problem`.
  ///   - userCount: how many users.
  ///   - itemCount: how many items.
  ///   - seed: the run's seed.
  package init(spec: ModelSpec, userCount: Int, itemCount: Int, seed: UInt64) {
    self.init(zeros: spec, userCount: userCount, itemCount: itemCount)
    Self.drawRows(&users, count: userCount, layout: layout, seed: seed, stream: 1)
    Self.drawRows(&items, count: itemCount, layout: layout, seed: seed, stream: 2)
    for (index, layer) in layout.layers.enumerated() {
      let limit = (6.0 / Double(layer.input + layer.output)).squareRoot()
      drawUniform(
        layer.weights..<layer.weights + layer.input * layer.output, limit, seed, 10 + index)
    }
    drawOutputs(seed)
  }

  private mutating func drawOutputs(_ seed: UInt64) {
    if spec.outputsAreOne {
      for range in outputRanges { for position in range { dense[position] = 1 } }
      return
    }
    let mlpOutputs = spec.tower.last ?? 0
    let factors = layout.outputFactors
    let limit = (3.0 / Double(factors + mlpOutputs)).squareRoot()
    drawUniform(layout.gmfOutput..<layout.gmfOutput + factors, limit, seed, 3)
    if layout.isLayerless {
      let half = spec.mlpWidth
      drawUniform(layout.mlpOutput..<layout.mlpOutput + half, limit, seed, 4)
      let item = layout.mlpOutput + layout.mlpStride
      drawUniform(item..<item + half, limit, seed, 5)
    } else {
      drawUniform(layout.mlpOutput..<layout.mlpOutput + mlpOutputs, limit, seed, 4)
    }
  }

  /// Makes a model whose parameters are all zero.
  init(zeros spec: ModelSpec, userCount: Int, itemCount: Int) {
    (self.spec, self.userCount, self.itemCount) = (spec, userCount, itemCount)
    layout = ParameterLayout(spec)
    users = [Float](repeating: 0, count: userCount * layout.rowStride)
    items = [Float](repeating: 0, count: itemCount * layout.rowStride)
    dense = [Float](repeating: 0, count: layout.denseCount)
  }

  /// Joins a GMF and an MLP into a NeuMF, equation [13].
  ///
  /// The output weights are `[alpha h_GMF; (1 - alpha) h_MLP]`; the output biases are weighted
  /// likewise, as in the authors' code.
  ///
  /// - Parameters:
  ///   - gmf: a model without a tower.
  ///   - mlp: a model without a GMF part, of the same users and items.
  ///   - alpha: in 0...1.
  package init(fusing gmf: Model, _ mlp: Model, alpha: Float) {
    precondition(gmf.spec.tower.isEmpty && mlp.spec.gmfWidth == 0, "one part of each kind")
    precondition(gmf.userCount == mlp.userCount && gmf.itemCount == mlp.itemCount)
    precondition(gmf.userFeatureCount == mlp.userFeatureCount, "the same features of users")
    precondition(gmf.itemFeatureCount == mlp.itemFeatureCount, "the same features of items")
    var spec = mlp.spec
    spec.gmfWidth = gmf.spec.gmfWidth
    self.init(zeros: spec, userCount: gmf.userCount, itemCount: gmf.itemCount)
    users = Self.joinRows(gmf.users, mlp.users, layout, count: userCount)
    items = Self.joinRows(gmf.items, mlp.items, layout, count: itemCount)
    userFeatures = Self.joinRows(
      gmf.userFeatures, mlp.userFeatures, layout, count: gmf.userFeatureCount)
    itemFeatures = Self.joinRows(
      gmf.itemFeatures, mlp.itemFeatures, layout, count: gmf.itemFeatureCount)
    // The tower's layers lie first in both, at the same places.
    for position in 0..<layout.gmfOutput { dense[position] = mlp.dense[position] }
    for offset in 0..<layout.gmfStride {
      dense[layout.gmfOutput + offset] = alpha * gmf.dense[gmf.layout.gmfOutput + offset]
    }
    for offset in 0..<layout.outputBias - layout.mlpOutput {
      dense[layout.mlpOutput + offset] = (1 - alpha) * mlp.dense[mlp.layout.mlpOutput + offset]
    }
    dense[layout.outputBias] =
      alpha * gmf.dense[gmf.layout.outputBias] + (1 - alpha) * mlp.dense[mlp.layout.outputBias]
  }

  /// Where the output weights lie: the GMF part's, then the tower's.
  var outputRanges: [Range<Int>] {
    [layout.gmfOutput..<layout.gmfOutput + layout.outputFactors] + mlpOutputRanges
  }

  /// Where the tower's output weights lie, in order.
  var mlpOutputRanges: [Range<Int>] {
    let start = layout.mlpOutput
    if layout.isLayerless {
      let item = start + layout.mlpStride
      return [start..<start + spec.mlpWidth, item..<item + spec.mlpWidth]
    }
    return [start..<start + (layout.layers.last?.output ?? 0)]
  }

  /// The mean of two models of a shape: `share` of this one, the rest of the other.
  func averaged(with other: Model, keeping share: Float) -> Model {
    func mean(_ a: [Float], _ b: [Float]) -> [Float] {
      zip(a, b).map { share * $0 + (1 - share) * $1 }
    }
    var result = self
    result.users = mean(users, other.users)
    result.items = mean(items, other.items)
    result.dense = mean(dense, other.dense)
    result.userFeatures = mean(userFeatures, other.userFeatures)
    result.itemFeatures = mean(itemFeatures, other.itemFeatures)
    return result
  }

  /// Whether every parameter is a finite number.
  package var isFinite: Bool {
    // A sum is finite only if every addend is; magnitudes here are far from overflow.
    [users, items, dense, userFeatures, itemFeatures].allSatisfy {
      $0.reduce(Float(0)) { $0 + $1 * 0 } == 0
    }
  }

  private static func joinRows(
    _ gmf: [Float], _ mlp: [Float], _ layout: ParameterLayout, count: Int
  ) -> [Float] {
    var rows: [Float] = []
    rows.reserveCapacity(count * layout.rowStride)
    for row in 0..<count {
      rows += gmf[row * layout.gmfStride..<(row + 1) * layout.gmfStride]
      rows += mlp[row * layout.mlpStride..<(row + 1) * layout.mlpStride]
    }
    return rows
  }

  static func drawRows(
    _ rows: inout [Float], count: Int, layout: ParameterLayout, seed: UInt64, stream: UInt64
  ) {
    let spec = layout.spec
    for row in 0..<count {
      // A stream for each row: a table that grows keeps the rows it has.
      var random = CounterRandom(seed: seed, stream: stream << 40 | UInt64(row))
      let start = row * layout.rowStride
      for column in 0..<spec.gmfWidth { rows[start + column] = Float(0.01 * random.gaussian()) }
      if spec.sharedEmbeddings { continue }
      let mlp = start + layout.mlpColumn
      for column in 0..<spec.mlpWidth { rows[mlp + column] = Float(0.01 * random.gaussian()) }
    }
  }

  private mutating func drawUniform(
    _ range: Range<Int>, _ limit: Double, _ seed: UInt64, _ stream: Int
  ) {
    var random = CounterRandom(seed: seed, stream: UInt64(stream))
    for position in range { dense[position] = Float(limit * (2 * random.uniform() - 1)) }
  }
}

private import Interactions

/// The parameters of a trained or fresh model, as a value.
///
/// Rows and dense parameters lie as `ParameterLayout` says; the named views of a checkpoint are in
/// `Model+Tensors`.
package struct Model: Sendable, Equatable {
  /// The shape.
  package let spec: ModelSpec
  /// How many rows its tables have.
  package internal(set) var counts: RowCounts

  let layout: ParameterLayout
  /// User rows, `userCount` x `rowStride`.
  var users: [Float] = []
  /// Item rows, `itemCount` x `rowStride`.
  var items: [Float] = []
  /// Weights and biases.
  var dense: [Float] = []
  /// Rows of content features, whose sums are in the rows above; empty without any.
  var userFeatures: [Float] = []
  /// Likewise of items.
  var itemFeatures: [Float] = []

  /// How many users have an embedding.
  package var userCount: Int { counts.users }
  /// How many items have an embedding.
  package var itemCount: Int { counts.items }

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
    self.init(spec: spec, RowCounts(users: userCount, items: itemCount), seed: seed)
  }

  /// Makes a fresh model with so many rows.
  init(spec: ModelSpec, _ counts: RowCounts, seed: UInt64) {
    self.init(zeros: spec, counts)
    for table in Self.tables {
      self[keyPath: table.rows].draw(
        layout[keyPath: table.columns], layout[keyPath: table.stride], seed: seed,
        stream: table.stream)
    }
    for (index, layer) in layout.layers.enumerated() {
      let limit = (6.0 / Double(layer.input + layer.output)).squareRoot()
      drawUniform(layer.weightRange, limit, seed, 10 + index)
    }
    drawOutputs(seed)
  }

  private mutating func drawOutputs(_ seed: UInt64) {
    let (gmf, mlp) = (layout.gmfOutputRange, layout.mlpOutputRanges)
    if spec.outputsAreOne {
      for position in gmf { dense[position] = 1 }
      return
    }
    let limit = (3.0 / Double(layout.outputFactors + (spec.tower.last ?? 0))).squareRoot()
    drawUniform(gmf, limit, seed, 3)
    for (index, range) in mlp.enumerated() { drawUniform(range, limit, seed, 4 + index) }
  }

  /// Makes a model whose parameters are all zero.
  init(zeros spec: ModelSpec, _ counts: RowCounts) {
    (self.spec, self.counts) = (spec, counts)
    layout = ParameterLayout(spec)
    for table in Self.tables {
      self[keyPath: table.rows] = [Float](
        repeating: 0, count: counts[table.entity] * layout[keyPath: table.stride])
    }
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
    precondition(gmf.counts == mlp.counts, "the same users, items and features")
    var spec = mlp.spec
    spec.gmfWidth = gmf.spec.gmfWidth
    self.init(zeros: spec, gmf.counts)
    for table in Self.tables {
      self[keyPath: table.rows] = Self.joinRows(
        gmf[keyPath: table.rows], gmf.layout[keyPath: table.stride],
        mlp[keyPath: table.rows], mlp.layout[keyPath: table.stride])
    }
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

  /// The mean of two models of a shape: `share` of this one, the rest of the other.
  func averaged(with other: Model, keeping share: Float) -> Model {
    var result = self
    for part in Self.parameters {
      result[keyPath: part] = zip(self[keyPath: part], other[keyPath: part]).map {
        share * $0 + (1 - share) * $1
      }
    }
    return result
  }

  /// Whether every parameter is a finite number.
  package var isFinite: Bool {
    // A sum is finite only if every addend is; magnitudes here are far from overflow.
    Self.parameters.allSatisfy {
      self[keyPath: $0].reduce(Float(0)) { $0 + $1 * 0 } == 0
    }
  }

  private static func joinRows(
    _ gmf: [Float], _ gmfWidth: Int, _ mlp: [Float], _ mlpWidth: Int
  ) -> [Float] {
    var rows: [Float] = []
    rows.reserveCapacity(gmf.count + mlp.count)
    for row in 0..<(gmf.count + mlp.count) / (gmfWidth + mlpWidth) {
      rows += gmf[row * gmfWidth..<(row + 1) * gmfWidth]
      rows += mlp[row * mlpWidth..<(row + 1) * mlpWidth]
    }
    return rows
  }

  private mutating func drawUniform(
    _ range: Range<Int>, _ limit: Double, _ seed: UInt64, _ stream: Int
  ) {
    var random = CounterRandom(seed: seed, stream: UInt64(stream))
    for position in range { dense[position] = Float(limit * (2 * random.uniform() - 1)) }
  }
}

import Lanes
import Settings

/// Where each number of a model lies: rows of the two embedding tables and the dense parameters.
///
/// A row of the user (item) table holds the GMF factors, padded to whole vectors, then the tower's
/// embedding, padded likewise; shared embeddings are there once. The dense parameters are one run: for each hidden layer its weights
/// (input x output, row-major) and its bias, then the output weights of the GMF part and of the
/// tower, then the output bias. Padding is zero and stays zero.
struct ParameterLayout: Sendable, Equatable {
  /// A hidden layer: `output` sums over `input` values.
  struct Layer: Sendable, Equatable {
    let input: Int
    let output: Int
    /// Where the weights begin; element (i, o) is at `weights + i * output + o`.
    let weights: Int
    /// Where the bias begins; it is padded to whole vectors.
    let bias: Int

    /// The output's width, rounded up to whole vectors.
    var paddedOutput: Int { padded(output) }
    var weightRange: Range<Int> { weights..<weights + input * output }
    var biasRange: Range<Int> { bias..<bias + output }
  }

  /// A named part of a table's row.
  struct Columns: Sendable, Equatable {
    let name: String
    let start: Int
    let width: Int
  }

  let spec: ModelSpec
  /// Widths of the two parts of a row, padded.
  let gmfStride: Int
  let mlpStride: Int
  let layers: [Layer]
  /// Where the output weights begin, and the output bias is.
  let gmfOutput: Int
  let mlpOutput: Int
  let outputBias: Int
  /// How many dense parameters there are, padding included; a multiple of 8.
  let denseCount: Int

  init(_ spec: ModelSpec) {
    precondition(spec.problem == nil, spec.problem?.description ?? "")
    self.spec = spec
    gmfStride = padded(spec.gmfWidth)
    mlpStride = padded(spec.mlpWidth)
    var position = 0
    var layers: [Layer] = []
    for (input, output) in zip(spec.tower, spec.tower.dropFirst()) {
      let bias = position + padded(input * output)
      layers.append(Layer(input: input, output: output, weights: position, bias: bias))
      position = bias + padded(output)
    }
    self.layers = layers
    gmfOutput = position
    // Added inside the hidden layer, the products have no output weights of their own.
    position += spec.fusion == .sum ? 0 : gmfStride
    mlpOutput = position
    // Without hidden layers the output reads the user's and the item's embedding, each padded.
    position += layers.isEmpty ? 2 * mlpStride : padded(spec.tower.last ?? 0)
    outputBias = position
    denseCount = position + 8
  }

  /// How many numbers a row of an embedding table takes.
  var rowStride: Int { mlpColumn + mlpStride }

  /// Where the tower's embedding begins in a row: at its start where the parts share embeddings.
  var mlpColumn: Int { spec.sharedEmbeddings ? 0 : gmfStride }

  /// What a row of an embedding table consists of; shared embeddings are under the first name.
  var rowColumns: [Columns] {
    let mlpWidth = spec.sharedEmbeddings ? 0 : spec.mlpWidth
    return [
      Columns(name: "gmf", start: 0, width: spec.gmfWidth),
      Columns(name: "mlp", start: mlpColumn, width: mlpWidth),
    ].filter { $0.width > 0 }
  }

  /// How many products have an output weight.
  var outputFactors: Int { spec.fusion == .sum ? 0 : spec.gmfWidth }

  /// Whether there is a tower's embedding that goes to the output without a hidden layer (MLP-0).
  var isLayerless: Bool { layers.isEmpty && mlpStride > 0 }

  /// Where the output weights of the GMF part lie.
  var gmfOutputRange: Range<Int> { gmfOutput..<gmfOutput + outputFactors }

  /// Where the tower's output weights lie, in order.
  var mlpOutputRanges: [Range<Int>] {
    if isLayerless {
      let item = mlpOutput + mlpStride
      return [mlpOutput..<mlpOutput + spec.mlpWidth, item..<item + spec.mlpWidth]
    }
    return [mlpOutput..<mlpOutput + (layers.last?.output ?? 0)]
  }
}

private import Glibc
import Interactions
package import Parallelism

/// Scores users against items with a trained model; a score is the logit before the link.
///
/// The first layer is linear in `[p_u; q_i]`, so its item half is computed once for each item here
/// and its user half once for each user of a block. What is left for a pair is the layers above. A
/// pair's score is the same to the bit whichever pairs are computed with it.
package struct NeuralScorer: Scorer {
  private let layout: ParameterLayout
  private let users: Storage<Float>
  private let dense: Storage<Float>
  private let items: ItemPanels
  /// Weights of the layers above the first.
  private let layers: [PanelKernels.Weights]

  /// How many users can be scored.
  package let userCount: Int
  /// How many items can be scored.
  package var itemCount: Int { items.count }

  /// Computes the items' half of the work.
  ///
  /// - Parameters:
  ///   - model: the parameters; user rows and weights are copied.
  ///   - pool: shares the work out; nil does it on the calling thread.
  package init(_ model: Model, pool: WorkerPool? = nil) {
    MatrixProduct.threadsAreOff
    let layout = model.layout
    let dense = Storage(model.dense)
    self.layout = layout
    self.dense = dense
    userCount = model.userCount
    users = Storage(model.users)
    items = ItemPanels(
      Storage(model.items), count: model.itemCount, layout: layout, dense: dense, pool: pool)
    layers = layout.layers.dropFirst().map { layer in
      PanelKernels.Weights(
        Matrix(dense.buffer.from(layer.weights), stride: layer.output), inputs: layer.input,
        outputs: layer.output)
    }
  }

  /// The prediction that belongs to a score: the model's link.
  ///
  /// - Parameter logit: a score of this scorer.
  /// - Returns: a number in 0...1; for the identity link the score itself, of any size.
  package func probability(ofLogit logit: Float) -> Float {
    switch layout.spec.link {
    case .logistic: 1 / (1 + expf(-logit))
    case .probit: Float(0.5 * erfc(-Double(logit) * 0.5.squareRoot()))
    case .identity: logit
    }
  }

  /// Working memory of one thread: a panel's values in every layer.
  package final class Scratch {
    /// Factors times output weights, of the users of a block; for fusion by sum plain factors.
    fileprivate let userFactors: PanelKernels.Weights
    /// A row for each user, `hiddenStride` each.
    fileprivate let userHidden: Storage<Float>
    /// The output bias, for each user of a block.
    fileprivate let bias: Storage<Float>
    fileprivate let layers: [Storage<Float>]
    /// A row of logits for each user of a block.
    fileprivate let logits: Storage<Float>
    /// Items that don't lie side by side.
    fileprivate let gathered: Storage<Float>

    fileprivate init(_ layout: ParameterLayout, bias value: Float) {
      let users = NeuralScorer.usersAtOnce
      userFactors = PanelKernels.Weights(inputs: layout.spec.gmfWidth, outputs: users)
      userHidden = Storage(count: users * padded(layout.hiddenWidth))
      bias = Storage([Float](repeating: value, count: users))
      layers = layout.layers.map { Storage(count: padded($0.output) * PanelKernels.width) }
      logits = Storage(count: users * PanelKernels.width)
      gathered = Storage(
        count: (layout.hiddenWidth + layout.spec.gmfWidth) * PanelKernels.width)
    }
  }

  /// Makes working memory for one thread.
  package func makeScratch() -> Scratch {
    Scratch(layout, bias: dense.buffer[layout.outputBias])
  }

  /// Scores a block of users against consecutive items.
  ///
  /// - Parameters:
  ///   - scores: `users.count` rows of `items.count` logits.
  ///   - users: which users.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, users: Span<UInt32>, items: Range<Int>,
    scratch: inout Scratch
  ) {
    precondition(scores.count == users.count * items.count, "one score for each pair")
    precondition(items.lowerBound >= 0 && items.upperBound <= itemCount, "no such items")
    if items.isEmpty { return }
    let width = PanelKernels.width
    unsafe scores.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      let target = unsafe Buffer(base: base, count: target.count)
      for first in stride(from: 0, to: users.count, by: Self.usersAtOnce) {
        let count = min(Self.usersAtOnce, users.count - first)
        readUsers(users, from: first, count: count, scratch)
        for panel in items.lowerBound / width...(items.upperBound - 1) / width {
          score(self.items.panel(panel), users: count, scratch)
          let start = panel * width
          let wanted = max(start, items.lowerBound)..<min(start + width, items.upperBound)
          for user in 0..<count {
            target.from((first + user) * items.count + wanted.lowerBound - items.lowerBound).copy(
              from: scratch.logits.buffer.from(user * width + wanted.lowerBound - start),
              count: wanted.count)
          }
        }
      }
    }
  }

  /// Scores one user against any items.
  ///
  /// - Parameters:
  ///   - scores: `items.count` logits.
  ///   - user: which user.
  ///   - items: which items.
  ///   - scratch: the calling thread's.
  package func fill(
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>, scratch: inout Scratch
  ) {
    precondition(scores.count == items.count, "one score for each item")
    let one: InlineArray<1, UInt32> = [UInt32(user)]
    readUsers(one.span, from: 0, count: 1, scratch)
    for start in stride(from: 0, to: items.count, by: PanelKernels.width) {
      let count = min(PanelKernels.width, items.count - start)
      self.items.gather(items, from: start, count: count, into: scratch.gathered.buffer)
      score(scratch.gathered.buffer, users: 1, scratch)
      for place in 0..<count { scores[start + place] = scratch.logits.buffer[place] }
    }
  }

  fileprivate static let usersAtOnce = 8

  /// Computes the users' half for a block: factors times output weights, first layer with bias.
  private func readUsers(_ block: Span<UInt32>, from first: Int, count: Int, _ scratch: Scratch) {
    let dense = dense.buffer
    let hidden = scratch.userHidden.buffer
    let isSum = layout.spec.fusion == .sum
    for place in 0..<count {
      let user = Int(block[first + place])
      precondition(user < userCount, "no such user")
      let row = users.buffer.from(user * layout.rowStride)
      let factors = scratch.userFactors
      for factor in 0..<layout.spec.gmfWidth {
        factors.storage.buffer[factors.place(factor, place)] =
          isSum ? row[factor] : row[factor] * dense[layout.gmfOutput + factor]
      }
      let half = hidden.from(place * padded(layout.hiddenWidth))
      if let layer = layout.layers.first {
        half.copy(from: dense.from(layer.bias), count: layer.paddedOutput)
        MatrixProduct.multiply(
          Matrix(row.from(layout.mlpColumn), stride: layout.rowStride),
          Matrix(dense.from(layer.weights), stride: layer.output),
          into: Matrix(half, stride: layer.paddedOutput),
          rows: 1, inner: layout.spec.mlpWidth, columns: layer.output, accumulating: true)
      } else if layout.isLayerless {
        half[0] = OutputKernels.dot(
          row.from(layout.mlpColumn), dense.from(layout.mlpOutput), count: layout.mlpStride)
      }
    }
  }

  /// Scores a panel of items for the users that were read; the logits are in `scratch`.
  private func score(_ panel: Buffer<Float>, users: Int, _ scratch: Scratch) {
    let width = PanelKernels.width
    let logits = scratch.logits.buffer
    let factors = panel.from(items.hiddenRows * width)
    if layout.outputFactors > 0 {
      PanelKernels.multiply(
        scratch.userFactors, factors, bias: scratch.bias.buffer, into: logits, outputs: users,
        activation: .identity)
    } else {
      logits.fill(with: dense.buffer[layout.outputBias], count: users * width)
    }
    for user in 0..<users {
      let own = logits.from(user * width)
      let hidden = scratch.userHidden.buffer.from(user * padded(layout.hiddenWidth))
      if let first = scratch.layers.first {
        readFirst(panel, factors, hidden: hidden, user: user, into: first.buffer, scratch)
        tower(own, scratch)
      } else if layout.isLayerless {
        for column in 0..<width { own[column] += panel[column] }
        PanelKernels.add(hidden[0], to: own)
      }
    }
  }

  /// Joins the halves of the first layer.
  private func readFirst(
    _ panel: Buffer<Float>, _ factors: Buffer<Float>, hidden: Buffer<Float>, user: Int,
    into first: Buffer<Float>, _ scratch: Scratch
  ) {
    let rows = items.hiddenRows
    guard layout.spec.fusion == .sum else {
      PanelKernels.addRows(
        hidden, to: panel, into: first, rows: rows, activation: layout.spec.activation)
      return
    }
    PanelKernels.addRows(hidden, to: panel, into: first, rows: rows, activation: .identity)
    let weights = scratch.userFactors
    for row in 0..<items.factorRows {
      PanelKernels.addProducts(
        weights.storage.buffer.from(weights.place(row, user)),
        factors.from(row * PanelKernels.width), to: first.from(row * PanelKernels.width), rows: 1)
    }
    PanelKernels.activate(first, count: rows * PanelKernels.width, layout.spec.activation)
  }

  /// Runs the tower on the first layer's values; adds to the logits.
  private func tower(_ logits: Buffer<Float>, _ scratch: Scratch) {
    for (index, weights) in layers.enumerated() {
      PanelKernels.multiply(
        weights, scratch.layers[index].buffer, bias: dense.buffer.from(layout.layers[index + 1].bias),
        into: scratch.layers[index + 1].buffer, outputs: weights.outputs,
        activation: layout.spec.activation)
    }
    let last = layout.layers.count - 1
    PanelKernels.addDots(
      dense.buffer.from(layout.mlpOutput), scratch.layers[last].buffer, to: logits,
      rows: layout.layers[last].output)
  }
}

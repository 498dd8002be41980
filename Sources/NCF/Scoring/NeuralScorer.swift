private import Glibc
import Interactions
package import Parallelism

/// Scores users against items with a trained model; a score is the logit before the link.
///
/// The first layer is linear in `[p_u; q_i]`, so its item half is computed once for each item here
/// and its user half once for each user of a block. What is left for a pair is the layers above.
package struct NeuralScorer: Scorer {
  private let layout: ParameterLayout
  private let users: Storage<Float>
  private let dense: Storage<Float>
  /// GMF factors of items, transposed: factor x item.
  private let itemFactors: Storage<Float>
  /// For fusion by sum: items' rows, `rowStride` each.
  private let itemRows: Storage<Float>
  /// Item half of the first layer, or of the output where there is no layer: item x width.
  private let itemHidden: Storage<Float>

  /// How many users can be scored.
  package let userCount: Int
  /// How many items can be scored.
  package let itemCount: Int

  /// Computes the items' half of the work.
  ///
  /// - Parameters:
  ///   - model: the parameters; user rows and weights are copied.
  ///   - pool: shares the work out; nil does it on the calling thread.
  package init(_ model: Model, pool: WorkerPool? = nil) {
    MatrixProduct.threadsAreOff
    let layout = model.layout
    self.layout = layout
    userCount = model.userCount
    itemCount = model.itemCount
    users = Storage(model.users)
    dense = Storage(model.dense)
    let items = Storage(model.items)
    let factors = Storage<Float>(count: layout.outputFactors * model.itemCount)
    let hidden = Storage<Float>(count: model.itemCount * Self.hiddenStride(layout))
    itemFactors = factors
    itemHidden = hidden
    itemRows = layout.spec.fusion == .sum ? items : Storage(count: 0)
    let block = 256
    let count = model.itemCount
    let weights = dense.buffer
    let work: @Sendable (Int, Int) -> Void = { index, _ in
      Self.prepare(
        index * block..<min(count, (index + 1) * block), of: items.buffer, count: count,
        layout: layout, dense: weights, factors: factors.buffer, hidden: hidden.buffer)
    }
    let blocks = (count + block - 1) / block
    // A buffer doesn't keep its storage: the item rows must outlive the work on them.
    withExtendedLifetime(items) {
      if let pool {
        pool.forEach(blocks, work)
      } else {
        for index in 0..<blocks { work(index, 0) }
      }
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

  /// Working memory of one thread: a tile's values in every layer.
  package final class Scratch {
    fileprivate let userFactors: Storage<Float>
    fileprivate let userHidden: Storage<Float>
    fileprivate let layers: [Storage<Float>]
    fileprivate let logits: Storage<Float>
    fileprivate let block: Storage<Float>

    fileprivate init(_ layout: ParameterLayout) {
      userFactors = Storage(count: NeuralScorer.usersAtOnce * max(8, layout.gmfStride))
      userHidden = Storage(count: NeuralScorer.usersAtOnce * NeuralScorer.hiddenStride(layout))
      layers = layout.layers.map { Storage(count: NeuralScorer.tile * $0.paddedOutput) }
      logits = Storage(count: NeuralScorer.tile)
      block = Storage(count: NeuralScorer.usersAtOnce * NeuralScorer.tile)
    }
  }

  /// Makes working memory for one thread.
  package func makeScratch() -> Scratch { Scratch(layout) }

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
    unsafe scores.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      let target = unsafe Buffer(base: base, count: target.count)
      var first = 0
      while first < users.count {
        let count = min(Self.usersAtOnce, users.count - first)
        readUsers(users, from: first, count: count, scratch)
        var start = items.lowerBound
        while start < items.upperBound {
          let end = min(items.upperBound, start + Self.tile)
          let place = first * items.count + start - items.lowerBound
          score(
            start..<end, users: count, into: target.from(place), stride: items.count, scratch)
          start = end
        }
        first += count
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
    let width = Self.hiddenStride(layout)
    let factors = scratch.userFactors.buffer
    var start = 0
    while start < items.count {
      let count = min(Self.tile, items.count - start)
      let logits = scratch.logits.buffer
      for place in 0..<count {
        let item = Int(items[start + place])
        precondition(item < itemCount, "no such item")
        var logit = dense.buffer[layout.outputBias]
        for factor in 0..<layout.outputFactors {
          logit += factors[factor] * itemFactors.buffer[factor * itemCount + item]
        }
        logits[place] = logit
        if let first = scratch.layers.first {
          for column in stride(from: 0, to: width, by: 8) {
            first.buffer.set(
              place * width + column, itemHidden.buffer.vector(item * width + column))
          }
          if layout.spec.fusion == .sum {
            LayerKernels.addProducts(
              factors, itemRows.buffer.from(item * width), groups: 1, size: 1, width: width,
              to: first.buffer.from(place * width))
          }
        } else if layout.isLayerless {
          logits[place] += itemHidden.buffer[item * width] + scratch.userHidden.buffer[0]
        }
      }
      if !scratch.layers.isEmpty {
        tower(rows: count, userHidden: scratch.userHidden.buffer, scratch)
      }
      for place in 0..<count { scores[start + place] = logits[place] }
      start += count
    }
  }

  fileprivate static let usersAtOnce = 8
  fileprivate static let tile = 128

  /// Numbers that an item's (user's) half of the first layer takes.
  fileprivate static func hiddenStride(_ layout: ParameterLayout) -> Int {
    layout.layers.first?.paddedOutput ?? (layout.isLayerless ? 8 : 0)
  }

  /// Computes the users' half for a block: factors times output weights, first layer with bias.
  private func readUsers(_ block: Span<UInt32>, from first: Int, count: Int, _ scratch: Scratch) {
    let rows = users.buffer
    let dense = dense.buffer
    let width = Self.hiddenStride(layout)
    let hidden = scratch.userHidden.buffer
    for place in 0..<count {
      let user = Int(block[first + place])
      precondition(user < userCount, "no such user")
      let row = rows.from(user * layout.rowStride)
      if layout.spec.fusion == .sum {
        scratch.userFactors.buffer.from(place * layout.gmfStride).copy(
          from: row, count: layout.gmfStride)
      }
      for factor in 0..<layout.outputFactors {
        scratch.userFactors.buffer[place * layout.outputFactors + factor] =
          row[factor] * dense[layout.gmfOutput + factor]
      }
      if let layer = layout.layers.first {
        MatrixProduct.multiply(
          Matrix(row.from(layout.mlpColumn), stride: layout.rowStride),
          Matrix(dense.from(layer.weights), stride: layer.output),
          into: Matrix(hidden.from(place * width), stride: width),
          rows: 1, inner: layout.spec.mlpWidth, columns: layer.output)
        LayerKernels.addBias(
          dense.from(layer.bias), to: hidden.from(place * width), rows: 1, width: width,
          activation: .identity)
      } else if layout.isLayerless {
        hidden[place * width] = Self.dot(
          row.from(layout.mlpColumn), dense.from(layout.mlpOutput), layout.mlpStride)
      }
    }
  }

  /// Scores up to a tile of consecutive items for the users that were read.
  private func score(
    _ items: Range<Int>, users: Int, into scores: Buffer<Float>, stride: Int, _ scratch: Scratch
  ) {
    let count = items.count
    let gmf = layout.outputFactors
    let bias = dense.buffer[layout.outputBias]
    let width = Self.hiddenStride(layout)
    let hidden = scratch.userHidden.buffer
    let block = scratch.block.buffer
    MatrixProduct.multiply(
      Matrix(scratch.userFactors.buffer, stride: gmf),
      Matrix(itemFactors.buffer.from(gmf == 0 ? 0 : items.lowerBound), stride: itemCount),
      into: Matrix(block, stride: Self.tile), rows: users, inner: gmf, columns: count)
    let logits = scratch.logits.buffer
    for user in 0..<users {
      let products = block.from(user * Self.tile)
      for place in 0..<count { logits[place] = bias + (gmf == 0 ? 0 : products[place]) }
      if let first = scratch.layers.first {
        first.buffer.copy(
          from: itemHidden.buffer.from(items.lowerBound * width), count: count * width)
        if layout.spec.fusion == .sum {
          LayerKernels.addProducts(
            scratch.userFactors.buffer.from(user * width),
            itemRows.buffer.from(items.lowerBound * width), groups: 1, size: count, width: width,
            to: first.buffer)
        }
        tower(rows: count, userHidden: hidden.from(user * width), scratch)
      } else if layout.isLayerless {
        for place in 0..<count {
          logits[place] += itemHidden.buffer[(items.lowerBound + place) * width]
          logits[place] += hidden[user * width]
        }
      }
      scores.from(user * stride).copy(from: logits, count: count)
    }
  }

  /// Runs the tower on the items' halves that lie in the first layer's memory; adds to the logits.
  private func tower(rows: Int, userHidden: Buffer<Float>, _ scratch: Scratch) {
    let dense = dense.buffer
    LayerKernels.addBias(
      userHidden, to: scratch.layers[0].buffer, rows: rows,
      width: layout.layers[0].paddedOutput, activation: layout.spec.activation)
    for index in layout.layers.indices.dropFirst() {
      let layer = layout.layers[index]
      MatrixProduct.multiply(
        Matrix(scratch.layers[index - 1].buffer, stride: layout.layers[index - 1].paddedOutput),
        Matrix(dense.from(layer.weights), stride: layer.output),
        into: Matrix(scratch.layers[index].buffer, stride: layer.paddedOutput),
        rows: rows, inner: layer.input, columns: layer.output)
      LayerKernels.addBias(
        dense.from(layer.bias), to: scratch.layers[index].buffer, rows: rows,
        width: layer.paddedOutput, activation: layout.spec.activation)
    }
    let last = layout.layers.count - 1
    OutputKernels.addDots(
      scratch.layers[last].buffer, dense.from(layout.mlpOutput), rows: rows,
      stride: layout.layers[last].paddedOutput, width: layout.layers[last].paddedOutput,
      to: scratch.logits.buffer)
  }

  private static func prepare(
    _ items: Range<Int>, of rows: Buffer<Float>, count: Int, layout: ParameterLayout,
    dense: Buffer<Float>, factors: Buffer<Float>, hidden: Buffer<Float>
  ) {
    for item in items {
      let row = rows.from(item * layout.rowStride)
      for factor in 0..<layout.outputFactors { factors[factor * count + item] = row[factor] }
    }
    let width = hiddenStride(layout)
    if let layer = layout.layers.first {
      let half = layout.spec.mlpWidth
      MatrixProduct.multiply(
        Matrix(
          rows.from(items.lowerBound * layout.rowStride + layout.mlpColumn),
          stride: layout.rowStride),
        Matrix(dense.from(layer.weights + half * layer.output), stride: layer.output),
        into: Matrix(hidden.from(items.lowerBound * width), stride: width),
        rows: items.count, inner: half, columns: layer.output)
    } else if layout.isLayerless {
      for item in items {
        hidden[item * width] = dot(
          rows.from(item * layout.rowStride + layout.mlpColumn),
          dense.from(layout.mlpOutput + layout.mlpStride), layout.mlpStride)
      }
    }
  }

  private static func dot(_ a: Buffer<Float>, _ b: Buffer<Float>, _ count: Int) -> Float {
    var sum = Vector.zero
    for position in stride(from: 0, to: count, by: 8) {
      sum.addProduct(a.vector(position), b.vector(position))
    }
    return sum.sum()
  }
}

import Interactions
import Lanes
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
  /// Reordered weights of the layers above the first, one after the other.
  private let weights: Storage<Float>

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
    let layout = model.layout
    let dense = Storage(model.dense)
    (self.layout, self.dense) = (layout, dense)
    userCount = model.userCount
    users = Storage(model.users)
    items = ItemPanels(
      Storage(model.items), count: model.itemCount, layout: layout, dense: dense, pool: pool)
    let above = layout.layers.dropFirst()
    weights = Storage(
      count: above.reduce(0) {
        $0 + PanelWeights.count(inputs: $1.input, outputs: $1.output)
      })
    var start = 0
    for layer in above {
      let reordered = PanelWeights(
        Matrix(dense.buffer.from(layer.weights), stride: layer.output), inputs: layer.input,
        outputs: layer.output, in: weights.buffer.from(start))
      start += PanelWeights.count(inputs: reordered.inputs, outputs: reordered.outputs)
    }
  }

  /// Makes working memory for one thread.
  package func makeScratch() -> ScoringScratch {
    ScoringScratch(layout, items: items, dense: dense, weights: weights)
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
    scratch: inout ScoringScratch
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
          scratch.score(self.items.panel(panel), users: count)
          let start = panel * width
          let wanted = max(start, items.lowerBound)..<min(start + width, items.upperBound)
          for user in 0..<count {
            target.from((first + user) * items.count + wanted.lowerBound - items.lowerBound).copy(
              from: scratch.logits.from(user * width + wanted.lowerBound - start),
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
    _ scores: inout MutableSpan<Float>, user: Int, items: Span<UInt32>,
    scratch: inout ScoringScratch
  ) {
    precondition(scores.count == items.count, "one score for each item")
    let one: InlineArray<1, UInt32> = [UInt32(user)]
    readUsers(one.span, from: 0, count: 1, scratch)
    for start in stride(from: 0, to: items.count, by: PanelKernels.width) {
      let count = min(PanelKernels.width, items.count - start)
      self.items.gather(items, from: start, count: count, into: scratch.gathered)
      scratch.score(scratch.gathered, users: 1)
      for place in 0..<count { scores[start + place] = scratch.logits[place] }
    }
  }

  static let usersAtOnce = 8

  /// Computes the users' half for a block: factors times output weights, first layer with bias.
  private func readUsers(
    _ block: Span<UInt32>, from first: Int, count: Int, _ scratch: ScoringScratch
  ) {
    let dense = dense.buffer
    let hidden = scratch.userHidden
    let isSum = layout.spec.fusion == .sum
    for place in 0..<count {
      let user = Int(block[first + place])
      precondition(user < userCount, "no such user")
      let row = users.buffer.from(user * layout.rowStride)
      let factors = scratch.userFactors
      for factor in 0..<layout.spec.gmfWidth {
        factors.buffer[factors.place(factor, place)] =
          isSum ? row[factor] : row[factor] * dense[layout.gmfOutput + factor]
      }
      let half = hidden.from(place * padded(layout.hiddenWidth))
      if let layer = layout.layers.first {
        half.copy(from: dense.from(layer.bias), count: layer.paddedOutput)
        scratch.product.multiply(
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
}

/// The last layer: the element-wise product of GMF, the tower's output, and the log loss.
///
/// Logits are `h_g . (p_u * q_i) + h_m . a + b`, equations [9] to [12] of the paper without the link.
/// G groups of `size` samples share a user; S = G x size. Widths are multiples of 8; padding holds zeros
/// in `h_g` and `h_m`.
package enum OutputLoops<S: LaneSet> {
  /// Adds the GMF part to logits, for groups of samples that share a user's row.
  ///
  /// - Parameters:
  ///   - users: G rows `stride` apart, whose first `width` numbers are the factors.
  ///   - items: S rows likewise.
  ///   - weights: `h_g`, width.
  ///   - stride: see there.
  ///   - width: see there.
  ///   - groups: G.
  ///   - size: samples in a group.
  ///   - logits: S.
  @inlinable
  package static func addProducts(
    users: Buffer<Float>, items: Buffer<Float>, weights: Buffer<Float>, stride: Int, width: Int,
    groups: Int, size: Int, to logits: Buffer<Float>
  ) {
    var sample = 0
    while sample < groups &* size {
      let (user, item) = (sample / size &* stride, sample &* stride)
      var sum = S.Sixteen.zero
      var column = 0
      while column &+ 16 <= width {
        let product = S.Sixteen(users, user &+ column) * S.Sixteen(items, item &+ column)
        sum = sum.addingProduct(product, S.Sixteen(weights, column))
        column &+= 16
      }
      if column < width {
        let product = S.Eight(users, user &+ column) * S.Eight(items, item &+ column)
        sum = sum.addingProduct(S.widened(product), S.widened(S.Eight(weights, column)))
      }
      logits[sample] += sum.total
      sample &+= 1
    }
  }

  /// Adds `a . h` to logits, one for each row of `a`; rows are `stride` apart.
  @inlinable
  package static func addDots(
    _ a: Buffer<Float>, _ h: Buffer<Float>, rows: Int, stride: Int, width: Int,
    to logits: Buffer<Float>
  ) {
    var row = 0
    while row < rows {
      logits[row] += S.dot(a.from(row &* stride), h, width)
      row &+= 1
    }
  }

  /// Replaces logits by the gradient of the weighted mean log loss [7] by them, and sums the loss.
  ///
  /// With `y` 1 for the first sample of each group and 0 for the others, the loss of a logit x is
  /// `w (max(x, 0) - x y + log(1 + exp(-|x|)))` and its derivative `w (sigmoid(x) - y)`. A positive is a
  /// negative of the opposite logit.
  ///
  /// - Parameters:
  ///   - logits: S.
  ///   - weights: S.
  ///   - groups: G.
  ///   - size: samples in a group.
  ///   - scale: multiplies the gradient (one over the number of samples), not the loss.
  ///   - scratch: room for 32 numbers.
  /// - Returns: the sum of the losses.
  @inlinable
  package static func logLoss(
    _ logits: Buffer<Float>, weights: Buffer<Float>, groups: Int, size: Int, scale: Float,
    scratch: Buffer<Float>
  ) -> Double {
    negatePositives(logits, groups, size)
    let count = groups &* size
    var total = 0.0
    var sample = 0
    while sample &+ 16 <= count {
      total += Double(logLoss16(logits.from(sample), weights.from(sample), scale))
      sample &+= 16
    }
    if sample < count {
      let rest = scratch.from(16)
      var place = 0
      while place < 16 {
        let isThere = sample &+ place < count
        scratch[place] = isThere ? logits[sample &+ place] : 0
        rest[place] = isThere ? weights[sample &+ place] : 0
        place &+= 1
      }
      total += Double(logLoss16(scratch, rest, scale))
      place = 0
      while sample &+ place < count {
        logits[sample &+ place] = scratch[place]
        place &+= 1
      }
    }
    negatePositives(logits, groups, size)
    return total
  }

  /// Turns the sign of the first number of each group.
  @inlinable @inline(__always)
  package static func negatePositives(_ logits: Buffer<Float>, _ groups: Int, _ size: Int) {
    var first = 0
    while first < groups &* size {
      logits[first] = -logits[first]
      first &+= size
    }
  }

  /// Sixteen negatives: their gradients in place, and the sum of their losses.
  @inlinable @inline(__always)
  package static func logLoss16(
    _ logits: Buffer<Float>, _ weights: Buffer<Float>, _ scale: Float
  ) -> Float {
    let x = S.Sixteen(logits, 0)
    let weight = S.Sixteen(weights, 0)
    let decay = (S.Sixteen.zero - x.magnitude).exponentialUpTo0
    (weight * S.Sixteen(scale) * x.sigmoid(decay: decay)).store(logits, 0)
    return (weight * (x.rectified + decay.logarithmOf1Plus)).total
  }

  /// Goes back through the GMF part.
  ///
  /// Writes the gradient by the factors of each sample's item and each group's user, and adds that
  /// by the output weights to `weightGradient`. Layout as in `addProducts`; `deltas` is the gradient by
  /// the logits.
  @inlinable
  package static func addProductsBackward(
    _ deltas: Buffer<Float>, users: Buffer<Float>, items: Buffer<Float>, weights: Buffer<Float>,
    stride: Int, width: Int, groups: Int, size: Int,
    userGradient: Buffer<Float>, itemGradient: Buffer<Float>, weightGradient: Buffer<Float>
  ) {
    var column = 0
    while column < width {
      let isWide = column &+ 16 <= width
      if isWide {
        productsBackward(
          S.Sixteen.self, deltas, users, items, weights, stride, column, groups, size,
          userGradient, itemGradient, weightGradient)
      } else {
        productsBackward(
          S.Eight.self, deltas, users, items, weights, stride, column, groups, size,
          userGradient, itemGradient, weightGradient)
      }
      column &+= isWide ? 16 : 8
    }
  }

  /// Goes back through the GMF part in some columns.
  @inlinable @inline(__always)
  package static func productsBackward<V: LaneVector>(
    _ vector: V.Type, _ deltas: Buffer<Float>, _ users: Buffer<Float>, _ items: Buffer<Float>,
    _ weights: Buffer<Float>, _ stride: Int, _ column: Int, _ groups: Int, _ size: Int,
    _ userGradient: Buffer<Float>, _ itemGradient: Buffer<Float>, _ weightGradient: Buffer<Float>
  ) {
    let h = V(weights, column)
    var weightSum = V.zero
    var sample = 0
    var group = 0
    while group < groups {
      let user = V(users, group &* stride &+ column)
      let weighted = user * h
      var itemSum = V.zero
      let end = sample &+ size
      while sample < end {
        let delta = V(deltas[sample])
        let place = sample &* stride &+ column
        itemSum = itemSum.addingProduct(V(items, place), delta)
        (weighted * delta).store(itemGradient, place)
        sample &+= 1
      }
      (itemSum * h).store(userGradient, group &* stride &+ column)
      weightSum = weightSum.addingProduct(itemSum, user)
      group &+= 1
    }
    (V(weightGradient, column) + weightSum).store(weightGradient, column)
  }

  /// Goes back through `logit += a . h`: `aGradient = delta h`, `hGradient += sum of delta a`.
  @inlinable
  package static func addDotsBackward(
    _ deltas: Buffer<Float>, _ a: Buffer<Float>, _ h: Buffer<Float>, rows: Int, stride: Int,
    width: Int, aGradient: Buffer<Float>, gradientStride: Int, hGradient: Buffer<Float>
  ) {
    var column = 0
    while column < width {
      let isWide = column &+ 16 <= width
      if isWide {
        dotsBackward(
          S.Sixteen.self, deltas, a, h, rows, stride, column, aGradient, gradientStride, hGradient)
      } else {
        dotsBackward(
          S.Eight.self, deltas, a, h, rows, stride, column, aGradient, gradientStride, hGradient)
      }
      column &+= isWide ? 16 : 8
    }
  }

  /// Goes back through the tower's output in some columns.
  @inlinable @inline(__always)
  package static func dotsBackward<V: LaneVector>(
    _ vector: V.Type, _ deltas: Buffer<Float>, _ a: Buffer<Float>, _ h: Buffer<Float>,
    _ rows: Int, _ stride: Int, _ column: Int, _ aGradient: Buffer<Float>, _ gradientStride: Int,
    _ hGradient: Buffer<Float>
  ) {
    let weight = V(h, column)
    var sum = V.zero
    var row = 0
    while row < rows {
      let delta = V(deltas[row])
      sum = sum.addingProduct(V(a, row &* stride &+ column), delta)
      (weight * delta).store(aGradient, row &* gradientStride &+ column)
      row &+= 1
    }
    (V(hGradient, column) + sum).store(hGradient, column)
  }
}

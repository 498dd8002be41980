private import Glibc

/// The last layer: the element-wise product of GMF, the tower's output, and the log loss.
///
/// Logits are `h_g . (p_u * q_i) + h_m . a + b`, equations [9] to [12] of the paper without the link.
/// Widths are multiples of 8; padding holds zeros in `h_g` and `h_m`.
enum OutputKernels {
  /// The sum of products of two runs of numbers, a multiple of 8 long.
  static func dot(_ a: Buffer<Float>, _ b: Buffer<Float>, count: Int) -> Float {
    precondition(a.count >= count && b.count >= count && count % 8 == 0)
    var sum = Vector.zero
    for position in vectors(in: count) {
      sum.addProduct(a.vector(position), b.vector(position))
    }
    return sum.sum()
  }

  /// Adds the GMF part to logits, for groups of samples that share a user's row.
  ///
  /// `users` has a row for each group and `items` one for each sample, `stride` numbers apart; the
  /// first `width` of each are the GMF factors.
  static func addProducts(
    users: Buffer<Float>, items: Buffer<Float>, weights: Buffer<Float>, stride: Int, width: Int,
    groups: Int, size: Int, to logits: Buffer<Float>
  ) {
    precondition(
      width <= stride && users.count >= groups * stride && items.count >= groups * size * stride
        && weights.count >= width && logits.count >= groups * size)
    for group in 0..<groups {
      let user = users.from(group * stride)
      for sample in group * size..<(group + 1) * size {
        let item = items.from(sample * stride)
        var sum = Vector.zero
        for column in vectors(in: width) {
          let product = user.vector(column) * item.vector(column)
          sum.addProduct(product, weights.vector(column))
        }
        logits[sample] += sum.sum()
      }
    }
  }

  /// Adds `a . h` to logits, one for each row of `a`.
  static func addDots(
    _ a: Buffer<Float>, _ h: Buffer<Float>, rows: Int, stride: Int, width: Int,
    to logits: Buffer<Float>
  ) {
    precondition(
      (rows - 1) * stride + width <= a.count && h.count >= width && logits.count >= rows)
    for row in 0..<rows {
      let a = a.from(row * stride)
      var sum = Vector.zero
      for column in vectors(in: width) {
        sum.addProduct(a.vector(column), h.vector(column))
      }
      logits[row] += sum.sum()
    }
  }

  /// Replaces logits by the gradient of the weighted mean log loss [7] by them, and sums the loss.
  ///
  /// With `y` 1 for the first sample of each group and 0 for the others, the loss of a logit x is
  /// `w (max(x, 0) - x y + log(1 + exp(-|x|)))` and its derivative `w (sigmoid(x) - y)`.
  ///
  /// `scale` multiplies the gradient (one over the number of samples), not the loss. Returns the sum
  /// of the losses.
  static func logLoss(
    _ logits: Buffer<Float>, weights: Buffer<Float>, groups: Int, size: Int, scale: Float
  ) -> Double {
    precondition(logits.count >= groups * size && weights.count >= groups * size)
    var total = 0.0
    for group in 0..<groups {
      for place in 0..<size {
        let sample = group * size + place
        let x = logits[sample]
        let y: Float = place == 0 ? 1 : 0
        let decay = expf(-abs(x))
        let high = 1 / (1 + decay)
        let probability = x >= 0 ? high : decay * high
        let weight = weights[sample]
        total += Double(weight * (max(x, 0) - x * y + log1pf(decay)))
        logits[sample] = weight * scale * (probability - y)
      }
    }
    return total
  }

  /// Goes back through the GMF part.
  ///
  /// Writes the gradient by the factors of each sample's item and each group's user, and adds that
  /// by the output weights to `weightGradient`. Layout as in `addProducts`.
  static func backProducts(
    _ deltas: Buffer<Float>, users: Buffer<Float>, items: Buffer<Float>, weights: Buffer<Float>,
    stride: Int, width: Int, groups: Int, size: Int,
    userGradient: Buffer<Float>, itemGradient: Buffer<Float>, weightGradient: Buffer<Float>
  ) {
    precondition(
      width <= stride && users.count >= groups * stride && items.count >= groups * size * stride
        && userGradient.count >= groups * stride && itemGradient.count >= groups * size * stride
        && weights.count >= width && weightGradient.count >= width)
    for column in vectors(in: width) {
      let h = weights.vector(column)
      var weightSum = Vector.zero
      for group in 0..<groups {
        let user = users.vector(group * stride + column)
        let weighted = user * h
        var itemSum = Vector.zero
        for sample in group * size..<(group + 1) * size {
          let delta = Vector(repeating: deltas[sample])
          itemSum.addProduct(items.vector(sample * stride + column), delta)
          itemGradient.set(sample * stride + column, weighted * delta)
        }
        userGradient.set(group * stride + column, itemSum * h)
        weightSum.addProduct(itemSum, user)
      }
      weightGradient.set(column, weightGradient.vector(column) + weightSum)
    }
  }

  /// Goes back through `logit += a . h`: `aGradient = delta h`, `hGradient += sum of delta a`.
  static func backDots(
    _ deltas: Buffer<Float>, _ a: Buffer<Float>, _ h: Buffer<Float>, rows: Int, stride: Int,
    width: Int, aGradient: Buffer<Float>, gradientStride: Int? = nil, hGradient: Buffer<Float>
  ) {
    let gradientStride = gradientStride ?? stride
    precondition(
      (rows - 1) * stride + width <= a.count
        && (rows - 1) * gradientStride + width <= aGradient.count
        && h.count >= width && hGradient.count >= width && deltas.count >= rows)
    for column in vectors(in: width) {
      let weight = h.vector(column)
      var sum = Vector.zero
      for row in 0..<rows {
        let delta = Vector(repeating: deltas[row])
        sum.addProduct(a.vector(row * stride + column), delta)
        aGradient.set(row * gradientStride + column, weight * delta)
      }
      hGradient.set(column, hGradient.vector(column) + sum)
    }
  }
}

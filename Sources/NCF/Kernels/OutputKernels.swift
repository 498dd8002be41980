import Kernels
import Lanes

/// The last layer: the element-wise product of GMF, the tower's output, and the log loss.
///
/// Logits are `h_g . (p_u * q_i) + h_m . a + b`, equations [9] to [12] of the paper without the link.
/// G groups of `size` samples share a user; S = G x size. Widths are multiples of 8; padding holds zeros
/// in `h_g` and `h_m`.
enum OutputKernels {
  /// The sum of products of two runs of numbers, a multiple of 8 long.
  static func dot(_ a: Buffer<Float>, _ b: Buffer<Float>, count: Int) -> Float {
    var result: InlineArray<1, Float> = [0]
    var span = result.mutableSpan
    unsafe span.withUnsafeMutableBufferPointer { target in
      if let base = target.baseAddress {
        let sum = unsafe Buffer(base: base, count: 1)
        addDots(a, b, rows: 1, stride: count, width: count, to: sum)
      }
    }
    return result[0]
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
        && weights.count >= width && logits.count >= groups * size && width % 8 == 0)
    unsafe Kernels.active.pointee.addOutputProducts(
      users, items, weights, stride, width, groups, size, logits)
  }

  /// Adds `a . h` to logits, one for each row of `a`.
  static func addDots(
    _ a: Buffer<Float>, _ h: Buffer<Float>, rows: Int, stride: Int, width: Int,
    to logits: Buffer<Float>
  ) {
    precondition(
      (rows - 1) * stride + width <= a.count && h.count >= width && logits.count >= rows)
    precondition(width % 8 == 0, "rows are padded to 8")
    unsafe Kernels.active.pointee.addDots(a, h, rows, stride, width, logits)
  }

  /// Replaces logits by the gradient of the weighted mean log loss [7] by them, and sums the loss.
  ///
  /// With `y` 1 for the first sample of each group and 0 for the others, the loss of a logit x is
  /// `w (max(x, 0) - x y + log(1 + exp(-|x|)))` and its derivative `w (sigmoid(x) - y)`.
  ///
  /// `scale` multiplies the gradient (one over the number of samples), not the loss; `scratch` has room
  /// for 32 numbers. Returns the sum of the losses.
  static func logLoss(
    _ logits: Buffer<Float>, weights: Buffer<Float>, groups: Int, size: Int, scale: Float,
    scratch: Buffer<Float>
  ) -> Double {
    precondition(logits.count >= groups * size && weights.count >= groups * size && size > 0)
    precondition(scratch.count >= 32)
    return unsafe Kernels.active.pointee.logLoss(logits, weights, groups, size, scale, scratch)
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
        && weights.count >= width && weightGradient.count >= width && width % 8 == 0)
    unsafe Kernels.active.pointee.addOutputProductsBackward(
      deltas, users, items, weights, stride, width, groups, size, userGradient, itemGradient,
      weightGradient)
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
    precondition(width % 8 == 0, "rows are padded to 8")
    unsafe Kernels.active.pointee.addDotsBackward(
      deltas, a, h, rows, stride, width, aGradient, gradientStride, hGradient)
  }
}

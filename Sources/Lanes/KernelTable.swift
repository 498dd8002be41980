/// The kernels of one set of lanes.
///
/// What each does stands at the function of its name in the `…Loops` types. A table's functions are
/// called once a tile or list of rows, never once a row. They check nothing: callers do.
package struct KernelTable: Sendable {
  /// Arguments: a, b, c, rows, inner, columns, accumulating, scratch.
  package typealias Product =
    @Sendable (Matrix, Matrix, Matrix, Int, Int, Int, Bool, Buffer<Float>) -> Void

  /// Bits of a register.
  package let bits: Int

  /// `ProductLoops.multiply`.
  package let product: Product
  /// `ProductLoops.multiplyTransposed`.
  package let transposedProduct: Product
  /// `ProductLoops.multiplyTransposedLower`.
  package let lowerTransposedProduct: Product

  /// `RowLoops.addGroups`: shared, its stride, z, groups, size, width, function.
  package let addGroups:
    @Sendable (Buffer<Float>, Int, Buffer<Float>, Int, Int, Int, LaneFunction) -> Void
  /// `RowLoops.functionBackward`: d, a, count, function.
  package let functionBackward: @Sendable (Buffer<Float>, Buffer<Float>, Int, LaneFunction) -> Void
  /// `RowLoops.addColumnSums`: d, rows, width, sums.
  package let addColumnSums: @Sendable (Buffer<Float>, Int, Int, Buffer<Float>) -> Void
  /// `RowLoops.sumGroups`: d, groups, size, width, sums.
  package let sumGroups: @Sendable (Buffer<Float>, Int, Int, Int, Buffer<Float>) -> Void
  /// `RowLoops.gather`: rows, count, table, width, pitch, target.
  package let gather:
    @Sendable (Buffer<UInt32>, Int, Buffer<Float>, Int, Int, Buffer<Float>) -> Void
  /// `RowLoops.transpose`: source, row, column, rows, columns, target.
  package let transpose: @Sendable (Matrix, Int, Int, Int, Int, Matrix) -> Void
  /// `RowLoops.addProducts`: users, items, groups, size, width, z.
  package let addRowProducts:
    @Sendable (Buffer<Float>, Buffer<Float>, Int, Int, Int, Buffer<Float>) -> Void
  /// `RowLoops.addProductsBackward`: d, users, items, groups, size, width, both gradients.
  package let addRowProductsBackward:
    @Sendable (
      Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Int, Buffer<Float>, Buffer<Float>
    ) -> Void
  /// `RowLoops.add`: addend, factor, sum, count.
  package let add: @Sendable (Buffer<Float>, Float, Buffer<Float>, Int) -> Void
  /// `RowLoops.multiply`: source, its stride, factors, target, its stride, rows, width.
  package let multiplyRows:
    @Sendable (Buffer<Float>, Int, Buffer<Float>, Buffer<Float>, Int, Int, Int) -> Void
  /// `RowLoops.addRows`: rows, weights, count, table, pitch, width, sum.
  package let addRows:
    @Sendable (Buffer<UInt32>, Buffer<Float>, Int, Buffer<Float>, Int, Int, Buffer<Float>) -> Void

  /// `OutputLoops.addProducts`: users, items, weights, stride, width, groups, size, logits.
  package let addOutputProducts:
    @Sendable (
      Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Int, Int, Buffer<Float>
    ) -> Void
  /// `OutputLoops.addDots`: a, h, rows, stride, width, logits.
  package let addDots:
    @Sendable (Buffer<Float>, Buffer<Float>, Int, Int, Int, Buffer<Float>) -> Void
  /// `OutputLoops.logLoss`: logits, weights, groups, size, scale, scratch.
  package let logLoss:
    @Sendable (Buffer<Float>, Buffer<Float>, Int, Int, Float, Buffer<Float>) -> Double
  /// `OutputLoops.addProductsBackward`: deltas, users, items, weights, stride, width, groups, size,
  /// the gradients of users, items and weights.
  package let addOutputProductsBackward:
    @Sendable (
      Buffer<Float>, Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Int, Int,
      Buffer<Float>, Buffer<Float>, Buffer<Float>
    ) -> Void
  /// `OutputLoops.addDotsBackward`: deltas, a, h, rows, stride, width, a's gradient, its stride,
  /// h's gradient.
  package let addDotsBackward:
    @Sendable (
      Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Int, Buffer<Float>, Int,
      Buffer<Float>
    ) -> Void

  /// `OptimizerLoops.move`: run, width, gradient, count, step.
  package let move: @Sendable (Buffer<Float>, Int, Buffer<Float>, Int, OptimizerStep) -> Void
  /// `OptimizerLoops.moveRows`: moves, table, pitch, width, gradients, step.
  package let moveRows:
    @Sendable (RowMoves, Buffer<Float>, Int, Int, Buffer<Float>, OptimizerStep) -> Void

  /// `PanelLoops.multiply`: weights, x, bias, y, outputs, function.
  package let panelProduct:
    @Sendable (PanelWeights, Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, LaneFunction)
      -> Void
  /// `PanelLoops.addRows`: b, x, y, rows, function.
  package let panelAddRows:
    @Sendable (Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, LaneFunction) -> Void
  /// `PanelLoops.addProducts`: a, x, y, rows.
  package let panelAddProducts: @Sendable (Buffer<Float>, Buffer<Float>, Buffer<Float>, Int) -> Void
  /// `PanelLoops.addDots`: a, x, y, rows.
  package let panelAddDots: @Sendable (Buffer<Float>, Buffer<Float>, Buffer<Float>, Int) -> Void
  /// `PanelLoops.apply`: function, y, count.
  package let panelApply: @Sendable (LaneFunction, Buffer<Float>, Int) -> Void

  /// `SoftmaxLoops.sum`: scores, count, scale, best, scratch.
  package let softmaxSum: @Sendable (Buffer<Float>, Int, Float, Float, Buffer<Float>) -> Float
  /// `SoftmaxLoops.moments`: scores, count, scale, best, scratch.
  package let softmaxMoments:
    @Sendable (Buffer<Float>, Int, Float, Float, Buffer<Float>) -> (Float, Float, Float)

  /// `HistoryLoops.decays`: logits, decays.
  package let historyDecays: @Sendable (Buffer<Float>, HistoryDecays) -> Void
  /// `HistoryLoops.decaysBackward`: gradient, decays.
  package let historyDecaysBackward: @Sendable (Buffer<Float>, HistoryDecays) -> Void
  /// `HistoryLoops.advance`: decays, rows, count, table, pitch, state.
  package let historyAdvance:
    @Sendable (HistoryDecays, Buffer<UInt32>, Int, Buffer<Float>, Int, Buffer<Float>) -> Void
  /// `HistoryLoops.scan`: decays, y, count, start, h.
  package let historyScan:
    @Sendable (HistoryDecays, Buffer<Float>, Int, Buffer<Float>, Buffer<Float>) -> Void
  /// `HistoryLoops.scanBackward`: decays, y, h, count, start, dh, dy, the gradient by the decays.
  package let historyScanBackward:
    @Sendable (
      HistoryDecays, Buffer<Float>, Buffer<Float>, Int, Buffer<Float>, Buffer<Float>,
      Buffer<Float>, Buffer<Float>
    ) -> Void
  /// `HistoryLoops.normalize`: h, rows, width, gain, bias, x, scales, z.
  package let normalize:
    @Sendable (
      Buffer<Float>, Int, Int, Buffer<Float>, Buffer<Float>, Buffer<Float>, Buffer<Float>,
      Buffer<Float>
    ) -> Void
  /// `HistoryLoops.normalizeBackward`: d, x, scales, rows, width, gain, the gradients by gain and bias.
  package let normalizeBackward:
    @Sendable (
      Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Buffer<Float>, Buffer<Float>,
      Buffer<Float>
    ) -> Void

  /// `SampledSoftmaxLoops.dots`: a, b, rows, width, dots.
  package let pairDots: @Sendable (Buffer<Float>, Buffer<Float>, Int, Int, Buffer<Float>) -> Void
  /// `SampledSoftmaxLoops.dotsBackward`: d, a, b, rows, width, the gradient by a.
  package let pairDotsBackward:
    @Sendable (Buffer<Float>, Buffer<Float>, Buffer<Float>, Int, Int, Buffer<Float>) -> Void
  /// `SampledSoftmaxLoops.gradient`: softmax, logits, targets, hits, weights, rows, leads, totals,
  /// scratch.
  package let sampledSoftmax:
    @Sendable (
      SampledSoftmax, Buffer<Float>, Buffer<Float>, Buffer<Int32>, Buffer<Float>, Int,
      Buffer<Float>, Buffer<Float>, Buffer<Float>
    ) -> Void

  /// `FactorLoops.descend`: model, user, list, count, weight.
  package let descend: @Sendable (FactorDescent, Int, Buffer<UInt32>, Int, Float) -> Void
  /// `FactorLoops.gatherWeighted`: rows, weights, count, table, width, plain, scaled.
  package let gatherWeighted:
    @Sendable (
      Buffer<UInt32>, Buffer<Float>, Int, Buffer<Float>, Int, Buffer<Float>, Buffer<Float>
    ) -> Void
  /// `FactorLoops.rowDots`: a, its rows, b, its rows, count, c.
  package let rowDots: @Sendable (Matrix, Int, Matrix, Int, Int, Matrix) -> Void

  /// `CholeskyLoops.interleave`: matrix, order, lane, packed.
  package let interleave: @Sendable (Matrix, Int, Int, Buffer<Float>) -> Void
  /// `CholeskyLoops.solve`: packed, right sides, order, scratch.
  package let solve: @Sendable (Buffer<Float>, Buffer<Float>, Int, Buffer<Float>) -> Void

  /// `PeakLoops.run`: rounds and room for its result; gives the number of operations.
  package let peak: @Sendable (Int, Buffer<Float>) -> Int

  /// Takes all kernels as the calling module compiles them for a set of its own.
  @inlinable
  package init<S: LaneSet>(_ set: S.Type) {
    bits = S.bits
    product = {
      ProductLoops<S>.multiply(
        $0, $1, into: $2, rows: $3, inner: $4, columns: $5, accumulating: $6, scratch: $7)
    }
    transposedProduct = {
      ProductLoops<S>.multiplyTransposed(
        $0, $1, into: $2, rows: $3, inner: $4, columns: $5, accumulating: $6, scratch: $7)
    }
    lowerTransposedProduct = {
      ProductLoops<S>.multiplyTransposedLower(
        $0, $1, into: $2, rows: $3, inner: $4, columns: $5, accumulating: $6, scratch: $7)
    }
    addGroups = {
      RowLoops<S>.addGroups($0, stride: $1, to: $2, groups: $3, size: $4, width: $5, function: $6)
    }
    functionBackward = { RowLoops<S>.functionBackward($0, output: $1, count: $2, function: $3) }
    addColumnSums = { RowLoops<S>.addColumnSums($0, rows: $1, width: $2, to: $3) }
    sumGroups = { RowLoops<S>.sumGroups($0, groups: $1, size: $2, width: $3, into: $4) }
    gather = { RowLoops<S>.gather($0, count: $1, from: $2, width: $3, pitch: $4, into: $5) }
    transpose = {
      RowLoops<S>.transpose($0, row: $1, column: $2, rows: $3, columns: $4, into: $5)
    }
    addRowProducts = { RowLoops<S>.addProducts($0, $1, groups: $2, size: $3, width: $4, to: $5) }
    addRowProductsBackward = {
      RowLoops<S>.addProductsBackward(
        $0, $1, $2, groups: $3, size: $4, width: $5, userGradient: $6, itemGradient: $7)
    }
    add = { RowLoops<S>.add($0, times: $1, to: $2, count: $3) }
    multiplyRows = { RowLoops<S>.multiply($0, $1, by: $2, into: $3, $4, rows: $5, width: $6) }
    addRows = {
      RowLoops<S>.addRows($0, weights: $1, count: $2, of: $3, pitch: $4, width: $5, to: $6)
    }
    addOutputProducts = {
      OutputLoops<S>.addProducts(
        users: $0, items: $1, weights: $2, stride: $3, width: $4, groups: $5, size: $6, to: $7)
    }
    addDots = { OutputLoops<S>.addDots($0, $1, rows: $2, stride: $3, width: $4, to: $5) }
    logLoss = {
      OutputLoops<S>.logLoss($0, weights: $1, groups: $2, size: $3, scale: $4, scratch: $5)
    }
    addOutputProductsBackward = {
      OutputLoops<S>.addProductsBackward(
        $0, users: $1, items: $2, weights: $3, stride: $4, width: $5, groups: $6, size: $7,
        userGradient: $8, itemGradient: $9, weightGradient: $10)
    }
    addDotsBackward = {
      OutputLoops<S>.addDotsBackward(
        $0, $1, $2, rows: $3, stride: $4, width: $5, aGradient: $6, gradientStride: $7,
        hGradient: $8)
    }
    move = { OptimizerLoops<S>.move($0, width: $1, gradient: $2, count: $3, step: $4) }
    moveRows = {
      OptimizerLoops<S>.moveRows($0, of: $1, pitch: $2, width: $3, gradients: $4, step: $5)
    }
    panelProduct = {
      PanelLoops<S>.multiply($0, $1, bias: $2, into: $3, outputs: $4, function: $5)
    }
    panelAddRows = { PanelLoops<S>.addRows($0, to: $1, into: $2, rows: $3, function: $4) }
    panelAddProducts = { PanelLoops<S>.addProducts($0, $1, to: $2, rows: $3) }
    panelAddDots = { PanelLoops<S>.addDots($0, $1, to: $2, rows: $3) }
    panelApply = { PanelLoops<S>.apply($0, to: $1, count: $2) }
    softmaxSum = { SoftmaxLoops<S>.sum($0, count: $1, scale: $2, relativeTo: $3, scratch: $4) }
    softmaxMoments = {
      SoftmaxLoops<S>.moments($0, count: $1, scale: $2, relativeTo: $3, scratch: $4)
    }
    historyDecays = { HistoryLoops<S>.decays($0, into: $1) }
    historyDecaysBackward = { HistoryLoops<S>.decaysBackward($0, decays: $1) }
    historyAdvance = {
      HistoryLoops<S>.advance($0, rows: $1, count: $2, of: $3, pitch: $4, state: $5)
    }
    historyScan = { HistoryLoops<S>.scan($0, $1, count: $2, from: $3, into: $4) }
    historyScanBackward = {
      HistoryLoops<S>.scanBackward(
        $0, $1, $2, count: $3, from: $4, dh: $5, dy: $6, dDecays: $7)
    }
    normalize = {
      HistoryLoops<S>.normalize(
        $0, rows: $1, width: $2, gain: $3, bias: $4, x: $5, scales: $6, into: $7)
    }
    normalizeBackward = {
      HistoryLoops<S>.normalizeBackward(
        $0, x: $1, scales: $2, rows: $3, width: $4, gain: $5, dGain: $6, dBias: $7)
    }
    pairDots = { SampledSoftmaxLoops<S>.dots($0, $1, rows: $2, width: $3, into: $4) }
    pairDotsBackward = {
      SampledSoftmaxLoops<S>.dotsBackward($0, $1, $2, rows: $3, width: $4, da: $5)
    }
    sampledSoftmax = {
      SampledSoftmaxLoops<S>.gradient(
        $0, logits: $1, targets: $2, hits: $3, weights: $4, rows: $5, leads: $6, totals: $7,
        scratch: $8)
    }
    descend = { FactorLoops<S>.descend($0, user: $1, list: $2, count: $3, weight: $4) }
    gatherWeighted = {
      FactorLoops<S>.gatherWeighted(
        $0, weights: $1, count: $2, of: $3, width: $4, plain: $5, scaled: $6)
    }
    rowDots = { FactorLoops<S>.rowDots($0, aRows: $1, $2, bRows: $3, count: $4, into: $5) }
    interleave = { CholeskyLoops<S>.interleave($0, order: $1, lane: $2, into: $3) }
    solve = { CholeskyLoops<S>.solve($0, right: $1, order: $2, scratch: $3) }
    peak = { PeakLoops<S>.run(rounds: $0, into: $1) }
  }
}

import Kernels
import Lanes

/// Layers on panels: 32 columns (items, as scoring has them) side by side.
///
/// A panel of `height` rows holds the number of row r and column c at `32 r + c`; no sum is ever across
/// columns.
enum PanelKernels {
  /// Columns of a panel.
  static let width = Panel.width

  /// Computes `y = f(transpose(w) x + b)` for a panel x of `weights.inputs` rows.
  ///
  /// y gets a whole number of times four rows, and `bias` holds as many numbers.
  static func multiply(
    _ weights: PanelWeights, _ x: Buffer<Float>, bias: Buffer<Float>, into y: Buffer<Float>,
    outputs: Int, activation: Activation
  ) {
    let rows = (outputs + 3) / 4 * 4
    precondition(outputs <= weights.outputs && x.count >= weights.inputs * width)
    precondition(y.count >= rows * width && bias.count >= rows)
    unsafe Kernels.active.pointee.panelProduct(
      weights, x, bias, y, outputs, activation.function)
  }

  /// Computes `y = f(x + b)` with one number of b for each row: a first layer from its two halves.
  static func addRows(
    _ b: Buffer<Float>, to x: Buffer<Float>, into y: Buffer<Float>, rows: Int,
    activation: Activation
  ) {
    precondition(b.count >= rows && x.count >= rows * width && y.count >= rows * width)
    unsafe Kernels.active.pointee.panelAddRows(b, x, y, rows, activation.function)
  }

  /// Adds `a * x` to y, with one number of a for each row of both panels.
  static func addProducts(
    _ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int
  ) {
    precondition(a.count >= rows && x.count >= rows * width && y.count >= rows * width)
    unsafe Kernels.active.pointee.panelAddProducts(a, x, y, rows)
  }

  /// Adds to each column of the one row y its sum over `a * x`.
  static func addDots(_ a: Buffer<Float>, _ x: Buffer<Float>, to y: Buffer<Float>, rows: Int) {
    precondition(a.count >= rows && x.count >= rows * width && y.count >= width)
    unsafe Kernels.active.pointee.panelAddDots(a, x, y, rows)
  }

  /// Adds a number to each column of the one row y.
  static func add(_ number: Float, to y: Buffer<Float>) {
    for column in 0..<width { y[column] += number }
  }

  /// Applies an activation to numbers in place; the count is a multiple of a panel's width.
  static func activate(_ y: Buffer<Float>, count: Int, _ activation: Activation) {
    precondition(y.count >= count && count % width == 0)
    unsafe Kernels.active.pointee.panelApply(activation.function, y, count)
  }
}

import Kernels
import Lanes

/// The loops between two matrix products: bias, activation, sums over groups and columns.
///
/// G groups of `size` consecutive rows share a user; S = G x size samples. Rows are `width` numbers
/// apart, a multiple of 8; what is beyond a layer's own width is padding that no product reads.
enum LayerKernels {
  /// Adds a bias row to every row and applies the activation: `a = f(z + b)` in place.
  static func addBias(
    _ bias: Buffer<Float>, to z: Buffer<Float>, rows: Int, width: Int, activation: Activation
  ) {
    addGroups(bias, stride: 0, to: z, groups: rows, size: 1, width: width, activation: activation)
  }

  /// Adds each group's row to the rows of the group and applies the activation.
  ///
  /// The groups' rows are `stride` apart; 0 adds the same row everywhere. z is S x width.
  static func addGroups(
    _ shared: Buffer<Float>, stride: Int, to z: Buffer<Float>, groups: Int, size: Int, width: Int,
    activation: Activation
  ) {
    precondition(z.count >= groups * size * width && shared.count >= (groups - 1) * stride + width)
    precondition(width % 8 == 0, "rows are padded to 8")
    unsafe Kernels.active.pointee.addGroups(
      shared, stride, z, groups, size, width, activation.function)
  }

  /// Turns the gradient by a layer's output into the one by its input: `d *= f'(z)`, with the
  /// derivative taken from the output `a = f(z)`.
  static func throughActivation(
    _ d: Buffer<Float>, output a: Buffer<Float>, count: Int, activation: Activation
  ) {
    precondition(d.count >= count && a.count >= count && count % 8 == 0)
    if activation == .identity { return }
    unsafe Kernels.active.pointee.functionBackward(d, a, count, activation.function)
  }

  /// Adds the sum of all rows to a row: the gradient of a bias.
  static func addColumnSums(_ d: Buffer<Float>, rows: Int, width: Int, to sums: Buffer<Float>) {
    precondition(d.count >= rows * width && sums.count >= width && width % 8 == 0)
    unsafe Kernels.active.pointee.addColumnSums(d, rows, width, sums)
  }

  /// Writes each group's sum of rows: `sums` has a row for each group.
  static func sumGroups(
    _ d: Buffer<Float>, groups: Int, size: Int, width: Int, into sums: Buffer<Float>
  ) {
    precondition(d.count >= groups * size * width && sums.count >= groups * width)
    precondition(width % 8 == 0 && size > 0)
    unsafe Kernels.active.pointee.sumGroups(d, groups, size, width, sums)
  }

  /// Copies rows of a table, `width` numbers each, to consecutive places.
  static func gather(
    _ rows: Buffer<UInt32>, count: Int, from table: Buffer<Float>, width: Int, pitch: Int,
    into target: Buffer<Float>
  ) {
    precondition(rows.count >= count && target.count >= count * width && width % 8 == 0)
    unsafe Kernels.active.pointee.gather(rows, count, table, width, pitch, target)
  }

  /// Copies a block of a matrix, which begins at `row` and `column`, to its transposed place in another.
  static func transpose(
    _ source: Matrix, row: Int, column: Int, rows: Int, columns: Int, into target: Matrix
  ) {
    unsafe Kernels.active.pointee.transpose(source, row, column, rows, columns, target)
  }

  /// Adds `user * item` to each sample's row: the sum inside the activation of equation [11].
  ///
  /// All rows are `width` apart: one for each group in `users`, one for each sample in the others.
  static func addProducts(
    _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int, width: Int,
    to z: Buffer<Float>
  ) {
    precondition(users.count >= groups * width && items.count >= groups * size * width)
    precondition(z.count >= groups * size * width && width % 8 == 0)
    unsafe Kernels.active.pointee.addRowProducts(users, items, groups, size, width, z)
  }

  /// Goes back through `addProducts`: adds to the gradients by both rows.
  static func backProducts(
    _ d: Buffer<Float>, _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int,
    width: Int, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    precondition(d.count >= groups * size * width && items.count >= groups * size * width)
    precondition(userGradient.count >= groups * width && width % 8 == 0)
    precondition(itemGradient.count >= groups * size * width && users.count >= groups * width)
    unsafe Kernels.active.pointee.addRowProductsBackward(
      d, users, items, groups, size, width, userGradient, itemGradient)
  }

  /// Adds a multiple of some numbers to others; the count is a multiple of 8.
  static func add(
    _ addend: Buffer<Float>, times factor: Float, to sum: Buffer<Float>, count: Int
  ) {
    precondition(addend.count >= count && sum.count >= count && count % 8 == 0)
    unsafe Kernels.active.pointee.add(addend, factor, sum, count)
  }

  /// Adds weighted rows of a table to a row, in their order.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - weights: one for each.
  ///   - count: how many rows.
  ///   - table: row r begins at `r * pitch`.
  ///   - pitch: see there.
  ///   - width: numbers in a row.
  ///   - sum: what they are added to.
  static func addRows(
    _ rows: Buffer<UInt32>, weights: Buffer<Float>, count: Int, of table: Buffer<Float>,
    pitch: Int, width: Int, to sum: Buffer<Float>
  ) {
    precondition(rows.count >= count && weights.count >= count && sum.count >= width)
    if count == 0 { return }
    unsafe Kernels.active.pointee.addRows(rows, weights, count, table, pitch, width, sum)
  }
}

extension Activation {
  /// What the lanes call it.
  var function: LaneFunction {
    switch self {
    case .relu: .rectified
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .identity: .identity
    }
  }
}

private import Glibc

/// The loops between two matrix products: bias, activation, sums over groups and columns.
///
/// Rows are `width` numbers apart, a multiple of 8; what is beyond a layer's own width is padding
/// that no product reads. A group is `size` consecutive rows that share a user.
enum LayerKernels {
  /// Adds a bias row to every row and applies the activation: `a = f(z + b)` in place.
  static func addBias(
    _ bias: Buffer<Float>, to z: Buffer<Float>, rows: Int, width: Int, activation: Activation
  ) {
    addGroups(bias, stride: 0, to: z, groups: rows, size: 1, width: width, activation: activation)
  }

  /// Adds each group's row to the rows of the group and applies the activation.
  ///
  /// The groups' rows are `stride` apart; 0 adds the same row everywhere.
  static func addGroups(
    _ shared: Buffer<Float>, stride: Int, to z: Buffer<Float>, groups: Int, size: Int, width: Int,
    activation: Activation
  ) {
    switch activation {
    case .relu:
      apply(shared, stride, z, groups, size, width) { $0.rectified }
    case .identity:
      apply(shared, stride, z, groups, size, width) { $0 }
    case .tanh:
      apply(shared, stride, z, groups, size, width) { eachLane($0, tanhf) }
    case .sigmoid:
      apply(shared, stride, z, groups, size, width) { eachLane($0) { 1 / (1 + expf(-$0)) } }
    }
  }

  @inline(__always)
  private static func apply(
    _ shared: Buffer<Float>, _ stride: Int, _ z: Buffer<Float>, _ groups: Int, _ size: Int,
    _ width: Int, _ activate: (Vector) -> Vector
  ) {
    precondition(z.count >= groups * size * width && shared.count >= (groups - 1) * stride + width)
    var row = 0
    for group in 0..<groups {
      let addend = shared.from(group * stride)
      for _ in 0..<size {
        let z = z.from(row)
        for column in vectors(in: width) {
          z.set(column, activate(z.vector(column) + addend.vector(column)))
        }
        row += width
      }
    }
  }

  private static func eachLane(_ value: Vector, _ function: (Float) -> Float) -> Vector {
    var result = value
    for lane in 0..<8 { result[lane] = function(value[lane]) }
    return result
  }

  /// Turns the gradient by a layer's output into the one by its input: `d *= f'(z)`, with the
  /// derivative taken from the output `a = f(z)`.
  static func throughActivation(
    _ d: Buffer<Float>, output a: Buffer<Float>, count: Int, activation: Activation
  ) {
    precondition(d.count >= count && a.count >= count && count % 8 == 0)
    switch activation {
    case .identity: return
    case .relu:
      scale(d, a, count) { d, a in d.kept(whereRectified: a) }
    case .tanh:
      scale(d, a, count) { d, a in d * (1 - a * a) }
    case .sigmoid:
      scale(d, a, count) { d, a in d * a * (1 - a) }
    }
  }

  @inline(__always)
  private static func scale(
    _ d: Buffer<Float>, _ a: Buffer<Float>, _ count: Int, _ body: (Vector, Vector) -> Vector
  ) {
    for position in vectors(in: count) {
      d.set(position, body(d.vector(position), a.vector(position)))
    }
  }

  /// Adds the sum of all rows to a row: the gradient of a bias.
  static func addColumnSums(_ d: Buffer<Float>, rows: Int, width: Int, to sums: Buffer<Float>) {
    precondition(d.count >= rows * width && sums.count >= width)
    for column in vectors(in: width) {
      var sum = Vector.zero
      for row in 0..<rows { sum += d.vector(row * width + column) }
      sums.set(column, sums.vector(column) + sum)
    }
  }

  /// Writes each group's sum of rows: `sums` has a row for each group.
  static func sumGroups(
    _ d: Buffer<Float>, groups: Int, size: Int, width: Int, into sums: Buffer<Float>
  ) {
    precondition(d.count >= groups * size * width && sums.count >= groups * width)
    for group in 0..<groups {
      let rows = d.from(group * size * width)
      for column in vectors(in: width) {
        var sum = rows.vector(column)
        for row in 1..<size { sum += rows.vector(row * width + column) }
        sums.set(group * width + column, sum)
      }
    }
  }

  /// Copies rows of a table, `width` numbers each, to consecutive places.
  static func gather(
    _ rows: Buffer<UInt32>, count: Int, from table: Buffer<Float>, width: Int, pitch: Int,
    into target: Buffer<Float>
  ) {
    precondition(rows.count >= count && target.count >= count * width)
    for index in 0..<count {
      // Rows lie anywhere in a table that may be larger than the caches.
      if index + 16 < count { table.prefetch(Int(rows[index + 16]) * pitch, count: width) }
      let source = table.from(Int(rows[index]) * pitch)
      let target = target.from(index * width)
      for column in vectors(in: width) {
        target.set(column, source.vector(column))
      }
    }
  }

  /// Copies a block of a matrix, which begins at `row` and `column`, to its transposed place in another.
  ///
  /// What it writes at a time is side by side, so up to 16 rows at once cost one line of the cache a
  /// column, where row after row would cost one an element.
  static func transpose(
    _ source: Matrix, row: Int, column: Int, rows: Int, columns: Int, into target: Matrix
  ) {
    for column in column..<column + columns {
      let from = row * source.stride + column
      let to = column * target.stride + row
      for place in 0..<rows {
        target.buffer[to + place] = source.buffer[from + place * source.stride]
      }
    }
  }

  /// Adds `user * item` to each sample's row: the sum inside the activation of equation [11].
  ///
  /// All rows are `width` apart: one for each group in `users`, one for each sample in the others.
  static func addProducts(
    _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int, width: Int,
    to z: Buffer<Float>
  ) {
    for group in 0..<groups {
      for sample in group * size..<(group + 1) * size {
        for column in vectors(in: width) {
          let place = sample * width + column
          z.set(
            place,
            z.vector(place).addingProduct(
              users.vector(group * width + column), items.vector(place)))
        }
      }
    }
  }

  /// Goes back through `addProducts`: adds to the gradients by both rows.
  static func backProducts(
    _ d: Buffer<Float>, _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int,
    width: Int, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    for group in 0..<groups {
      for sample in group * size..<(group + 1) * size {
        for column in vectors(in: width) {
          let place = sample * width + column
          let user = group * width + column
          itemGradient.set(
            place, itemGradient.vector(place).addingProduct(d.vector(place), users.vector(user)))
          userGradient.set(
            user, userGradient.vector(user).addingProduct(d.vector(place), items.vector(place)))
        }
      }
    }
  }

  /// Adds a multiple of some numbers to others; the count is a multiple of 8.
  static func add(
    _ addend: Buffer<Float>, times factor: Float, to sum: Buffer<Float>, count: Int
  ) {
    precondition(addend.count >= count && sum.count >= count && count % 8 == 0)
    let factor = Vector(repeating: factor)
    for position in vectors(in: count) {
      sum.set(position, sum.vector(position).addingProduct(addend.vector(position), factor))
    }
  }
}

private import CProcessor

/// The loops between two products of matrices: bias, activation, sums over groups and columns.
///
/// G groups of `size` consecutive rows share a user; S = G x size samples. Rows are `width` numbers
/// long, a multiple of 8; what is beyond a layer's own width is padding that no product reads.
package enum RowLoops<S: LaneSet> {
  /// Adds each group's row to the rows of the group and applies a function.
  ///
  /// - Parameters:
  ///   - shared: a row for each group, `stride` apart; with 0 it is one row for all.
  ///   - stride: see there.
  ///   - z: S x width.
  ///   - groups: G.
  ///   - size: rows in a group.
  ///   - width: numbers in a row.
  ///   - function: what the sums go through.
  @inlinable
  package static func addGroups(
    _ shared: Buffer<Float>, stride: Int, to z: Buffer<Float>, groups: Int, size: Int, width: Int,
    function: LaneFunction
  ) {
    switch function {
    case .identity:
      addGroups(shared, stride, z, groups, size, width, .identity)
    case .rectified:
      addGroups(shared, stride, z, groups, size, width, .rectified)
    case .tanh:
      addGroups(shared, stride, z, groups, size, width, .tanh)
    case .sigmoid:
      addGroups(shared, stride, z, groups, size, width, .sigmoid)
    }
  }

  /// The same with a function that the compiler knows.
  @inlinable @inline(__always)
  package static func addGroups(
    _ shared: Buffer<Float>, _ stride: Int, _ z: Buffer<Float>, _ groups: Int, _ size: Int,
    _ width: Int, _ function: LaneFunction
  ) {
    var row = 0
    var group = 0
    while group < groups {
      let end = row &+ size &* width
      while row < end {
        var column = 0
        while column &+ 16 <= width {
          let sum =
            S.Sixteen(z, row &+ column) + S.Sixteen(shared, group &* stride &+ column)
          sum.applying(function).store(z, row &+ column)
          column &+= 16
        }
        if column < width {
          let sum = S.Eight(z, row &+ column) + S.Eight(shared, group &* stride &+ column)
          sum.applying(function).store(z, row &+ column)
        }
        row &+= width
      }
      group &+= 1
    }
  }

  /// Turns the gradient by a layer's output into the one by its input: `d *= f'(z)`, with the
  /// derivative taken from the output `a = f(z)`.
  @inlinable
  package static func functionBackward(
    _ d: Buffer<Float>, output a: Buffer<Float>, count: Int, function: LaneFunction
  ) {
    var position = 0
    while position &+ 16 <= count {
      slope(S.Sixteen(d, position), S.Sixteen(a, position), function).store(d, position)
      position &+= 16
    }
    if position < count {
      slope(S.Eight(d, position), S.Eight(a, position), function).store(d, position)
    }
  }

  /// A gradient times the derivative of a function, by the function's output.
  @inlinable @inline(__always)
  package static func slope<V: LaneVector>(_ d: V, _ a: V, _ function: LaneFunction) -> V {
    switch function {
    case .identity: d
    case .rectified: d.kept(whereRectified: a)
    case .tanh: d * (V(1) - a * a)
    case .sigmoid: d * a * (V(1) - a)
    }
  }

  /// Adds the sum of all rows to a row, in their order: the gradient of a bias.
  @inlinable
  package static func addColumnSums(
    _ d: Buffer<Float>, rows: Int, width: Int, to sums: Buffer<Float>
  ) {
    var column = 0
    while column &+ 16 <= width {
      columnSum(S.Sixteen.self, d, rows, width, column, sums)
      column &+= 16
    }
    if column < width { columnSum(S.Eight.self, d, rows, width, column, sums) }
  }

  /// The sums of a vector of columns.
  @inlinable @inline(__always)
  package static func columnSum<V: LaneVector>(
    _ vector: V.Type, _ d: Buffer<Float>, _ rows: Int, _ width: Int, _ column: Int,
    _ sums: Buffer<Float>
  ) {
    var sum = V.zero
    var place = column
    for _ in 0..<rows {
      sum = sum + V(d, place)
      place &+= width
    }
    (V(sums, column) + sum).store(sums, column)
  }

  /// Writes each group's sum of rows, in their order: `sums` has a row for each group.
  @inlinable
  package static func sumGroups(
    _ d: Buffer<Float>, groups: Int, size: Int, width: Int, into sums: Buffer<Float>
  ) {
    var group = 0
    while group < groups {
      let first = d.from(group &* size &* width)
      let target = sums.from(group &* width)
      S.copy(first, to: target, width)
      var row = 1
      while row < size {
        S.add(first.from(row &* width), to: target, width)
        row &+= 1
      }
      group &+= 1
    }
  }

  /// Copies rows of a table, `width` numbers each, to consecutive places.
  ///
  /// - Parameters:
  ///   - rows: which.
  ///   - count: how many.
  ///   - table: where row r begins at `r * pitch`.
  ///   - width: numbers to copy of each.
  ///   - pitch: see there.
  ///   - target: count x width.
  @inlinable
  package static func gather(
    _ rows: Buffer<UInt32>, count: Int, from table: Buffer<Float>, width: Int, pitch: Int,
    into target: Buffer<Float>
  ) {
    var index = 0
    while index < count {
      // Rows lie anywhere in a table that may be larger than the caches.
      if index &+ 16 < count {
        table.prefetch(Int(rows[index &+ 16]) &* pitch, count: width)
      }
      S.copy(table.from(Int(rows[index]) &* pitch), to: target.from(index &* width), width)
      index &+= 1
    }
  }

  /// Copies a block of a matrix, which begins at `row` and `column`, to its transposed place in another.
  ///
  /// What it writes at a time is side by side, so up to 16 rows at once cost one line of the cache a
  /// column, where row after row would cost one an element.
  @inlinable
  package static func transpose(
    _ source: Matrix, row: Int, column: Int, rows: Int, columns: Int, into target: Matrix
  ) {
    var next = column
    while next < column &+ columns {
      let from = row &* source.stride &+ next
      let to = next &* target.stride &+ row
      var place = 0
      while place < rows {
        target.buffer[to &+ place] = source.buffer[from &+ place &* source.stride]
        place &+= 1
      }
      next &+= 1
    }
  }

  /// Adds `user * item` to each sample's row: the sum inside the activation of equation [11].
  ///
  /// All rows are `width` apart: one for each group in `users`, one for each sample in the others.
  @inlinable
  package static func addProducts(
    _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int, width: Int,
    to z: Buffer<Float>
  ) {
    var sample = 0
    while sample < groups &* size {
      let user = sample / size &* width
      var column = 0
      while column < width {
        let place = sample &* width &+ column
        S.Eight(z, place).addingProduct(S.Eight(users, user &+ column), S.Eight(items, place))
          .store(z, place)
        column &+= 8
      }
      sample &+= 1
    }
  }

  /// Goes back through `addProducts`: adds to the gradients by both rows.
  @inlinable
  package static func addProductsBackward(
    _ d: Buffer<Float>, _ users: Buffer<Float>, _ items: Buffer<Float>, groups: Int, size: Int,
    width: Int, userGradient: Buffer<Float>, itemGradient: Buffer<Float>
  ) {
    var sample = 0
    while sample < groups &* size {
      let first = sample / size &* width
      var column = 0
      while column < width {
        let (place, user) = (sample &* width &+ column, first &+ column)
        let slope = S.Eight(d, place)
        S.Eight(itemGradient, place).addingProduct(slope, S.Eight(users, user))
          .store(itemGradient, place)
        S.Eight(userGradient, user).addingProduct(slope, S.Eight(items, place))
          .store(userGradient, user)
        column &+= 8
      }
      sample &+= 1
    }
  }

  /// Adds a multiple of some numbers to others; the count is a multiple of 8.
  @inlinable
  package static func add(
    _ addend: Buffer<Float>, times factor: Float, to sum: Buffer<Float>, count: Int
  ) {
    S.add(addend, times: factor, to: sum, count)
  }

  /// Multiplies rows of a matrix by factors whose rows are adjacent: `target = source * factors`.
  ///
  /// - Parameters:
  ///   - source: rows x width, `sourceStride` apart.
  ///   - sourceStride: see there.
  ///   - factors: rows x width, adjacent.
  ///   - target: rows x width, `targetStride` apart.
  ///   - targetStride: see there.
  ///   - rows: how many.
  ///   - width: numbers in a row.
  @inlinable
  package static func multiply(
    _ source: Buffer<Float>, _ sourceStride: Int, by factors: Buffer<Float>,
    into target: Buffer<Float>, _ targetStride: Int, rows: Int, width: Int
  ) {
    var row = 0
    while row < rows {
      var column = 0
      while column < width {
        let product =
          S.Eight(source, row &* sourceStride &+ column)
          * S.Eight(factors, row &* width &+ column)
        product.store(target, row &* targetStride &+ column)
        column &+= 8
      }
      row &+= 1
    }
  }

  /// Adds up weighted rows of a table: `sum = sum of weights[i] * table[rows[i]]`, in their order.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - weights: one for each, or none: all 1.
  ///   - count: how many rows.
  ///   - table: row r begins at `r * pitch`.
  ///   - pitch: see there.
  ///   - width: numbers in a row; any.
  ///   - sum: where the sum goes; what is there is added to.
  @inlinable
  package static func addRows(
    _ rows: Buffer<UInt32>, weights: Buffer<Float>, count: Int, of table: Buffer<Float>,
    pitch: Int, width: Int, to sum: Buffer<Float>
  ) {
    var column = 0
    while column &+ 64 <= width {
      var s0 = S.Sixteen(sum, column)
      var s1 = S.Sixteen(sum, column &+ 16)
      var s2 = S.Sixteen(sum, column &+ 32)
      var s3 = S.Sixteen(sum, column &+ 48)
      var index = 0
      while index < count {
        let place = Int(rows[index]) &* pitch &+ column
        let weight = S.Sixteen(weights.count == 0 ? 1 : weights[index])
        s0 = s0.addingProduct(weight, S.Sixteen(table, place))
        s1 = s1.addingProduct(weight, S.Sixteen(table, place &+ 16))
        s2 = s2.addingProduct(weight, S.Sixteen(table, place &+ 32))
        s3 = s3.addingProduct(weight, S.Sixteen(table, place &+ 48))
        index &+= 1
      }
      s0.store(sum, column)
      s1.store(sum, column &+ 16)
      s2.store(sum, column &+ 32)
      s3.store(sum, column &+ 48)
      column &+= 64
    }
    while column &+ 16 <= width {
      var s0 = S.Sixteen(sum, column)
      var index = 0
      while index < count {
        let place = Int(rows[index]) &* pitch &+ column
        let weight = S.Sixteen(weights.count == 0 ? 1 : weights[index])
        s0 = s0.addingProduct(weight, S.Sixteen(table, place))
        index &+= 1
      }
      s0.store(sum, column)
      column &+= 16
    }
    if column &+ 8 <= width {
      var s0 = S.Eight(sum, column)
      var index = 0
      while index < count {
        let place = Int(rows[index]) &* pitch &+ column
        s0 = s0.addingProduct(
          S.Eight(weights.count == 0 ? 1 : weights[index]), S.Eight(table, place))
        index &+= 1
      }
      s0.store(sum, column)
      column &+= 8
    }
    while column < width {
      var single = sum[column]
      var index = 0
      while index < count {
        let place = Int(rows[index]) &* pitch &+ column
        single = single.addingProduct(weights.count == 0 ? 1 : weights[index], table[place])
        index &+= 1
      }
      sum[column] = single
      column &+= 1
    }
  }
}

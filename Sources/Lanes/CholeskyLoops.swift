/// Cholesky's method on sixteen systems of equations at once, one in each lane.
///
/// The number of row i and column j of all systems is at `16 (i (i + 1) / 2 + j)`: a packed lower
/// triangle whose elements are sixteen numbers.
package enum CholeskyLoops<S: LaneSet> {
  /// How many systems.
  @inlinable @inline(__always)
  package static var lanes: Int { 16 }

  /// Where an element begins.
  @inlinable @inline(__always)
  package static func place(_ row: Int, _ column: Int) -> Int {
    (row &* (row &+ 1) / 2 &+ column) &* 16
  }

  /// Copies the lower triangle of a row-major matrix into a lane.
  @inlinable
  package static func interleave(
    _ matrix: Matrix, order: Int, lane: Int, into packed: Buffer<Float>
  ) {
    var place = lane
    var row = 0
    while row < order {
      var column = 0
      while column <= row {
        packed[place] = matrix.buffer[row &* matrix.stride &+ column]
        place &+= lanes
        column &+= 1
      }
      row &+= 1
    }
  }

  /// Solves all systems; the factors take the place of the matrices.
  ///
  /// The sums of an element go over the columns before it in ascending order. A matrix that is not
  /// positive definite gives zeros.
  ///
  /// - Parameters:
  ///   - a: packed matrices of `order` rows.
  ///   - right: order x 16: the right sides, overwritten with the solutions.
  ///   - order: rows.
  ///   - scratch: order x 16, and 16 more.
  @inlinable
  package static func solve(
    _ a: Buffer<Float>, right: Buffer<Float>, order: Int, scratch: Buffer<Float>
  ) {
    var lane = 0
    while lane < 16 {
      solve(S.Register.self, a.from(lane), right.from(lane), order, scratch.from(lane))
      lane &+= S.Register.count
    }
  }

  /// A register of systems; `inverses` gets one over each diagonal element.
  @inlinable @inline(__always)
  package static func solve<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ right: Buffer<Float>, _ order: Int,
    _ inverses: Buffer<Float>
  ) {
    var definite = V(-1).isNegative
    var column = 0
    while column < order {
      let width = min(4, order &- column)
      var row = column
      while row < order {
        if row >= column &+ 4, row &+ 1 < order {
          twoRows(vector, a, row, column, inverses)
          row &+= 2
        } else {
          oneRow(vector, a, row, column, min(width, row &- column &+ 1), inverses, &definite)
          row &+= 1
        }
      }
      column &+= 4
    }
    substitute(vector, a, right, order, inverses, definite)
  }

  /// Two rows below a block of four columns.
  @inlinable @inline(__always)
  package static func twoRows<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ row: Int, _ column: Int, _ inverses: Buffer<Float>
  ) {
    let (upper, lower) = (place(row, 0), place(row &+ 1, 0))
    let (c0, c1) = (place(column, 0), place(column &+ 1, 0))
    let (c2, c3) = (place(column &+ 2, 0), place(column &+ 3, 0))
    var (u0, u1, u2, u3) = (V.zero, V.zero, V.zero, V.zero)
    var (l0, l1, l2, l3) = (V.zero, V.zero, V.zero, V.zero)
    var k = 0
    while k < 16 &* column {
      let (u, l) = (V(a, upper &+ k), V(a, lower &+ k))
      let x0 = V(a, c0 &+ k)
      u0 = u0.addingProduct(u, x0)
      l0 = l0.addingProduct(l, x0)
      let x1 = V(a, c1 &+ k)
      u1 = u1.addingProduct(u, x1)
      l1 = l1.addingProduct(l, x1)
      let x2 = V(a, c2 &+ k)
      u2 = u2.addingProduct(u, x2)
      l2 = l2.addingProduct(l, x2)
      let x3 = V(a, c3 &+ k)
      u3 = u3.addingProduct(u, x3)
      l3 = l3.addingProduct(l, x3)
      k &+= 16
    }
    finish(vector, a, upper, column, inverses, u0, u1, u2, u3)
    finish(vector, a, lower, column, inverses, l0, l1, l2, l3)
  }

  /// The four elements of a row from the sums over the columns before the block.
  @inlinable @inline(__always)
  package static func finish<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ row: Int, _ column: Int, _ inverses: Buffer<Float>,
    _ s0: V, _ s1: V, _ s2: V, _ s3: V
  ) {
    let first = 16 &* column
    let e0 = (V(a, row &+ first) - s0) * V(inverses, first)
    e0.store(a, row &+ first)
    let t1 = s1.addingProduct(e0, V(a, place(column &+ 1, column)))
    let e1 = (V(a, row &+ first &+ 16) - t1) * V(inverses, first &+ 16)
    e1.store(a, row &+ first &+ 16)
    let t2 = s2.addingProduct(e0, V(a, place(column &+ 2, column)))
      .addingProduct(e1, V(a, place(column &+ 2, column &+ 1)))
    let e2 = (V(a, row &+ first &+ 32) - t2) * V(inverses, first &+ 32)
    e2.store(a, row &+ first &+ 32)
    let t3 = s3.addingProduct(e0, V(a, place(column &+ 3, column)))
      .addingProduct(e1, V(a, place(column &+ 3, column &+ 1)))
      .addingProduct(e2, V(a, place(column &+ 3, column &+ 2)))
    let e3 = (V(a, row &+ first &+ 48) - t3) * V(inverses, first &+ 48)
    e3.store(a, row &+ first &+ 48)
  }

  /// Some elements of a row, the diagonal one among them where it is reached.
  @inlinable @inline(__always)
  package static func oneRow<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ row: Int, _ column: Int, _ count: Int,
    _ inverses: Buffer<Float>, _ definite: inout V
  ) {
    let own = place(row, 0)
    var next = column
    while next < column &+ count {
      let other = place(next, 0)
      var sum = V.zero
      var k = 0
      while k < 16 &* next {
        sum = sum.addingProduct(V(a, own &+ k), V(a, other &+ k))
        k &+= 16
      }
      let rest = V(a, own &+ 16 &* next) - sum
      if next == row {
        definite = definite & rest.isPositivePattern
        let root = rest.squareRoot
        root.store(a, own &+ 16 &* next)
        (V(1) / root).store(inverses, 16 &* next)
      } else {
        (rest * V(inverses, 16 &* next)).store(a, own &+ 16 &* next)
      }
      next &+= 1
    }
  }

  /// Forward and backward substitution.
  @inlinable @inline(__always)
  package static func substitute<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ right: Buffer<Float>, _ order: Int,
    _ inverses: Buffer<Float>, _ definite: V
  ) {
    var row = 0
    while row < order {
      let own = place(row, 0)
      var sum = V.zero
      var k = 0
      while k < 16 &* row {
        sum = sum.addingProduct(V(a, own &+ k), V(right, k))
        k &+= 16
      }
      ((V(right, 16 &* row) - sum) * V(inverses, 16 &* row)).store(right, 16 &* row)
      row &+= 1
    }
    row = order
    while row > 0 {
      row &-= 1
      // A solved number is taken from all rows before it: the factor is read row by row.
      let number = V(right, 16 &* row) * V(inverses, 16 &* row)
      (number & definite).store(right, 16 &* row)
      let minus = V.zero - number
      let own = place(row, 0)
      var k = 0
      while k < 16 &* row {
        V(right, k).addingProduct(minus, V(a, own &+ k)).store(right, k)
        k &+= 16
      }
    }
  }
}

/// A row-major matrix in a buffer: element (r, c) is at `r * stride + c`.
package struct Matrix {
  /// Where the numbers are.
  package let buffer: Buffer<Float>
  /// Numbers from one row to the next.
  package let stride: Int

  /// Sees a buffer as a matrix whose rows are `stride` numbers apart.
  @inlinable @inline(__always)
  package init(_ buffer: Buffer<Float>, stride: Int) {
    (self.buffer, self.stride) = (buffer, stride)
  }
}

/// Memory that a product needs: a strip of b, and a block on its way.
package enum ProductScratch {
  /// Numbers, for each set of lanes.
  package static var count: Int { (256 + 12) * 32 }
}

/// Products of matrices, by blocks whose sums stay in registers.
///
/// An element's sum is a chain of fused multiply-adds over the inner dimension in ascending order, from
/// zero, `depth` steps at most; the chains' sums are added in ascending order. What is beside an
/// element, and the size of the block that it is computed in, change nothing.
package enum ProductLoops<S: LaneSet> {
  /// Steps of a chain.
  @inlinable @inline(__always)
  package static var depth: Int { 256 }
  /// Rows of b this near each other are read where they are.
  @inlinable @inline(__always)
  package static var nearStride: Int { 64 }

  /// Computes `c = a b` or `c += a b`: rows x inner times inner x columns.
  @inlinable
  package static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool, scratch: Buffer<Float>
  ) {
    var first = 0
    while first < inner {
      let chunk = Chunk(
        a: a.buffer.from(first), rowStep: a.stride, step: 1,
        b: Matrix(b.buffer.from(first * b.stride), stride: b.stride), c: c,
        depth: min(depth, inner - first), adding: accumulating || first > 0)
      run(chunk, transposed: false, rows: rows, columns: columns, scratch)
      first += depth
    }
  }

  /// Computes `c = transpose(a) b` or `c += transpose(a) b`: a is inner x rows, b inner x columns.
  @inlinable
  package static func multiplyTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool, scratch: Buffer<Float>
  ) {
    var first = 0
    while first < inner {
      let chunk = Chunk(
        a: a.buffer.from(first * a.stride), rowStep: 1, step: a.stride,
        b: Matrix(b.buffer.from(first * b.stride), stride: b.stride), c: c,
        depth: min(depth, inner - first), adding: accumulating || first > 0)
      run(chunk, transposed: true, rows: rows, columns: columns, scratch)
      first += depth
    }
  }

  /// The same, of which only elements on and below the diagonal are wanted: others may be written.
  @inlinable
  package static func multiplyTransposedLower(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool, scratch: Buffer<Float>
  ) {
    // A strip of sixteen columns has less above the diagonal than a broader one.
    var column = 0
    while column < columns {
      let width = min(16, columns - column)
      multiplyTransposed(
        Matrix(a.buffer.from(column), stride: a.stride),
        Matrix(b.buffer.from(column), stride: b.stride),
        into: Matrix(c.buffer.from(column * c.stride + column), stride: c.stride),
        rows: rows - column, inner: inner, columns: width, accumulating: accumulating,
        scratch: scratch)
      column += width
    }
  }

  /// Some steps of a product.
  package struct Chunk {
    /// The number of row r at step k is at `r * rowStep + k * step`.
    package let a: Buffer<Float>
    /// See `a`.
    package let rowStep: Int
    /// See `a`.
    package let step: Int
    /// The right side, from the first of these steps on.
    package let b: Matrix
    /// The result.
    package let c: Matrix
    /// How many steps.
    package let depth: Int
    /// Whether the result is added to.
    package let adding: Bool

    /// Names the steps.
    @inlinable @inline(__always)
    package init(
      a: Buffer<Float>, rowStep: Int, step: Int, b: Matrix, c: Matrix, depth: Int, adding: Bool
    ) {
      (self.a, self.rowStep, self.step, self.b, self.c) = (a, rowStep, step, b, c)
      (self.depth, self.adding) = (depth, adding)
    }
  }

  /// All rows and columns.
  @inlinable @inline(__always)
  package static func run(
    _ chunk: Chunk, transposed: Bool, rows: Int, columns: Int, _ scratch: Buffer<Float>
  ) {
    var column = 0
    while column < columns {
      let left = columns - column
      if left >= S.Broad.count {
        strip(S.Broad.self, chunk, transposed, rows, column, S.Broad.count, scratch)
        column += S.Broad.count
      } else if left >= S.Sixteen.count, S.Broad.count > S.Sixteen.count {
        strip(S.Sixteen.self, chunk, transposed, rows, column, S.Sixteen.count, scratch)
        column += S.Sixteen.count
      } else {
        let width = min(left, S.Eight.count)
        strip(S.Eight.self, chunk, transposed, rows, column, width, scratch)
        column += width
      }
    }
  }

  /// All rows of up to a vector's count of columns.
  @inlinable @inline(__always)
  package static func strip<V: LaneVector>(
    _ vector: V.Type, _ chunk: Chunk, _ transposed: Bool, _ rows: Int, _ column: Int,
    _ width: Int, _ scratch: Buffer<Float>
  ) {
    let source = chunk.b.buffer.from(column)
    var (b, bStep) = (source, chunk.b.stride)
    if width < V.count || (bStep > nearStride && rows > 1) {
      gather(vector, source, stride: bStep, depth: chunk.depth, width: width, into: scratch)
      (b, bStep) = (scratch, V.count)
    }
    let isWhole = width == V.count
    let corner = scratch.from(depth * 32)
    var row = 0
    while row < rows {
      let height = Self.height(rows - row, vector)
      let c = chunk.c.buffer.from(row * chunk.c.stride + column)
      let target = isWhole ? c : corner
      let targetStride = isWhole ? chunk.c.stride : V.count
      let adding = isWhole && chunk.adding
      let a = chunk.a.from(row * (transposed ? 1 : chunk.rowStep))
      let rowStep = transposed ? 1 : chunk.rowStep
      let step = transposed ? chunk.step : 1
      switch height {
      case 12:
        block12(
          vector, a, rowStep, step, b, bStep, chunk.depth, target, targetStride,
          adding)
      case 6:
        block6(
          vector, a, rowStep, step, b, bStep, chunk.depth, target, targetStride,
          adding)
      case 4:
        block4(
          vector, a, rowStep, step, b, bStep, chunk.depth, target, targetStride,
          adding)
      case 2:
        block2(
          vector, a, rowStep, step, b, bStep, chunk.depth, target, targetStride,
          adding)
      default:
        block1(
          vector, a, step, b, bStep, chunk.depth, target, adding)
      }
      if !isWhole {
        put(corner, V.count, into: c, chunk.c.stride, height, width, chunk.adding)
      }
      row += height
    }
  }

  /// Rows of the next block.
  @inlinable @inline(__always)
  package static func height<V: LaneVector>(_ rows: Int, _ vector: V.Type) -> Int {
    if rows >= 12, 12 * V.registers + 4 <= S.registers || V.registers == 1 { return 12 }
    return rows >= 6 ? 6 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1
  }

  /// Copies a strip's numbers side by side; what is missing is zero.
  @inlinable @inline(__always)
  package static func gather<V: LaneVector>(
    _ vector: V.Type, _ b: Buffer<Float>, stride: Int, depth: Int, width: Int,
    into strip: Buffer<Float>
  ) {
    var index = 0
    if width == V.count {
      while index < depth {
        V(b, index &* stride).store(strip, index &* V.count)
        index &+= 1
      }
      return
    }
    while index < depth {
      var column = 0
      while column < V.count {
        strip[index &* V.count &+ column] = column < width ? b[index &* stride &+ column] : 0
        column &+= 1
      }
      index &+= 1
    }
  }

  /// Moves a part of a block to its place.
  @inlinable @inline(__always)
  package static func put(
    _ corner: Buffer<Float>, _ cornerStride: Int, into c: Buffer<Float>, _ stride: Int,
    _ height: Int, _ width: Int, _ adding: Bool
  ) {
    var row = 0
    while row < height {
      var column = 0
      while column < width {
        let value = corner[row &* cornerStride &+ column]
        let place = row &* stride &+ column
        c[place] = adding ? c[place] + value : value
        column &+= 1
      }
      row &+= 1
    }
  }

  /// Twelve rows of a vector each.
  @inlinable @inline(__always)
  package static func block12<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ rowStep: Int, _ step: Int,
    _ b: Buffer<Float>, _ bStep: Int, _ depth: Int, _ c: Buffer<Float>,
    _ stride: Int, _ adding: Bool
  ) {
    var (upper, lower) = (SixSums<V>(), SixSums<V>())
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      let x = V(b, right)
      upper.add(a, left, rowStep, x)
      lower.add(a, left &+ 6 &* rowStep, rowStep, x)
      left &+= step
      right &+= bStep
      index &+= 1
    }
    upper.store(c, stride, adding)
    lower.store(c.from(6 * stride), stride, adding)
  }

  /// Six rows of a vector each.
  @inlinable @inline(__always)
  package static func block6<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ rowStep: Int, _ step: Int,
    _ b: Buffer<Float>, _ bStep: Int, _ depth: Int, _ c: Buffer<Float>,
    _ stride: Int, _ adding: Bool
  ) {
    var sums = SixSums<V>()
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      sums.add(a, left, rowStep, V(b, right))
      left &+= step
      right &+= bStep
      index &+= 1
    }
    sums.store(c, stride, adding)
  }

  /// Four rows of a vector each.
  @inlinable @inline(__always)
  package static func block4<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ rowStep: Int, _ step: Int,
    _ b: Buffer<Float>, _ bStep: Int, _ depth: Int, _ c: Buffer<Float>,
    _ stride: Int, _ adding: Bool
  ) {
    var (upper, lower) = (TwoSums<V>(), TwoSums<V>())
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      let x = V(b, right)
      upper.add(a, left, rowStep, x)
      lower.add(a, left &+ 2 &* rowStep, rowStep, x)
      left &+= step
      right &+= bStep
      index &+= 1
    }
    upper.store(c, stride, adding)
    lower.store(c.from(2 * stride), stride, adding)
  }

  /// Two rows of a vector each.
  @inlinable @inline(__always)
  package static func block2<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ rowStep: Int, _ step: Int,
    _ b: Buffer<Float>, _ bStep: Int, _ depth: Int, _ c: Buffer<Float>,
    _ stride: Int, _ adding: Bool
  ) {
    var sums = TwoSums<V>()
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      sums.add(a, left, rowStep, V(b, right))
      left &+= step
      right &+= bStep
      index &+= 1
    }
    sums.store(c, stride, adding)
  }

  /// One row of a vector.
  @inlinable @inline(__always)
  package static func block1<V: LaneVector>(
    _ vector: V.Type, _ a: Buffer<Float>, _ step: Int, _ b: Buffer<Float>,
    _ bStep: Int, _ depth: Int, _ c: Buffer<Float>, _ adding: Bool
  ) {
    var sum = V.zero
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      sum = sum.addingProduct(V(a[left]), V(b, right))
      left &+= step
      right &+= bStep
      index &+= 1
    }
    (adding ? V(c, 0) + sum : sum).store(c, 0)
  }
}

/// The sums of six rows of a block.
package struct SixSums<V: LaneVector> {
  /// The sum of one row.
  package var s0 = V.zero
  /// The sum of one row.
  package var s1 = V.zero
  /// The sum of one row.
  package var s2 = V.zero
  /// The sum of one row.
  package var s3 = V.zero
  /// The sum of one row.
  package var s4 = V.zero
  /// The sum of one row.
  package var s5 = V.zero

  /// Sums of nothing.
  @inlinable @inline(__always)
  package init() {}

  /// Adds the product of each row's number with a vector.
  @inlinable @inline(__always)
  package mutating func add(_ a: Buffer<Float>, _ place: Int, _ step: Int, _ x: V) {
    let middle = place &+ 3 &* step
    s0 = s0.addingProduct(V(a[place]), x)
    s1 = s1.addingProduct(V(a[place &+ step]), x)
    s2 = s2.addingProduct(V(a[place &+ 2 &* step]), x)
    s3 = s3.addingProduct(V(a[middle]), x)
    s4 = s4.addingProduct(V(a[middle &+ step]), x)
    s5 = s5.addingProduct(V(a[middle &+ 2 &* step]), x)
  }

  /// Writes the rows, or adds them to what is there.
  @inlinable @inline(__always)
  package func store(_ c: Buffer<Float>, _ stride: Int, _ adding: Bool) {
    if adding {
      (V(c, 0) + s0).store(c, 0)
      (V(c, stride) + s1).store(c, stride)
      (V(c, 2 &* stride) + s2).store(c, 2 &* stride)
      (V(c, 3 &* stride) + s3).store(c, 3 &* stride)
      (V(c, 4 &* stride) + s4).store(c, 4 &* stride)
      (V(c, 5 &* stride) + s5).store(c, 5 &* stride)
    } else {
      s0.store(c, 0)
      s1.store(c, stride)
      s2.store(c, 2 &* stride)
      s3.store(c, 3 &* stride)
      s4.store(c, 4 &* stride)
      s5.store(c, 5 &* stride)
    }
  }
}

/// The sums of two rows of a block.
package struct TwoSums<V: LaneVector> {
  /// The sum of one row.
  package var s0 = V.zero
  /// The sum of one row.
  package var s1 = V.zero

  /// Sums of nothing.
  @inlinable @inline(__always)
  package init() {}

  /// Adds the product of each row's number with a vector.
  @inlinable @inline(__always)
  package mutating func add(_ a: Buffer<Float>, _ place: Int, _ step: Int, _ x: V) {
    s0 = s0.addingProduct(V(a[place]), x)
    s1 = s1.addingProduct(V(a[place &+ step]), x)
  }

  /// Writes the rows, or adds them to what is there.
  @inlinable @inline(__always)
  package func store(_ c: Buffer<Float>, _ stride: Int, _ adding: Bool) {
    if adding {
      (V(c, 0) + s0).store(c, 0)
      (V(c, stride) + s1).store(c, stride)
    } else {
      s0.store(c, 0)
      s1.store(c, stride)
    }
  }
}

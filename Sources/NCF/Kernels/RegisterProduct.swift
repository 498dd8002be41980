/// Products of small matrices with a block of sums in registers: four rows of 16 columns.
///
/// Each element is a sum over the inner dimension in ascending order, in steps of `depth`, whatever is
/// beside it: the bits don't depend on how many rows or columns are computed with it. A strip of 16
/// columns of b is copied together first where its rows lie so far apart that they would push each
/// other out of the nearest cache.
final class RegisterProduct: @unchecked Sendable {
  /// Rows of a block: eight sums keep the multipliers busy, and with all their factors they fit in
  /// sixteen registers.
  private static let height = 4
  /// Columns of a block.
  private static let width = 16
  /// Columns of a narrow block, one vector.
  private static let half = 8
  /// Inner numbers at a time: a strip of them is 8 kB.
  private static let depth = 128
  /// Rows of b this near each other are read where they are.
  private static let nearStride = 64

  private let memory = Storage<Float>(count: (depth + height) * width)
  private var strip: Buffer<Float> { memory.buffer }
  /// A block on its way to where fewer than 16 columns or four rows are left.
  private var corner: Buffer<Float> { memory.buffer.from(Self.depth * Self.width) }

  /// Where the four numbers of a that go with an inner index are.
  ///
  /// They are at `start + offset[row] + index * step`; rows beyond the last repeat it.
  private struct Rows {
    let start: Buffer<Float>
    let step: Int
    let offsets: (Int, Int, Int, Int)

    @inline(__always)
    init(_ start: Buffer<Float>, stride: Int, step: Int, count: Int) {
      (self.start, self.step) = (start, step)
      let last = (count - 1) * stride
      offsets = (0, min(stride, last), min(2 * stride, last), min(3 * stride, last))
    }
  }

  /// Computes `c = a b`, or `c += a b`: rows x inner times inner x columns.
  func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int,
    accumulating: Bool
  ) {
    run(b, into: c, rows: rows, inner: inner, columns: columns, accumulating: accumulating) {
      row, first, count in
      Rows(a.buffer.from(row * a.stride + first), stride: a.stride, step: 1, count: count)
    }
  }

  /// Computes `c += transpose(a) b`: a is inner x rows, b inner x columns.
  func accumulateTransposed(
    _ a: Matrix, _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int
  ) {
    run(b, into: c, rows: rows, inner: inner, columns: columns, accumulating: true) {
      row, first, count in
      Rows(a.buffer.from(first * a.stride + row), stride: 1, step: a.stride, count: count)
    }
  }

  @inline(__always)
  private func run(
    _ b: Matrix, into c: Matrix, rows: Int, inner: Int, columns: Int, accumulating: Bool,
    _ a: (_ row: Int, _ first: Int, _ count: Int) -> Rows
  ) {
    for first in stride(from: 0, to: inner, by: Self.depth) {
      let depth = min(Self.depth, inner - first)
      let adding = accumulating || first > 0
      for column in stride(from: 0, to: columns, by: Self.width) {
        let width = min(Self.width, columns - column)
        let (source, step) = strip(
          b.buffer.from(first * b.stride + column), stride: b.stride, depth: depth, width: width)
        for row in stride(from: 0, to: rows, by: Self.height) {
          let height = min(Self.height, rows - row)
          let target = c.buffer.from(row * c.stride + column)
          let factors = a(row, first, height)
          if height == Self.height, width == Self.width {
            Self.block(
              factors, source, step: step, depth: depth, into: target, stride: c.stride,
              adding: adding)
          } else if height == Self.height, width == Self.half {
            Self.halfBlock(
              factors, source, step: step, depth: depth, into: target, stride: c.stride,
              adding: adding)
          } else {
            if width > Self.half {
              Self.block(
                factors, source, step: step, depth: depth, into: corner, stride: Self.width,
                adding: false)
            } else {
              Self.halfBlock(
                factors, source, step: step, depth: depth, into: corner, stride: Self.width,
                adding: false)
            }
            put(into: target, stride: c.stride, height: height, width: width, adding: adding)
          }
        }
      }
    }
  }

  /// The strip's numbers, side by side, and how far apart its rows are; what is missing is zero.
  @inline(__always)
  private func strip(
    _ b: Buffer<Float>, stride: Int, depth: Int, width: Int
  ) -> (Buffer<Float>, step: Int) {
    if width == Self.width || width == Self.half, stride <= Self.nearStride { return (b, stride) }
    if width == Self.width {
      for index in 0..<depth {
        strip.set(index * Self.width, b.vector(index * stride))
        strip.set(index * Self.width + 8, b.vector(index * stride + 8))
      }
    } else {
      for index in 0..<depth {
        for column in 0..<Self.width {
          strip[index * Self.width + column] = column < width ? b[index * stride + column] : 0
        }
      }
    }
    return (strip, Self.width)
  }

  /// Moves the rows and columns that there are out of the corner.
  private func put(
    into c: Buffer<Float>, stride: Int, height: Int, width: Int, adding: Bool
  ) {
    for row in 0..<height {
      var column = 0
      while column + 8 <= width {
        let value = corner.vector(row * Self.width + column)
        let place = row * stride + column
        c.set(place, adding ? c.vector(place) + value : value)
        column += 8
      }
      while column < width {
        let value = corner[row * Self.width + column]
        let place = row * stride + column
        c[place] = adding ? c[place] + value : value
        column += 1
      }
    }
  }

  /// One block: eight sums in registers.
  @inline(__always)
  private static func block(
    _ a: Rows, _ b: Buffer<Float>, step: Int, depth: Int, into c: Buffer<Float>, stride: Int,
    adding: Bool
  ) {
    var (a0, a1, b0, b1) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (c0, c1, d0, d1) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    let offsets = a.offsets
    // Plain addition: a check for overflow is felt in a loop this short.
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      let (x0, x1) = (b.vector(right), b.vector(right + 8))
      let factors = a.start.from(left)
      let fa = Vector(repeating: factors[offsets.0])
      a0 = a0.addingProduct(fa, x0)
      a1 = a1.addingProduct(fa, x1)
      let fb = Vector(repeating: factors[offsets.1])
      b0 = b0.addingProduct(fb, x0)
      b1 = b1.addingProduct(fb, x1)
      let fc = Vector(repeating: factors[offsets.2])
      c0 = c0.addingProduct(fc, x0)
      c1 = c1.addingProduct(fc, x1)
      let fd = Vector(repeating: factors[offsets.3])
      d0 = d0.addingProduct(fd, x0)
      d1 = d1.addingProduct(fd, x1)
      index &+= 1
      left &+= a.step
      right &+= step
    }
    store(a0, a1, at: 0, of: c, adding)
    store(b0, b1, at: stride, of: c, adding)
    store(c0, c1, at: 2 * stride, of: c, adding)
    store(d0, d1, at: 3 * stride, of: c, adding)
  }

  /// The same with one vector a row.
  @inline(__always)
  private static func halfBlock(
    _ a: Rows, _ b: Buffer<Float>, step: Int, depth: Int, into c: Buffer<Float>, stride: Int,
    adding: Bool
  ) {
    var (a0, b0, c0, d0) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    let offsets = a.offsets
    var (index, left, right) = (0, 0, 0)
    while index < depth {
      let x = b.vector(right)
      let factors = a.start.from(left)
      a0 = a0.addingProduct(Vector(repeating: factors[offsets.0]), x)
      b0 = b0.addingProduct(Vector(repeating: factors[offsets.1]), x)
      c0 = c0.addingProduct(Vector(repeating: factors[offsets.2]), x)
      d0 = d0.addingProduct(Vector(repeating: factors[offsets.3]), x)
      index &+= 1
      left &+= a.step
      right &+= step
    }
    store(a0, at: 0, of: c, adding)
    store(b0, at: stride, of: c, adding)
    store(c0, at: 2 * stride, of: c, adding)
    store(d0, at: 3 * stride, of: c, adding)
  }

  @inline(__always)
  private static func store(
    _ first: Vector, _ second: Vector, at place: Int, of c: Buffer<Float>, _ adding: Bool
  ) {
    store(first, at: place, of: c, adding)
    store(second, at: place + 8, of: c, adding)
  }

  @inline(__always)
  private static func store(_ sum: Vector, at place: Int, of c: Buffer<Float>, _ adding: Bool) {
    c.set(place, adding ? c.vector(place) + sum : sum)
  }
}

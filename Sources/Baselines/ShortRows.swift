import Kernels
import Lanes
import Parallelism

/// Rows with fewer entries than factors, solved for by a system as large as the row is long.
///
/// With `G = Y^T Y + reg I = L L^T` and `Z = Y L^-T`, the vector of a row with the entries S, their weights
/// c and `D = C - I` is `L^-T Z_S^T v`, where `(I + D Z_S Z_S^T) v = c`: the identity of Woodbury. With
/// `v = D^1/2 w` the system is symmetric and positive definite, and as exact as the one in the factors.
final class ShortRows: @unchecked Sendable {
  /// Systems that are solved together.
  private static let lanes = 16
  /// Rows of a product.
  private static let stripe = 96
  /// The least excess over 1 of an entry's weight.
  private static let leastExcess: Float = 0.001

  private let rows: WeightedRows
  private let alpha: Float
  private let width: Int
  private let stride: Int
  /// The rows, from few entries to many.
  private let order: [UInt32]
  private let transformed: Storage<Float>
  private let factor: InverseFactor
  private let pool: WorkerPool
  private let systems: [Systems]

  /// Whether a row is solved for by its entries: where there are few, and all of them count for more than
  /// what is missing.
  static func isShort(_ row: Int, of rows: WeightedRows, width: Int, alpha: Float) -> Bool {
    let entries = rows.range(of: row)
    return !entries.isEmpty && 2 * entries.count <= width
      && entries.allSatisfy { alpha * rows.weight($0) - 1 >= leastExcess }
  }

  /// Prepares for rows.
  ///
  /// - Parameters:
  ///   - short: the rows that are solved for, ascending; each of them `isShort`.
  ///   - rows: all rows.
  ///   - otherCount: rows of the other side.
  ///   - options: factors and alpha.
  ///   - pool: the threads.
  init(
    _ short: [UInt32], of rows: WeightedRows, otherCount: Int, options: ALSOptions,
    pool: WorkerPool
  ) {
    (self.rows, self.pool, alpha) = (rows, pool, options.alpha)
    (width, stride) = (options.factors, padded(options.factors))
    order = short.sorted {
      (rows.range(of: Int($0)).count, $0) < (rows.range(of: Int($1)).count, $1)
    }
    transformed = Storage(count: otherCount * stride)
    factor = InverseFactor(width: width)
    let most = order.last.map { rows.range(of: Int($0)).count } ?? 0
    systems = (0..<pool.threads).map { [stride] _ in Systems(most: most, stride: stride) }
  }

  /// Solves for the rows.
  ///
  /// - Parameters:
  ///   - solution: where their vectors go.
  ///   - other: the vectors of the other side.
  ///   - gram: `Y^T Y + reg I`, the lower triangle.
  /// - Returns: whether the matrix was positive definite; if not, nothing is solved for.
  func solve(_ solution: Storage<Float>, against other: Storage<Float>, gram: Storage<Float>)
    -> Bool
  {
    guard factor.take(gram) else { return false }
    forEachBlock(of: other.buffer.count / stride, by: Self.stripe, pool) { some, worker in
      let start = some.lowerBound * self.stride
      unsafe Kernels.active.pointee.product(
        Matrix(other.buffer.from(start), stride: self.stride), self.factor.transposed,
        Matrix(self.transformed.buffer.from(start), stride: self.stride), some.count, self.width,
        self.stride, false, self.systems[worker].product)
    }
    forEachBlock(of: order.count, by: Self.lanes, pool) { some, worker in
      self.solve(self.order[some], with: self.systems[worker], into: solution)
    }
    return true
  }

  /// Solves for up to sixteen rows.
  private func solve(
    _ some: ArraySlice<UInt32>, with own: Systems, into solution: Storage<Float>
  ) {
    let size = some.last.map { rows.range(of: Int($0)).count } ?? 0
    for (lane, row) in some.enumerated() {
      collect(rows.range(of: Int(row)), lane: lane, size: size, with: own)
    }
    unsafe Kernels.active.pointee.solve(own.packed, own.solutions, size, own.scratch)
    own.sums.clear(count: some.count * stride)
    for (lane, row) in some.enumerated() {
      let entries = rows.range(of: Int(row))
      for (place, entry) in entries.enumerated() {
        own.weights[place] =
          excess(entry).squareRoot() * own.solutions[place * Self.lanes + lane]
      }
      withColumns(entries) { columns in
        unsafe Kernels.active.pointee.addRows(
          columns, own.weights, entries.count, transformed.buffer, stride, stride,
          own.sums.from(lane * stride))
      }
    }
    unsafe Kernels.active.pointee.product(
      Matrix(own.sums, stride: stride), factor.matrix, Matrix(own.vectors, stride: stride),
      some.count, width, stride, false, own.product)
    for (lane, row) in some.enumerated() {
      let target = solution.buffer.from(Int(row) * stride)
      for place in 0..<width { target[place] = own.vectors[lane * stride + place] }
    }
  }

  /// Puts a row's system into a lane, with rows of the unit matrix up to `size`.
  private func collect(_ entries: Range<Int>, lane: Int, size: Int, with own: Systems) {
    let (count, kernels) = (entries.count, unsafe Kernels.active)
    withColumns(entries) { columns in
      unsafe kernels.pointee.gather(columns, count, transformed.buffer, stride, stride, own.rows)
    }
    let (entryRows, matrix) = (
      Matrix(own.rows, stride: stride), Matrix(own.matrix, stride: own.most)
    )
    unsafe kernels.pointee.rowDots(entryRows, count, entryRows, count, stride, matrix)
    for row in 0..<count {
      let (weight, root) = (alpha * rows.weight(entries.lowerBound + row), own.roots)
      root[row] = excess(entries.lowerBound + row).squareRoot()
      let line = own.matrix.from(row * own.most)
      for column in 0...row { line[column] *= root[row] * root[column] }
      line[row] += 1
      own.solutions[row * Self.lanes + lane] = weight / root[row]
    }
    unsafe kernels.pointee.interleave(matrix, count, lane, own.packed)
    for row in count..<max(count, size) {
      let line = row * (row + 1) / 2 * Self.lanes + lane
      for column in 0...row { own.packed[line + column * Self.lanes] = column == row ? 1 : 0 }
      own.solutions[row * Self.lanes + lane] = 0
    }
  }

  /// By how much an entry counts for more than a missing one.
  private func excess(_ entry: Int) -> Float { alpha * rows.weight(entry) - 1 }

  private func withColumns(_ entries: Range<Int>, _ body: (Buffer<UInt32>) -> Void) {
    unsafe rows.columns.withUnsafeBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      // Safe: kernels only read it.
      let columns = unsafe Buffer(base: UnsafeMutablePointer(mutating: base), count: columns.count)
      body(columns.from(entries.lowerBound))
    }
  }

  /// One thread's memory for sixteen systems.
  private final class Systems: @unchecked Sendable {
    /// Entries of the longest row.
    let most: Int
    private let memory = Memory()
    let rows: Buffer<Float>
    let matrix: Buffer<Float>
    let roots: Buffer<Float>
    let weights: Buffer<Float>
    let packed: Buffer<Float>
    let solutions: Buffer<Float>
    let scratch: Buffer<Float>
    let sums: Buffer<Float>
    let vectors: Buffer<Float>
    let product: Buffer<Float>

    init(most: Int, stride: Int) {
      self.most = most
      rows = memory.make(most * stride)
      matrix = memory.make(most * most)
      roots = memory.make(most)
      weights = memory.make(most)
      packed = memory.make(ShortRows.lanes * most * (most + 1) / 2)
      solutions = memory.make(ShortRows.lanes * most)
      scratch = memory.make(ShortRows.lanes * (most + 1))
      sums = memory.make(ShortRows.lanes * stride)
      vectors = memory.make(ShortRows.lanes * stride)
      product = memory.make(ProductScratch.count)
    }
  }
}

/// The inverse of Cholesky's factor of a small matrix, computed with double precision.
private final class InverseFactor: @unchecked Sendable {
  private let width: Int
  private let memory = Memory()
  private let lower: Buffer<Double>
  private let inverse: Buffer<Double>
  /// `L^-1`, width x padded width.
  let matrix: Matrix
  /// `L^-T`, width x padded width.
  let transposed: Matrix

  init(width: Int) {
    self.width = width
    lower = memory.make(width * width)
    inverse = memory.make(width * width)
    matrix = Matrix(memory.make(width * padded(width)), stride: padded(width))
    transposed = Matrix(memory.make(width * padded(width)), stride: padded(width))
  }

  /// Factors `A = L L^T` and inverts L.
  ///
  /// - Parameter gram: A, of which the lower triangle is read; rows are `padded(width)` apart.
  /// - Returns: whether A was positive definite.
  func take(_ gram: Storage<Float>) -> Bool {
    for row in 0..<width {
      let own = lower.from(row * width)
      for column in 0...row {
        let other = lower.from(column * width)
        var rest = Double(gram.buffer[row * padded(width) + column])
        for place in 0..<column { rest -= own[place] * other[place] }
        if column < row {
          own[column] = rest / other[column]
        } else if rest > 0, rest.isFinite {
          own[row] = rest.squareRoot()
        } else {
          return false
        }
      }
    }
    invert()
    return true
  }

  private func invert() {
    for row in 0..<width {
      let (factors, own) = (lower.from(row * width), inverse.from(row * width))
      own.clear(count: width)
      own[row] = 1
      for place in 0..<row {
        let (factor, above) = (factors[place], inverse.from(place * width))
        for column in 0...place { own[column] -= factor * above[column] }
      }
      for column in 0...row {
        own[column] /= factors[row]
        matrix.buffer[row * matrix.stride + column] = Float(own[column])
        transposed.buffer[column * transposed.stride + row] = Float(own[column])
      }
    }
  }
}
